import { ElnudgeClient, SessionStream, WalkSample } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as FakeApi from "./FakeApi.ts"
import * as NudgedWalk from "./NudgedWalk.ts"
import * as VirtualTime from "./VirtualTime.ts"

interface Told {
  readonly name: string
  readonly parent: string | undefined
  readonly attributes: Readonly<Record<string, unknown>>
  readonly error: string | undefined
}

/** Runs the effect and tells the spans in the order in which they began, and everything that a collector would get. */
const traced = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const spans: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      },
    })
    const exit = yield* VirtualTime.run(
      effect.pipe(
        Effect.provideService(Tracer.Tracer, tracer),
        Effect.provideService(References.MinimumLogLevel, "All"),
        Effect.provideService(Random.Random, { nextDoubleUnsafe: () => 1, nextIntUnsafe: () => 1 }),
        Effect.exit,
      ),
    )
    const nameOf = (span: Tracer.AnySpan) => (span._tag === "Span" ? span.name : undefined)
    const told = spans.map((span): Told => {
      const { attributes, name, parent, status } = span
      const ended = status._tag === "Ended" ? status.exit : undefined
      return {
        name,
        parent: Option.getOrUndefined(Option.map(parent, nameOf)),
        attributes: Object.fromEntries(attributes),
        error: ended !== undefined && Exit.isFailure(ended) ? Cause.prettyErrors(ended.cause)[0]?.message : undefined,
      }
    })
    const everything = JSON.stringify([told, spans.map(({ events }) => events.map(([name, , more]) => [name, more]))])
    assert.isTrue(spans.every(({ status }) => status._tag === "Ended"))
    return { exit, spans: told, everything }
  })

const list = { name: "GET /sessions", parent: "ElnudgeClient.listSessions" }
const http = { "http.request.method": "GET", "server.address": "api.test", "server.port": 443 }
const ofList = { ...http, "url.template": "/sessions" }
const ofDetail = { ...http, "url.template": "/sessions/{id}" }

const getSession = (id: string) => Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.getSession(id))

