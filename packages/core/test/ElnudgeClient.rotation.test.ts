import { ElnudgeClient, ElnudgeError } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as FakeApi from "./FakeApi.ts"
import * as VirtualTime from "./VirtualTime.ts"

const listSessions = Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.listSessions({ limit: 200 }))

const getSession = (id: string) => Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.getSession(id))

const eight = Effect.forEach(
  Array.from({ length: 8 }, (_, index) => `sess_${index}`),
  (id) => Effect.result(getSession(id)),
  { concurrency: 8 },
)

const bearer = ({ headers }: FakeApi.SeenRequest) => headers["authorization"]?.replace("Bearer ", "")

const answer = ({ url }: FakeApi.SeenRequest): FakeApi.Answer =>
  url.pathname.endsWith("/sessions")
    ? FakeApi.page([FakeApi.row(1)])
    : FakeApi.json({ data: { ...FakeApi.exampleDetail, id: url.pathname.split("/").at(-1) } })

/** An API that accepts what `isValid` says, a second after it was asked, so that refusals overlap. */
const accepting =
  (isValid: (key: string | undefined) => boolean, status = 401): FakeApi.Script =>
  (request) => ({ afterMillis: 1_000, answer: isValid(bearer(request)) ? answer(request) : { status } })

/** A key source that gives one key after the other, then the last for ever. */
const keysInTurn = (...keys: ReadonlyArray<string>) => {
  const source = { readings: 0, reload: Effect.succeed(Redacted.make("")) }
  source.reload = Effect.sync(() => Redacted.make(keys[Math.min(source.readings++, keys.length - 1)] ?? ""))
  return source
}

const keyFileGone = new ElnudgeError.InvalidOption({
  option: "apiKey",
  reason: "the key file /key cannot be read (NotFound)",
  advice: "Put it back.",
})

describe("A rotated key", () => {
  it.effect.each<readonly [string, Effect.Effect<unknown, ElnudgeError.ElnudgeError, ElnudgeClient.ElnudgeClient>]>([
    ["a page", listSessions],
    ["a session", getSession("sess_1")],
  ])("goes on with the key that is read again: %s", ([, request]) =>
    Effect.gen(function* () {
      const source = keysInTurn("sk_test_new")
      const { layer, seen } = FakeApi.make(
        accepting((key) => key === "sk_test_new"),
        { reloadKey: source.reload },
      )
      yield* VirtualTime.run(Effect.andThen(request, request).pipe(Effect.provide(layer)))
      assert.deepStrictEqual(seen.map(bearer), [FakeApi.apiKey, "sk_test_new", "sk_test_new"])
      assert.strictEqual(source.readings, 1)
    }),
  )

  it.effect("is read once for all requests that were refused together", () =>
    Effect.gen(function* () {
      const source = keysInTurn("sk_test_new")
      const { layer, seen } = FakeApi.make(
        accepting((key) => key === "sk_test_new"),
        { reloadKey: Effect.delay(source.reload, 500) },
      )
      const results = yield* VirtualTime.run(eight.pipe(Effect.provide(layer)))
      assert.deepStrictEqual(
        results.map(({ _tag }) => _tag),
        Array.from({ length: 8 }, () => "Success"),
      )
      assert.strictEqual(source.readings, 1)
      assert.lengthOf(seen, 16)
    }),
  )

  it.effect("may be rotated again and again", () =>
    Effect.gen(function* () {
      const valid: Array<string> = [FakeApi.apiKey]
      const source = keysInTurn("sk_test_second", "sk_test_third")
      const { layer, seen } = FakeApi.make(
        accepting((key) => key === valid.at(-1)),
        { reloadKey: source.reload },
      )
      yield* VirtualTime.run(
        Effect.gen(function* () {
          yield* listSessions
          for (const key of ["sk_test_second", "sk_test_third"]) {
            valid.push(key)
            yield* eight
            yield* listSessions
          }
        }).pipe(Effect.provide(layer)),
      )
      assert.strictEqual(source.readings, 2)
      assert.deepStrictEqual([...new Set(seen.map(bearer))], [FakeApi.apiKey, "sk_test_second", "sk_test_third"])
      assert.strictEqual(bearer(seen.at(-1) ?? assert.fail("nothing was sent")), "sk_test_third")
    }),
  )

  it.effect("may be rotated twice before one request is through", () =>
    Effect.gen(function* () {
      const source = keysInTurn("sk_test_second", "sk_test_third")
      const { layer, seen } = FakeApi.make(
        accepting((key) => key === "sk_test_third"),
        { reloadKey: source.reload },
      )
      yield* VirtualTime.run(listSessions.pipe(Effect.provide(layer)))
      assert.deepStrictEqual(seen.map(bearer), [FakeApi.apiKey, "sk_test_second", "sk_test_third"])
    }),
  )

  it.effect("does not count as one of the five retries", () =>
    Effect.gen(function* () {
      const script: FakeApi.Script = (request, index) =>
        index < 3 || (index > 3 && index < 6) ? { status: 500 } : index === 3 ? { status: 401 } : answer(request)
      const { layer, seen } = FakeApi.make(script, { reloadKey: keysInTurn("sk_test_new").reload })
      yield* VirtualTime.run(listSessions.pipe(Effect.provide(layer)))
      assert.lengthOf(seen, 7)
    }),
  )

  it.effect("keeps to the site's limit", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(
        accepting((key) => key === "sk_test_new"),
        { reloadKey: keysInTurn("sk_test_new").reload, requestsPerMinute: 2 },
      )
      yield* VirtualTime.run(listSessions.pipe(Effect.provide(layer)), 1_000)
      assert.isAtLeast((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0), 30_000)
    }),
  )
})

