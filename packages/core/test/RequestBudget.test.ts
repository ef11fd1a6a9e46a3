import {
  ElnudgeClient,
  type ElnudgeError,
  RequestBudget,
  RequestLimiter,
  Session,
  SessionStream,
} from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { HttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as VirtualTime from "./VirtualTime.ts"

const window = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }

const instants = { from: DateTime.makeUnsafe(window.from), to: DateTime.makeUnsafe(window.to) }

const listSessions = Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) =>
  client.listSessions({ window, limit: 200, cursor: "c", rowsEmitted: 400 }),
)

const listRequest: ElnudgeError.RequestInfo = { _tag: "ListSessions", ...window, cursor: "c", rowsEmitted: 400 }

const getSession = (id: string) => Effect.flatMap(ElnudgeClient.ElnudgeClient, (client) => client.getSession(id))

const eight = Array.from({ length: 8 }, (_, index) => `sess_${index}`)

const within =
  (options: RequestBudget.Options) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Effect.orDie(RequestBudget.make(options)), (budget) =>
      Effect.provideService(effect, RequestBudget.Current, budget),
    )

const anySession = ({ url }: FakeApi.SeenRequest) =>
  FakeApi.json({ data: { ...FakeApi.exampleDetail, id: url.pathname.split("/").at(-1) } })

// Every wait before a retry as long as it can be.
const longBackoffs = Effect.provideService(Random.Random, {
  nextDoubleUnsafe: () => 1,
  nextIntUnsafe: () => Number.MAX_SAFE_INTEGER,
})

describe("RequestBudget", () => {
  it.effect.each<readonly [RequestBudget.Options, RegExp]>([
    [{ maxRequests: 0 }, /at most 0 requests/],
    [{ maxRequests: 1.5 }, /at most 1.5 requests/],
    [{ maxRequests: Number.NaN }, /at most NaN requests/],
    [{ deadline: 0 }, /deadline is not a duration above zero/],
    [{ deadline: -1 }, /deadline is not a duration above zero/],
    [{ deadline: Duration.infinity }, /deadline is not a duration above zero/],
    [{ deadline: "40000 days" }, /at most 36,500 days/],
  ])("refuses what bounds nothing: %#", ([options, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(RequestBudget.make(options))
      assert.strictEqual(error._tag, "InvalidOption")
      assert.match(error.message, reason)
    }),
  )

  it.effect("bounds nothing where nothing is asked for", () =>
    Effect.gen(function* () {
      const budget = yield* RequestBudget.make()
      assert.deepStrictEqual([budget.maxRequests, budget.deadline, budget.spent], [Infinity, Infinity, 0])
    }),
  )
})