describe("A traced request", () => {
  it.effect("has a span, and one below it for each attempt, with what they came to", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<FakeApi.Answer> = [
        { status: 503 },
        { status: 429, headers: { "retry-after": "7" } },
        { failure: "ECONNRESET" },
        FakeApi.page([FakeApi.row(0), FakeApi.row(1)], "cursor_secret"),
        FakeApi.page([FakeApi.row(2)]),
      ]
      const { layer } = FakeApi.make((_, index) => answers[index] ?? "hang")
      const { everything, exit, spans } = yield* traced(
        SessionStream.summaries({ from: NudgedWalk.from, to: NudgedWalk.to }).pipe(
          Stream.runCount,
          Effect.provide(layer),
        ),
      )
      assert.deepStrictEqual(exit, Exit.succeed(3))
      const ofRequests = spans.filter(({ name }) => !name.startsWith("TimeWindow"))
      const first = {
        "elnudge.page": 1,
        "elnudge.attempts": 4,
        "elnudge.waited_ms": 200 + 7_000 + 400,
        "elnudge.rows": 2,
      }
      const second = { "elnudge.page": 2, "elnudge.attempts": 1, "elnudge.waited_ms": 0, "elnudge.rows": 1 }
      const request = { name: "ElnudgeClient.listSessions", parent: undefined, error: undefined }
      const failed = (error: string, more: object) => ({
        ...list,
        error,
        attributes: { ...ofList, ...more, "error.type": error },
      })
      assert.deepStrictEqual(ofRequests, [
        { ...request, attributes: { ...first, "http.response.status_code": 200 } },
        failed("503", { "http.response.status_code": 503 }),
        failed("429", { "http.request.resend_count": 1, "http.response.status_code": 429 }),
        failed("TransportFailure", { "http.request.resend_count": 2 }),
        {
          ...list,
          error: undefined,
          attributes: { ...ofList, "http.request.resend_count": 3, "http.response.status_code": 200 },
        },
        { ...request, attributes: { ...second, "http.response.status_code": 200 } },
        { ...list, error: undefined, attributes: { ...ofList, "http.response.status_code": 200 } },
      ])
      for (const held of ["cursor_secret", FakeApi.apiKey, "api.test/", "sess_"]) assert.notInclude(everything, held)
    }),
  )

  const failures: ReadonlyArray<readonly [string, FakeApi.Answer, ReadonlyArray<string>]> = [
    ["is gone", { status: 404 }, ["404"]],
    ["fails for good", { status: 500 }, ["500", "500", "500", "500", "500", "500"]],
    [
      "does not fit the contract",
      FakeApi.json({ data: { ...FakeApi.exampleDetail, page_count: "many" } }),
      ["ResponseInvalid"],
    ],
    ["is another one", FakeApi.json({ data: FakeApi.exampleDetail }), []],
    ["is refused with the key", { status: 401 }, ["401"]],
  ]

  it.effect.each(failures)("whose session %s names none, in no attribute, error or event", ([, answer, errors]) =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => answer)
      const { everything, exit, spans } = yield* traced(getSession("sess_personal").pipe(Effect.provide(layer)))
      assert.isTrue(Exit.isFailure(exit))
      for (const held of ["sess_", FakeApi.apiKey]) assert.notInclude(everything, held)
      const attempts = spans.filter(({ name }) => name === "GET /sessions/{id}")
      assert.deepStrictEqual(
        attempts.flatMap(({ error }) => error ?? []),
        errors,
      )
      assert.deepInclude(attempts[0]?.attributes, ofDetail)
    }),
  )

  it.effect("names its session where that was asked for", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => ({ status: 404 }), { traceSessionIds: true })
      const { spans } = yield* traced(getSession("sess_personal").pipe(Effect.provide(layer)))
      assert.deepStrictEqual(spans[0], {
        name: "ElnudgeClient.getSession",
        parent: undefined,
        error: "SessionUnavailable",
        attributes: {
          "elnudge.session_id": "sess_personal",
          "elnudge.attempts": 1,
          "elnudge.waited_ms": 0,
          "http.response.status_code": 404,
          "error.type": "SessionUnavailable",
        },
      })
    }),
  )

  it.effect("is no error where it is interrupted", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => "hang")
      const { spans } = yield* traced(
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(getSession("sess_personal"))
          yield* Effect.sleep(1_000)
          yield* Fiber.interrupt(fiber)
        }).pipe(Effect.provide(layer)),
      )
      assert.deepStrictEqual(
        spans.map(({ attributes }) => attributes["error.type"]),
        [undefined, undefined],
      )
    }),
  )

  it.effect("of a sample that fails tells the error's kind alone", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => FakeApi.page([FakeApi.row(0, { id: "sess_personal", page_count: null })]))
      const { everything, spans } = yield* traced(WalkSample.take().pipe(Effect.provide(layer)))
      assert.deepInclude(spans[0], { name: "WalkSample.take", error: "ResponseInvalid" })
      assert.notInclude(everything, "sess_personal")
    }),
  )

  it.effect("makes no span where nobody traces", () =>
    Effect.gen(function* () {
      const parents: Array<Option.Option<Tracer.AnySpan>> = []
      // Asked for in the middle of a request.
      const reloadKey = Effect.gen(function* () {
        parents.push(yield* Effect.serviceOption(Tracer.ParentSpan))
        return Redacted.make("sk_test_other")
      })
      const { layer } = FakeApi.make((_, index) => (index === 0 ? { status: 401 } : FakeApi.page([])), { reloadKey })
      const list = Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listSessions())
      yield* list.pipe(Effect.provide(layer))
      assert.deepStrictEqual(parents, [Option.none()])
    }),
  )
})
