/** What code without Effect gets from a walk and from a session, and what is thrown. */
import { ElnudgeError, RequestLimiter } from "@effect-elnudge/core"
import { Elnudge, type SessionRead } from "@effect-elnudge/core/promise"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"
import * as PromiseFace from "./PromiseFace.ts"
import * as VirtualTime from "./VirtualTime.ts"

const { collect, ids, rows, settle, window } = PromiseFace

const ofRead = (reads: ReadonlyArray<SessionRead.SessionRead>) => ids(reads.map(({ summary }) => summary))

describe("sessions", () => {
  it.effect("gives every session once, newest first", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(450)))
      const sessions = yield* Effect.promise(() => collect(elnudge.sessions(window)))
      assert.deepStrictEqual(ids(sessions), ids(rows(450)))
      assert.deepStrictEqual(
        seen.map(({ url }) => url.searchParams.get("from")),
        ["2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z"],
      )
    }),
  )

  it.effect("gives the same in several parts at the same time", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(FakeList.script(rows(450)))
      const walk = elnudge.sessions({ ...window, pageSize: 20, listConcurrency: 4 })
      assert.deepStrictEqual(ids(yield* Effect.promise(() => collect(walk))), ids(rows(450)))
    }),
  )

  it.effect("takes a Date, a day and an instant of any time zone for the same window", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script([]))
      const windows = [
        window,
        { from: new Date("2026-10-01T00:00:00Z"), to: new Date("2026-11-01T00:00:00Z") },
        { from: "2026-10-01T02:00:00+02:00", to: "2026-10-31T23:00:00.000-01:00" },
      ]
      for (const each of windows) yield* Effect.promise(() => collect(elnudge.sessions(each)))
      assert.strictEqual(new Set(seen.map(({ url }) => url.search)).size, 1)
      assert.lengthOf(seen, 3)
    }),
  )

  it.effect.each(["yesterday", "2026-10-01T00:00:00", "2026-02-30", "", new Date(Number.NaN), new Date(8.64e15)])(
    "refuses %s as a beginning, before any request",
    (from) =>
      Effect.gen(function* () {
        const { elnudge, seen } = yield* PromiseFace.make(FakeList.script([]))
        const error = yield* Effect.promise(() => PromiseFace.outcome(collect(elnudge.sessions({ from }))))
        assert.instanceOf(error, ElnudgeError.InvalidOption)
        assert.match(error.reason, /^from is /)
        assert.lengthOf(seen, 0)
      }),
  )

  it.effect("asks for nothing before it is iterated, and starts a walk of its own with each iteration", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(3)))
      const sessions = elnudge.sessions(window)
      const idle = sessions[Symbol.asyncIterator]()
      yield* Effect.promise(settle)
      assert.lengthOf(seen, 0)
      for (const walks of [1, 2]) {
        assert.lengthOf(yield* Effect.promise(() => collect(sessions)), 3)
        assert.lengthOf(seen, walks)
      }
      assert.deepStrictEqual(yield* Effect.promise(async () => idle.return?.()), { done: true, value: undefined })
      assert.deepStrictEqual(yield* Effect.promise(() => idle.next()), { done: true, value: undefined })
      assert.lengthOf(seen, 2)
    }),
  )

  it.effect("asks for at most two pages more than are taken, and for nothing while nobody reads", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(500)))
      const walk = elnudge.sessions({ ...window, pageSize: 10 })[Symbol.asyncIterator]()
      let taken = 0
      const askedFor: Array<readonly [taken: number, pages: number]> = []
      for (const until of [1, 10, 11, 21]) {
        for (; taken < until; taken++) yield* Effect.promise(() => walk.next())
        yield* Effect.promise(settle)
        askedFor.push([taken, seen.length])
      }
      assert.deepStrictEqual(askedFor, [
        [1, 3],
        [10, 3],
        [11, 4],
        [21, 5],
      ])
    }),
  )

  it.effect("ends the request under way and asks for nothing more after a break", () =>
    Effect.gen(function* () {
      const script = FakeList.script(rows(500), (_, index) => (index === 2 ? "hang" : undefined))
      const { elnudge, givenUp, seen } = yield* PromiseFace.make(script)
      yield* Effect.promise(async () => {
        for await (const session of elnudge.sessions({ ...window, pageSize: 10 })) {
          await settle()
          if (session.id === "sess_2") break
        }
      })
      // When the loop is left, not some time later.
      assert.deepStrictEqual([seen.length, givenUp.length], [3, 1])
      yield* Effect.promise(settle)
      assert.lengthOf(seen, 3)
    }),
  )

  it.effect("ends in the same way where the body of the loop throws", () =>
    Effect.gen(function* () {
      const { elnudge, givenUp } = yield* PromiseFace.make(
        FakeList.script(rows(500), (_, index) => (index === 2 ? "hang" : undefined)),
      )
      const mine = new Error("mine")
      const walk = async () => {
        for await (const _ of elnudge.sessions({ ...window, pageSize: 10 })) {
          await settle()
          throw mine
        }
      }
      assert.strictEqual(yield* Effect.promise(() => PromiseFace.outcome(walk())), mine)
      assert.lengthOf(givenUp, 1)
    }),
  )

  it.effect("gives calls of next that overlap each row once, in the order of the calls, and then the end", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(FakeList.script(rows(45)))
      const walk = elnudge.sessions({ ...window, pageSize: 10 })[Symbol.asyncIterator]()
      const results = yield* Effect.promise(() => Promise.all(Array.from({ length: 50 }, () => walk.next())))
      assert.deepStrictEqual(
        results.map(({ value }) => value?.id),
        [...ids(rows(45)), ...Array.from({ length: 5 }, () => undefined)],
      )
      assert.lengthOf(seen, 5)
    }),
  )

  it.effect("tells a next that waits that there is nothing more when return is called meanwhile", () =>
    Effect.gen(function* () {
      const { elnudge, givenUp } = yield* PromiseFace.make(() => "hang")
      const walk = elnudge.sessions(window)[Symbol.asyncIterator]()
      const waiting = [walk.next(), walk.next()]
      yield* Effect.promise(settle)
      const end = { done: true, value: undefined } as const
      assert.deepStrictEqual(yield* Effect.promise(async () => walk.return?.()), end)
      assert.deepStrictEqual(yield* Effect.promise(() => Promise.all(waiting)), [end, end])
      assert.lengthOf(givenUp, 1)
    }),
  )

  it.effect("is thrown what ended it by every reader and every next, after the rows before it", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(
        FakeList.script(rows(40), (_, index) => (index === 2 ? { status: 401 } : undefined)),
      )
      const walk = elnudge.sessions({ ...window, pageSize: 10 })[Symbol.asyncIterator]()
      const read: Array<string> = []
      const reader = async () => {
        for await (const { id } of { [Symbol.asyncIterator]: () => walk }) read.push(id)
      }
      const ends = yield* Effect.promise(() => Promise.all([reader(), reader(), reader()].map(PromiseFace.outcome)))
      const last = yield* Effect.promise(() => PromiseFace.outcome(walk.next()))
      for (const error of [...ends, last]) assert.instanceOf(error, ElnudgeError.Unauthorized)
      assert.deepStrictEqual(read, ids(rows(20)))
    }),
  )
})