describe("The number of requests", () => {
  it.effect("is never overspent by requests at once, and those that were sent still answer", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make((request) => ({ afterMillis: 500, answer: anySession(request) }))
      const budget = yield* RequestBudget.make({ maxRequests: 5 })
      const results = yield* VirtualTime.run(
        Effect.forEach(eight, (id) => Effect.result(getSession(id)), { concurrency: 8 }).pipe(
          Effect.provideService(RequestBudget.Current, budget),
          Effect.provide(layer),
        ),
      )
      assert.lengthOf(seen, 5)
      assert.strictEqual(budget.spent, 5)
      assert.lengthOf(results.filter(Result.isSuccess), 5)
      const [error] = results.flatMap((result) => (Result.isFailure(result) ? [result.failure] : []))
      assert.deepInclude(error, { _tag: "RequestsUsedUp", maxRequests: 5 })
      assert.match(error?.message ?? "", /used up its requests, 5 \(session sess_\d\)/)
    }),
  )

  it.effect("counts retries of all requests, after a 500, a 429 and a key that was refused", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<FakeApi.Answer> = [
        { status: 500 },
        { status: 429, headers: { "retry-after": "1" } },
        { status: 401 },
      ]
      const { layer, seen } = FakeApi.make((_, index) => answers[index % 3] ?? "hang", {
        reloadKey: Effect.sync(() => Redacted.make(`sk_test_${seen.length}`)),
      })
      const results = yield* VirtualTime.run(
        Effect.forEach(eight, (id) => Effect.flip(getSession(id)), { concurrency: 8 }).pipe(
          within({ maxRequests: 11 }),
          Effect.provide(layer),
        ),
      )
      assert.lengthOf(seen, 11)
      assert.deepStrictEqual([...new Set(results.map((error) => error._tag))], ["RequestsUsedUp"])
    }),
  )

  it.effect("ends a stream, and says from where to go on", () =>
    Effect.gen(function* () {
      const pages = [
        FakeApi.page([FakeApi.row(1), FakeApi.row(2)], "c1"),
        FakeApi.page([FakeApi.row(3), FakeApi.row(4)], "c2"),
        FakeApi.page([FakeApi.row(5)]),
      ]
      const { layer, seen } = FakeApi.make((_, index) => pages[index] ?? "hang")
      const error = yield* VirtualTime.run(
        SessionStream.pages(instants).pipe(
          Stream.runDrain,
          Effect.flip,
          within({ maxRequests: 2 }),
          Effect.provide(layer),
        ),
      )
      assert.lengthOf(seen, 2)
      assert.deepInclude(error, { _tag: "RequestsUsedUp" })
      assert.deepInclude(error.request, { cursor: "c2", rowsEmitted: 4 })
    }),
  )

  it.effect("fails before a wait that would lead to nothing", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "60" } }))
      const error = yield* VirtualTime.run(
        listSessions.pipe(Effect.flip, within({ maxRequests: 1 }), Effect.provide(layer)),
      )
      assert.deepInclude(error, { _tag: "RequestsUsedUp", request: listRequest })
      assert.lengthOf(seen, 1)
      assert.isBelow(yield* Clock.currentTimeMillis, 1_000)
    }),
  )
})