describe("A refused key", () => {
  const refusals: ReadonlyArray<readonly [string, ReadonlyArray<string>, number, number]> = [
    ["the same again", [FakeApi.apiKey], 1, 8],
    ["another bad one", ["sk_test_bad"], 2, 16],
    ["another bad one, then the first again", ["sk_test_bad", FakeApi.apiKey], 2, 16],
    ["one of another kind", ["sk_live_good"], 1, 8],
    ["one that no header carries", ["sk bad"], 1, 8],
    ["nothing", [""], 1, 8],
  ]
  it.effect.each(refusals)("ends all requests at once where the source gives %s", ([, keys, readings, sent]) =>
    Effect.gen(function* () {
      const source = keysInTurn(...keys)
      const { layer, seen } = FakeApi.make(
        accepting(() => false),
        { reloadKey: source.reload },
      )
      const errors = yield* VirtualTime.run(
        Effect.flatMap(
          eight,
          Effect.forEach((result) => Effect.flip(Effect.fromResult(result))),
        ).pipe(Effect.provide(layer)),
      )
      for (const error of errors) {
        assert.deepInclude(error, { _tag: "Unauthorized", status: 401 })
        assert.match(error.advice, /^The key was read again, but (what was read again|the API key)/)
        assert.notInclude(`${error.message} ${error.advice} ${JSON.stringify(error)}`, keys[0] || FakeApi.apiKey)
      }
      assert.lengthOf(seen, sent)
      assert.strictEqual(source.readings, readings)
    }),
  )

  it.effect("says why it could not be read again", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(
        accepting(() => false),
        { reloadKey: Effect.fail(keyFileGone) },
      )
      const error = yield* VirtualTime.run(listSessions.pipe(Effect.flip, Effect.provide(layer)))
      assert.deepInclude(error, { _tag: "Unauthorized", keyProblem: keyFileGone.reason })
      assert.include(error.advice, "but the key file /key cannot be read (NotFound). Check")
      assert.lengthOf(seen, 1)
    }),
  )

  it.effect("is read again for a later request, so that a service recovers", () =>
    Effect.gen(function* () {
      const source = keysInTurn(FakeApi.apiKey, "sk_test_new")
      const { layer, seen } = FakeApi.make(
        accepting((key) => key === "sk_test_new"),
        { reloadKey: source.reload },
      )
      const [first, second] = yield* VirtualTime.run(
        Effect.all([Effect.exit(listSessions), Effect.exit(listSessions)]).pipe(Effect.provide(layer)),
      )
      assert.deepStrictEqual([first._tag, second._tag], ["Failure", "Success"])
      assert.deepStrictEqual(seen.map(bearer), [FakeApi.apiKey, FakeApi.apiKey, "sk_test_new"])
    }),
  )

  it.effect.each<readonly [string, number, boolean]>([
    ["a 403", 403, true],
    ["a 401 without a source", 401, false],
  ])("is not read again for %s", ([, status, hasSource]) =>
    Effect.gen(function* () {
      const source = keysInTurn("sk_test_new")
      const { layer, seen } = FakeApi.make(
        accepting((key) => key === "sk_test_new", status),
        hasSource ? { reloadKey: source.reload } : {},
      )
      const error = yield* VirtualTime.run(listSessions.pipe(Effect.flip, Effect.provide(layer)))
      assert.deepInclude(error, { _tag: "Unauthorized", status })
      assert.include(error.advice, "ELNUDGE_API_KEY")
      assert.deepStrictEqual([seen.length, source.readings], [1, 0])
    }),
  )

  it.effect("does not stay locked when the one who reads it again is interrupted", () =>
    Effect.gen(function* () {
      let readings = 0
      const reloadKey = Effect.suspend(() =>
        readings++ === 0 ? Effect.never : Effect.succeed(Redacted.make("sk_test_new")),
      )
      const { layer } = FakeApi.make(
        accepting((key) => key === "sk_test_new"),
        { reloadKey },
      )
      yield* Effect.gen(function* () {
        const reader = yield* Effect.forkChild(listSessions)
        yield* VirtualTime.run(Effect.sleep(1_500))
        const waiter = yield* Effect.forkChild(listSessions)
        yield* VirtualTime.run(Effect.sleep(1_500))
        assert.strictEqual(readings, 1)
        yield* Fiber.interrupt(reader)
        const page = yield* VirtualTime.run(Fiber.join(waiter))
        assert.lengthOf(page.data, 1)
      }).pipe(Effect.provide(layer))
      assert.strictEqual(readings, 2)
    }),
  )
})