describe("details", () => {
  const script = FakeList.script(rows(30), ({ url }) =>
    url.pathname.endsWith("/sess_7") ? { status: 404 } : undefined,
  )

  it.effect("reads the details that are picked, and says of which there is none", () =>
    Effect.gen(function* () {
      const { elnudge, seen } = yield* PromiseFace.make(script)
      const pick = ({ id }: { readonly id: string }) => id.endsWith("7")
      const reads = yield* Effect.promise(() => collect(elnudge.details({ ...window, pick })))
      assert.deepStrictEqual(ofRead(reads), ids(rows(30)))
      assert.deepStrictEqual(reads[7]?.detail, { _tag: "Unavailable", reason: "not_found" })
      assert.deepStrictEqual(
        reads.filter(({ detail }) => detail._tag === "Read").map(({ summary }) => summary.id),
        ["sess_17", "sess_27"],
      )
      assert.lengthOf(seen, 4)
    }),
  )

  it.effect("leaves out or throws what has no detail, as it is told", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(script)
      const left = yield* Effect.promise(() => collect(elnudge.details({ ...window, onUnavailable: "skip" })))
      assert.deepStrictEqual(ofRead(left), ids(rows(30).filter(({ id }) => id !== "sess_7")))
      const failing = collect(elnudge.details({ ...window, onUnavailable: "fail" }))
      const error = yield* Effect.promise(() => PromiseFace.outcome(failing))
      assert.instanceOf(error, ElnudgeError.SessionUnavailable)
      assert.strictEqual(error.sessionId, "sess_7")
    }),
  )

  it.effect("throws what a function of the caller throws as it is", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(script)
      const mine = new TypeError("mine")
      const pick = () => {
        throw mine
      }
      const error = yield* Effect.promise(() => PromiseFace.outcome(collect(elnudge.details({ ...window, pick }))))
      assert.strictEqual(error, mine)
      assert.isFalse(Elnudge.isError(error))
    }),
  )
})