describe("The deadline", () => {
  // What is waited for, the deadline in milliseconds, and how many attempts come before it.
  const waits: ReadonlyArray<readonly [string, number, number, FakeApi.Script, Partial<ElnudgeClient.Options>?]> = [
    // Waits of 0.2, 0.4, 0.8, 1.6 and 3.2 seconds come before the sixth attempt: this is in the last of them.
    ["a backoff", 6_100, 5, () => ({ status: 500 })],
    ["a token", 10_000, 1, () => ({ status: 500 }), { requestsPerMinute: 2 }],
    ["an answer", 10_000, 1, () => "hang"],
    ["a key", 10_000, 1, () => ({ status: 401 }), { reloadKey: Effect.never }],
    ["a hold until that instant", 10_000, 1, () => ({ status: 429, headers: { "retry-after": "10" } })],
    [
      "an answer after a hold",
      10_000,
      2,
      (_, index) => (index === 0 ? { status: 429, headers: { "retry-after": "9" } } : "hang"),
    ],
  ]

  it.effect.each(waits)("ends a wait for %s, and nothing is sent any more", ([, deadline, sent, script, options]) =>
    Effect.gen(function* () {
      const { givenUp, layer, seen } = FakeApi.make(script, options)
      const error = yield* VirtualTime.run(
        listSessions.pipe(Effect.flip, within({ deadline }), longBackoffs, Effect.provide(layer)),
        100,
      )
      const at = Session.instant(deadline)
      assert.deepInclude(error, { _tag: "DeadlineReached", deadline: at, request: listRequest })
      assert.include(error.message, `The run's deadline is reached, ${at} (page after 400 rows)`)
      assert.strictEqual(yield* Clock.currentTimeMillis, deadline)
      yield* VirtualTime.run(Effect.sleep("5 minutes"), 10_000)
      assert.lengthOf(seen, sent)
      assert.lengthOf(givenUp, seen.filter((request, index) => script(request, index) === "hang").length)
    }),
  )

  it.effect("fails at once where a 429 holds the key beyond it", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "60" } }))
      const errors = yield* Effect.all([Effect.flip(listSessions), Effect.flip(getSession("sess_1"))]).pipe(
        within({ deadline: "10 seconds" }),
        Effect.provide(layer),
      )
      for (const error of errors) {
        assert.deepInclude(error, { _tag: "DeadlineReached", heldUntil: "1970-01-01T00:01:00Z" })
        assert.include(error.message, "says to wait until 1970-01-01T00:01:00Z, after the run's deadline")
      }
      assert.lengthOf(seen, 1)
    }),
  )

  it.effect("leaves a Retry-After above the ceiling what it is", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "3600" } }))
      const error = yield* listSessions.pipe(Effect.flip, within({ deadline: "10 seconds" }), Effect.provide(layer))
      assert.deepInclude(error, { _tag: "RateLimited", resumeAt: "1970-01-01T01:00:00Z", request: listRequest })
    }),
  )

  it.effect("waits for a hold that ends in time", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make((_, index) =>
        index === 0 ? { status: 429, headers: { "retry-after": "9" } } : FakeApi.page([FakeApi.row(1)]),
      )
      const page = yield* VirtualTime.run(listSessions.pipe(within({ deadline: "10 seconds" }), Effect.provide(layer)))
      assert.lengthOf(page.data, 1)
      assert.lengthOf(seen, 2)
    }),
  )

  it.effect("sends nothing once it has passed, nor at that very instant", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => FakeApi.page([]))
      const budget = yield* RequestBudget.make({ deadline: "10 seconds" })
      yield* TestClock.adjust("10 seconds")
      const error = yield* listSessions.pipe(
        Effect.flip,
        Effect.provideService(RequestBudget.Current, budget),
        Effect.provide(layer),
      )
      assert.strictEqual(error._tag, "DeadlineReached")
      assert.deepStrictEqual([seen.length, budget.spent], [0, 0])
    }),
  )

  it.effect("ends a hold that has grown beyond it while a request waited", () =>
    Effect.gen(function* () {
      const limiters = yield* RequestLimiter.RequestLimiter
      const shared = yield* limiters.forKey("any", 1000)
      const live = Layer.effect(
        ElnudgeClient.ElnudgeClient,
        ElnudgeClient.make({ apiKey: Redacted.make("sk_test_held") }),
      ).pipe(
        Layer.provide(Layer.succeed(RequestLimiter.RequestLimiter, { forKey: () => Effect.succeed(shared) })),
        Layer.provide(
          Layer.succeed(
            HttpClient.HttpClient,
            HttpClient.make(() => Effect.never),
          ),
        ),
      )
      yield* shared.hold(8_000)
      const fiber = yield* Effect.forkChild(
        listSessions.pipe(Effect.flip, within({ deadline: "10 seconds" }), Effect.provide(live)),
      )
      yield* TestClock.adjust(4_500)
      yield* shared.hold(45_500)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(500)
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "DeadlineReached", heldUntil: "1970-01-01T00:00:50Z" })
    }).pipe(Effect.provide(RequestLimiter.layerFresh)),
  )
})

describe("An interruption", () => {
  const waits: ReadonlyArray<readonly [string, FakeApi.Script, Partial<ElnudgeClient.Options>]> = [
    ["a hold", () => ({ status: 429, headers: { "retry-after": "60" } }), {}],
    ["a backoff", () => ({ status: 500 }), {}],
    ["a token", () => ({ status: 500 }), { requestsPerMinute: 2 }],
    ["an answer", () => "hang", {}],
    ["a key", () => ({ status: 401 }), { reloadKey: Effect.never }],
  ]

  it.effect.each(waits)("ends a wait for %s at once", ([, script, options]) =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(script, options)
      const fiber = yield* Effect.forkChild(
        listSessions.pipe(
          within({ deadline: "10 minutes", maxRequests: 100 }),
          longBackoffs,
          Effect.provide(layer),
          Effect.exit,
        ),
      )
      yield* VirtualTime.run(Effect.sleep(250), 10)
      const [sent, at] = [seen.length, yield* Clock.currentTimeMillis]
      assert.isAtLeast(sent, 1)
      assert.isUndefined(fiber.pollUnsafe())
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
      assert.strictEqual(yield* Clock.currentTimeMillis, at)
      yield* VirtualTime.run(Effect.sleep("3 minutes"), 5_000)
      assert.lengthOf(seen, sent)
    }),
  )
})