describe("A client from the environment", () => {
  const run = (env: Record<string, string>) =>
    Effect.gen(function* () {
      const sent: Array<string | undefined> = []
      let readings = 0
      const files = FileSystem.layerNoop({
        readFile: () =>
          Effect.sync(() => new TextEncoder().encode(readings++ === 0 ? "sk_file_old\n" : "sk_file_new\n")),
      })
      const transport = HttpClient.make((request) =>
        Effect.sync(() => {
          const { authorization } = request.headers
          sent.push(authorization)
          const isValid = authorization === "Bearer sk_file_new"
          const response = isValid ? new Response('{"data":[],"has_more":false}') : new Response("", { status: 401 })
          return HttpClientResponse.fromWeb(request, response)
        }),
      )
      const live = ElnudgeClient.layerConfig().pipe(
        Layer.provide([
          files,
          ConfigProvider.layer(ConfigProvider.fromEnv({ env })),
          Layer.succeed(HttpClient.HttpClient, transport),
        ]),
      )
      const exit = yield* VirtualTime.run(listSessions.pipe(Effect.provide(live), Effect.exit))
      return { exit: exit._tag, readings, sent }
    })

  it.effect("reads its key file again", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run({ ELNUDGE_API_KEY_FILE: "/key" }), {
        exit: "Success",
        readings: 2,
        sent: ["Bearer sk_file_old", "Bearer sk_file_new"],
      })
    }),
  )

  it.effect("keeps the key of a variable", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run({ ELNUDGE_API_KEY: "sk_env", ELNUDGE_API_KEY_FILE: "/key" }), {
        exit: "Failure",
        readings: 0,
        sent: ["Bearer sk_env"],
      })
    }),
  )
})