describe("getSession", () => {
  it.effect("gives the session", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(() => FakeApi.json({ data: FakeApi.exampleDetail }))
      assert.deepStrictEqual(yield* Effect.promise(() => elnudge.getSession("sess_example")), FakeApi.exampleDetail)
    }),
  )

  it.effect("tells a session that the plan does not keep from one that is not there", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(() => ({ status: 404 }), undefined, { retentionDays: 30 })
      const reason = (startedAt?: string) =>
        Effect.map(
          Effect.promise(() => PromiseFace.outcome(elnudge.getSession("sess_1", { startedAt }))),
          (error) => (error instanceof ElnudgeError.SessionUnavailable ? error.reason : error),
        )
      // The test's clock stands at the beginning of 1970.
      assert.strictEqual(yield* reason("1969-11-01T00:00:00Z"), "past_retention")
      assert.strictEqual(yield* reason("1969-12-31T00:00:00Z"), "not_found")
      assert.strictEqual(yield* reason(), "not_found")
    }),
  )
})

const failures: ReadonlyArray<readonly [ElnudgeError.ElnudgeError["_tag"], FakeApi.Answer]> = [
  ["RequestRefused", { status: 400 }],
  ["Unauthorized", { status: 401 }],
  ["TransportFailure", { failure: "ECONNRESET" }],
  ["TransportFailure", "hang"],
  ["TlsFailure", { failure: "CERT_HAS_EXPIRED" }],
  ["ProxyFailure", { status: 407 }],
  ["ServerUnavailable", { status: 500 }],
  ["RateLimited", { status: 429, headers: { "retry-after": "86400" } }],
  ["ResponseInvalid", FakeApi.json({ data: 5 })],
]

describe("What is thrown", () => {
  it.effect.each(failures)("is %s itself, by a walk and by a session (%j)", ([tag, answer]) =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(() => answer, RequestLimiter.layerFresh)
      const asked = Promise.all(
        [collect(elnudge.sessions(window)), elnudge.getSession("sess_1")].map(PromiseFace.outcome),
      )
      const [list, detail] = yield* VirtualTime.run(
        Effect.promise(() => asked),
        5_000,
      )
      for (const error of [list, detail]) {
        assert.instanceOf(error, Error)
        assert.isTrue(Elnudge.isError(error))
        if (!Elnudge.isError(error)) continue
        assert.strictEqual(error._tag, tag)
        assert.isNotEmpty(error.message)
        assert.isNotEmpty(error.advice)
      }
    }),
  )

  it.effect("names the page: the window, the cursor and the rows before it", () =>
    Effect.gen(function* () {
      const { elnudge } = yield* PromiseFace.make(
        FakeList.script(rows(450), (_, index) => (index === 2 ? { status: 403 } : undefined)),
      )
      const error = yield* Effect.promise(() => PromiseFace.outcome(collect(elnudge.sessions(window))))
      assert.instanceOf(error, ElnudgeError.Unauthorized)
      assert.deepInclude(error.request, { from: "2026-10-01T00:00:00Z", cursor: "sess_399", rowsEmitted: 400 })
    }),
  )
})
