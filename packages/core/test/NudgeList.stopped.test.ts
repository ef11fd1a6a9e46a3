import { Coverage, type ElnudgeError, type SessionRead, SessionStream, WalkPosition } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as FakeNudges from "./FakeNudges.ts"
import * as NudgedWalk from "./NudgedWalk.ts"
import * as VirtualTime from "./VirtualTime.ts"

const { isOfNudges, nudge, shopOf } = FakeNudges
const { byId, from, isBuyer, isNudged, later, read, tags, to } = NudgedWalk

describe("SessionStream.nudges", () => {
  describe("fails", () => {
    /** The nudges' second page. */
    const secondPage = (answer: FakeApi.Answer) => {
      let pages = 0
      return (request: FakeApi.SeenRequest) => (isOfNudges(request) && ++pages >= 2 ? answer : undefined)
    }

    it.effect("with NudgesUnavailable where there is no such list, before it reads a detail", () =>
      Effect.gen(function* () {
        const script = FakeNudges.script(shopOf(40), (request) => (isOfNudges(request) ? { status: 404 } : undefined))
        const { details, failure, reads } = yield* read(script, { needsEvents: isBuyer })
        assert.strictEqual(failure?._tag, "NudgesUnavailable")
        assert.include(failure?.advice, "from the sessions' details instead")
        assert.deepStrictEqual([reads, details], [[], []])
      }),
    )

    const faults: ReadonlyArray<readonly [string, FakeApi.Answer, ElnudgeError.ElnudgeError["_tag"]]> = [
      ["a 401", { status: 401 }, "Unauthorized"],
      ["a 403", { status: 403 }, "Unauthorized"],
      ["a 500 that lasts", { status: 500 }, "ServerUnavailable"],
      ["a reset that lasts", { failure: "ECONNRESET" }, "TransportFailure"],
      ["no JSON", { status: 200, body: "<html>" }, "ResponseInvalid"],
      ["a nudge that is none", FakeApi.page([{ id: "n", session_id: "s" }]), "ResponseInvalid"],
      ["no cursor to go on with", FakeApi.json({ data: [nudge(9)], has_more: true }), "ResponseInvalid"],
    ]
    it.effect.each(faults)("on %s after some pages, and what came before is emitted", ([, answer, tag]) =>
      Effect.gen(function* () {
        const shop = shopOf(400)
        const whole = yield* read(FakeNudges.script(shop), { pageSize: 20 })
        const { failure, reads } = yield* read(FakeNudges.script(shop, secondPage(answer)), {
          pageSize: 20,
          needsEvents: isBuyer,
        })
        assert.strictEqual(failure?._tag, tag)
        const request = failure !== undefined && "request" in failure ? failure.request : undefined
        assert.strictEqual(request?._tag, "ListNudges")
        // The first 200 nudges are those of 133 sessions: six pages of them are whole.
        assert.lengthOf(reads, 120)
        assert.deepStrictEqual(byId(reads), byId(whole.reads).slice(0, 120))
      }),
    )

    it.effect("nowhere else: a fault that passes is retried, and a cursor that dies is gone around by time", () =>
      Effect.gen(function* () {
        const shop = shopOf(600)
        const whole = yield* read(FakeNudges.script(shop))
        let pages = 0
        const flaky = FakeNudges.script(shop, (request) => {
          if (!isOfNudges(request)) return undefined
          pages++
          if (pages === 2 || pages === 5) return { status: 503 }
          return request.url.searchParams.has("cursor") && pages % 2 === 0 ? { status: 410 } : undefined
        })
        const { coverage, failure, reads } = yield* read(flaky)
        assert.isUndefined(failure)
        assert.deepStrictEqual(byId(reads), byId(whole.reads))
        assert.deepInclude(coverage, { details: 0, nudges_differ: 0, retries: 2 })
        assert.isAbove(coverage.cursor_reentries, 0)
      }),
    )

    it.effect("where the cursors die and time leads nowhere", () =>
      Effect.gen(function* () {
        const shop: FakeNudges.Shop = {
          rows: [FakeApi.row(0, { nudge_count: 300 })],
          nudges: Array.from({ length: 300 }, (_, nth) =>
            nudge(0, { id: `nudg_${nth}`, shown_at: "2026-10-15T12:01:00Z" }),
          ),
        }
        const script = FakeNudges.script(shop, (request) =>
          isOfNudges(request) && request.url.searchParams.has("cursor") ? { status: 410 } : undefined,
        )
        const { failure } = yield* read(script)
        assert.strictEqual(failure?._tag, "CursorRejected")
        assert.include(failure?.message, "what was shown before 2026-10-15T12:01:01Z brought nothing new")
      }),
    )
  })

  it.effect.each([1, 5, 20, 77, 199])("goes on where it stopped after %i sessions, to the same coverage", (count) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(later)
      const shop = shopOf(200)
      // Some that the list of nudges has not whole, on both sides of every stop.
      const listed = shop.nudges.filter((_, index) => index % 29 !== 3)
      const script = FakeNudges.script({ ...shop, listed })
      const options = { pageSize: 10, needsEvents: isBuyer }
      const whole = yield* read(script, options)
      const recorder = yield* Coverage.make
      const taken: Array<SessionRead.SessionRead> = []
      const part = (tracker: WalkPosition.Tracker, most: number) =>
        VirtualTime.run(
          SessionStream.nudges({ from, to, pick: isNudged, ...options, tracker }).pipe(
            Stream.take(most),
            Stream.runForEach((each) =>
              Effect.sync(() => {
                taken.push(each)
                tracker.done(each)
              }),
            ),
            Effect.provideService(Coverage.Current, recorder),
            Effect.provide(FakeApi.make(script, { requestsPerMinute: 1_000_000 }).layer),
          ),
        )
      const first = new WalkPosition.Tracker(recorder)
      yield* part(first, count)
      const second = new WalkPosition.Tracker(recorder, first.position())
      yield* part(second, Infinity)
      assert.deepStrictEqual(byId(taken), byId(whole.reads))
      assert.deepStrictEqual(tags(taken), tags(whole.reads))
      const { details, nudges_differ, nudges_from_list, sessions, unknown_values } = whole.coverage
      assert.isAbove(nudges_differ, 5)
      assert.deepInclude(recorder.snapshot(), { details, nudges_differ, nudges_from_list, sessions, unknown_values })
    }),
  )

  it.effect("stops asking when it is interrupted, also while it waits for nudges", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(later)
      const { givenUp, layer, seen } = FakeApi.make(
        FakeNudges.script(shopOf(100), (request) => (isOfNudges(request) ? "hang" : undefined)),
        { attemptTimeout: "1 hour" },
      )
      const fiber = yield* SessionStream.nudges({ from, to, pageSize: 10, pick: isNudged }).pipe(
        Stream.runDrain,
        Effect.provide(layer),
        Effect.forkChild,
      )
      yield* VirtualTime.run(Effect.sleep("1 minute"), 1_000)
      const before = seen.length
      yield* Fiber.interrupt(fiber)
      assert.isTrue(givenUp.some(isOfNudges))
      yield* VirtualTime.run(Effect.sleep("2 hours"), 600_000)
      assert.lengthOf(seen, before)
    }),
  )
})
