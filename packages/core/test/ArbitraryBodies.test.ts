import { ElnudgeClient, type ElnudgeError, RequestLimiter, SessionStream } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { inject } from "vitest"
import * as JsonDepth from "../src/JsonDepth.ts"
import * as ArbitraryBody from "./ArbitraryBody.ts"
import * as FakeApi from "./FakeApi.ts"
import * as FakeNudges from "./FakeNudges.ts"
import * as VirtualTime from "./VirtualTime.ts"

const inPieces = (bytes: Uint8Array, size: number) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size))
      controller.close()
    },
  })

/** A client that gets these bytes for whatever it asks, and an empty last page for a cursor. */
const answering = (bytes: Uint8Array, pieceSize: number) => {
  const transport = HttpClient.make((request, url) => {
    const last = JSON.stringify({ data: [], has_more: false })
    const body = url.searchParams.has("cursor") ? last : inPieces(bytes, pieceSize)
    return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status: 200 })))
  })
  const options = { apiKey: Redacted.make(FakeApi.apiKey), baseUrl: "https://api.test/v1" }
  return Layer.effect(ElnudgeClient.ElnudgeClient, ElnudgeClient.make(options)).pipe(
    Layer.provide(RequestLimiter.layerFresh),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, transport)),
  )
}

const page = (hasMore: boolean) => ({
  data: [FakeApi.row(1), FakeApi.row(2), FakeApi.row(3, { nudge_count: 1 })],
  next_cursor: hasMore ? "next" : null,
  has_more: hasMore,
})

const nudgePage = (hasMore: boolean) => ({
  data: [FakeNudges.nudge(1), FakeNudges.nudge(2, { outcome: "shown" }), FakeNudges.nudge(3)],
  next_cursor: hasMore ? "next" : null,
  has_more: hasMore,
})

const window = { from: DateTime.makeUnsafe("2026-10-01T00:00:00Z"), to: DateTime.makeUnsafe("2026-11-01T00:00:00Z") }

const walk = SessionStream.summaries(window).pipe(Stream.runCollect)

const { id } = FakeApi.exampleDetail

const read = Effect.flatMap(ElnudgeClient.ElnudgeClient, ({ getSession }) => getSession(id))

const list = Effect.flatMap(ElnudgeClient.ElnudgeClient, ({ listNudges }) => listNudges())

type Failure = ElnudgeError.ElnudgeError | ElnudgeError.NudgesError

/** The right value, or an error that names the place and nothing of what stood there. */
const assertJudged = <A>(result: Result.Result<A, Failure>, expected: Option.Option<unknown>) => {
  if (Result.isSuccess(result)) {
    assert.deepStrictEqual(Option.some<unknown>(result.success), expected)
    return
  }
  const { _tag, advice, message } = result.failure
  assert.deepStrictEqual([_tag, expected], ["ResponseInvalid", Option.none()])
  // An id is what a session or a nudge is named by, whatever it is.
  const text = `${message} ${advice}`.replace(/ in (?:session|nudge) .* at /s, " ")
  assert.notInclude(text, ArbitraryBody.payload)
  assert.isBelow(text.length, 400)
}

const PieceSize = Schema.Literals([7, 1000, 1_000_000])

const deepField: ArbitraryBody.Body = {
  _tag: "Changed",
  changes: [{ name: "extra", literal: "10,000 objects", isAgain: true }],
}

/** Bodies that were once taken: written again they were a defect, and two ids could become one. */
const regressions: ReadonlyArray<readonly [string, ArbitraryBody.Body, string]> = [
  ["a field without end", deepField, "it is nested deeper than 500 levels"],
  ["no UTF-8", { _tag: "Damaged", damage: [{ at: 0.1, what: "invalid" }] }, "the body is not UTF-8"],
  ["half a character at its end", { _tag: "Damaged", damage: [{ at: 1, what: "half" }] }, "the body is not UTF-8"],
]

describe("a body that may be anything", () => {
  it.effect.each(regressions)("is refused by what it is: %s", ([, body, reason]) =>
    Effect.gen(function* () {
      const bytes = ArbitraryBody.bytes(body, page(false))
      const walked = Effect.flip(Effect.provide(walk, answering(bytes, 1000)))
      assert.include(yield* VirtualTime.run(walked, 10_000), { _tag: "ResponseInvalid", reason })
    }),
  )

  it.effect.prop(
    "is a right page, or an error of the contract that does not repeat it",
    { body: ArbitraryBody.Body, hasMore: Schema.Boolean, pieceSize: PieceSize },
    Effect.fnUntraced(function* ({ body, hasMore, pieceSize }) {
      const bytes = ArbitraryBody.bytes(body, page(hasMore))
      const walked = Effect.result(Effect.provide(walk, answering(bytes, pieceSize)))
      assertJudged(yield* VirtualTime.run(walked, 10_000), ArbitraryBody.rowsOf(bytes, JsonDepth.maxDepth))
    }),
    { arbitrary: { runs: 150 * inject("times"), seed: "bodies of pages" } },
  )

  it.effect.prop(
    "is the right session, or an error of the contract that does not repeat it",
    { body: ArbitraryBody.Body, pieceSize: PieceSize },
    Effect.fnUntraced(function* ({ body, pieceSize }) {
      const bytes = ArbitraryBody.bytes(body, { data: FakeApi.exampleDetail })
      const answered = Effect.result(Effect.provide(read, answering(bytes, pieceSize)))
      assertJudged(yield* VirtualTime.run(answered, 10_000), ArbitraryBody.sessionOf(bytes, id, JsonDepth.maxDepth))
    }),
    { arbitrary: { runs: 150 * inject("times"), seed: "bodies of details" } },
  )

  it.effect.prop(
    "is the right page of nudges, or an error of the contract that does not repeat it",
    { body: ArbitraryBody.NudgeBody, hasMore: Schema.Boolean, pieceSize: PieceSize },
    Effect.fnUntraced(function* ({ body, hasMore, pieceSize }) {
      const bytes = ArbitraryBody.bytes(body, nudgePage(hasMore))
      const answered = Effect.result(Effect.provide(list, answering(bytes, pieceSize)))
      assertJudged(yield* VirtualTime.run(answered, 10_000), ArbitraryBody.nudgesOf(bytes, JsonDepth.maxDepth))
    }),
    { arbitrary: { runs: 150 * inject("times"), seed: "bodies of nudges" } },
  )
})
