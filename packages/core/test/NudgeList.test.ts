import { Session } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as FakeApi from "./FakeApi.ts"
import * as FakeNudges from "./FakeNudges.ts"
import * as NudgedWalk from "./NudgedWalk.ts"

const { isOfNudges, nudge, shopOf } = FakeNudges
const { byId, isBuyer, nudgesOf, read, tags } = NudgedWalk

const noon = Date.UTC(2026, 9, 15, 12)
const instant = (epochMillis: number) => new Date(epochMillis).toISOString()
const minute = 60_000
const hour = 60 * minute

describe("SessionStream.nudges", () => {
  it.effect("gives each session the nudges that its detail has, in the list's order, some 200 with a request", () =>
    Effect.gen(function* () {
      const shop = shopOf(400)
      const details = yield* read(FakeNudges.script(shop), { byDetails: true, pageSize: 50 })
      const list = yield* read(FakeNudges.script(shop), { pageSize: 50 })
      assert.deepStrictEqual(byId(list.reads), byId(details.reads))
      assert.lengthOf(list.reads, 400)
      assert.deepStrictEqual([details.details.length, list.details], [300, []])
      assert.lengthOf(list.ofNudges, 3)
      assert.deepInclude(list.coverage, {
        requests: 11,
        list_requests: 8,
        nudge_requests: 3,
        sessions: 400,
        details: 0,
        nudges_from_list: 300,
        nudges_differ: 0,
        pages: 8,
        duplicates: 0,
      })
    }),
  )

  const Drawn = Schema.Array(
    Schema.Struct({
      minutesEarlier: Schema.Literals([0, 0, 1, 9, 50, 150]),
      /** When its nudges are shown, in minutes after its start. */
      shownAfter: Schema.Array(Schema.Literals([-200, -1, 0, 0, 3, 20, 119, 121, 500])).check(Schema.isMaxLength(3)),
      /** How many of them the list of nudges has not. */
      unlisted: Schema.Literals([0, 0, 0, 1]),
      /** By how much `nudge_count` is off. */
      miscounted: Schema.Literals([0, 0, 0, 1]),
      isPicked: Schema.Literals([true, true, false]),
      needsEvents: Schema.Literals([false, false, true]),
    }),
  ).check(Schema.isMaxLength(40))

  const Walk = Schema.Struct({
    pageSize: Schema.Literals([1, 3, 10, 200]),
    listConcurrency: Schema.Literals([1, 4]),
    /** Minutes after the newest session's start. */
    now: Schema.Literals([0, 60, 600]),
  })

  it.effect.prop(
    "gives the same nudges as the details, whenever they are shown",
    { drawn: Drawn, walk: Walk },
    (given) =>
      Effect.gen(function* () {
        const { drawn, walk } = given
        let startedAt = noon
        const listed: Array<FakeNudges.Nudge> = []
        const sessions = drawn.map((session, index) => {
          startedAt -= session.minutesEarlier * minute
          const id = `sess_${String(index).padStart(2, "0")}`
          const own = session.shownAfter.map((after, nth) =>
            nudge(0, { id: `${id}/${nth}`, session_id: id, shown_at: instant(startedAt + after * minute) }),
          )
          listed.push(...own.slice(session.unlisted))
          const nudge_count = own.length + session.miscounted
          return { ...session, own, row: FakeApi.row(0, { id, started_at: instant(startedAt), nudge_count }) }
        })
        const of = ({ id }: Session.Summary) => sessions.find(({ row }) => row.id === id)
        const shop = { rows: sessions.map(({ row }) => row), nudges: sessions.flatMap(({ own }) => own), listed }
        const options = {
          pick: (session: Session.Summary) => of(session)?.isPicked === true,
          pageSize: walk.pageSize,
          listConcurrency: walk.listConcurrency,
          to: DateTime.makeUnsafe(noon + 1),
          now: noon + walk.now * minute,
        }
        const details = yield* read(FakeNudges.script(shop), { ...options, byDetails: true })
        const list = yield* read(FakeNudges.script(shop), {
          ...options,
          needsEvents: (session) => of(session)?.needsEvents === true,
        })
        assert.isUndefined(list.failure)
        assert.deepStrictEqual(byId(list.reads), byId(details.reads))
        const asked = new Set(list.details)
        for (const { isPicked, miscounted, needsEvents, own, row, unlisted } of sessions) {
          if (needsEvents && isPicked) assert.isTrue(asked.has(row.id), "an event that nobody read")
          const isDifferent = miscounted + Math.min(unlisted, own.length) > 0
          if (isDifferent && isPicked) assert.isTrue(asked.has(row.id), "nudges that do not add up")
          if (!isPicked) assert.isFalse(asked.has(row.id), "a detail for nothing")
        }
        assert.strictEqual(list.coverage.details + list.coverage.nudges_from_list, details.coverage.details)
        const differing = list.reads.filter(({ nudgesDiffer }) => nudgesDiffer === true).length
        assert.strictEqual(list.coverage.nudges_differ, differing)
      }),
  )

  it.effect("reads details only where events are needed, and says how many the list had not whole", () =>
    Effect.gen(function* () {
      const shop = shopOf(40)
      const isListed = ({ session_id }: FakeNudges.Nudge) => session_id !== "sess_1" && session_id !== "sess_7"
      const script = FakeNudges.script({ ...shop, listed: shop.nudges.filter(isListed) })
      const { coverage, details, reads } = yield* read(script, { needsEvents: isBuyer })
      assert.deepStrictEqual(details, ["sess_1", "sess_7", "sess_15", "sess_23", "sess_31", "sess_39"])
      // Of a buyer the detail is read anyway.
      assert.deepInclude(coverage, { details: 6, nudges_from_list: 24, nudges_differ: 1 })
      assert.deepInclude(tags(reads), { sess_0: "NotNeeded", sess_1: "Read", sess_2: "Nudges", sess_7: "Read" })
    }),
  )

  describe("asks for no nudges", () => {
    it.effect("where no session is picked, or all that are need their events", () =>
      Effect.gen(function* () {
        const script = FakeNudges.script(shopOf(100))
        for (const options of [{ pick: () => false }, { pick: isBuyer, needsEvents: isBuyer }]) {
          const { failure, ofNudges, reads } = yield* read(script, { ...options, pageSize: 30 })
          assert.isUndefined(failure)
          assert.lengthOf(reads, 100)
          assert.lengthOf(ofNudges, 0)
        }
      }),
    )

    it.effect("that were shown long after the first session that needs them", () =>
      Effect.gen(function* () {
        const { details, ofNudges, reads } = yield* read(FakeNudges.script(shopOf(100)), {
          pick: ({ id }) => id === "sess_35",
          pageSize: 10,
        })
        // The newest session of the page starts at seven: two hours later, and a whole second.
        assert.strictEqual(ofNudges[0]?.url.searchParams.get("to"), "2026-10-15T09:00:01Z")
        assert.deepStrictEqual([tags(reads)["sess_35"], details], ["Nudges", []])
      }),
    )
  })

  describe("at the edges of the window", () => {
    const alone = (shownAt: number, overrides: Readonly<Record<string, unknown>> = {}): FakeNudges.Shop => ({
      rows: [FakeApi.row(0, { nudge_count: 1, ...overrides })],
      nudges: [nudge(0, { shown_at: instant(shownAt) })],
    })
    const start = noon
    const until = DateTime.makeUnsafe(noon + 10 * minute)

    const cases: ReadonlyArray<readonly [string, number, "Nudges" | "Read"]> = [
      ["after the window's end", start + 30 * minute, "Nudges"],
      ["with its session", start, "Nudges"],
      ["less than two hours after its session's start", start + 2 * hour, "Nudges"],
      ["more than two hours after its session's start", start + 2 * hour + 1, "Read"],
      ["before its session", start - 1, "Read"],
    ]
    it.effect.each(cases)("has a nudge that is shown %s", ([, shownAt, tag]) =>
      Effect.gen(function* () {
        const { coverage, reads } = yield* read(FakeNudges.script(alone(shownAt)), {
          to: until,
          from: DateTime.makeUnsafe(start),
        })
        assert.deepStrictEqual(tags(reads), { sess_0: tag })
        assert.strictEqual(reads[0] === undefined ? undefined : nudgesOf(reads[0])?.[0]?.nudge_id, "nudg_0")
        assert.strictEqual(coverage.nudges_differ, tag === "Read" ? 1 : 0)
      }),
    )

    it.effect("misses none of an instant that is both a session's start and the end of a page of nudges", () =>
      Effect.gen(function* () {
        const shop = alone(start)
        const others = Array.from({ length: 200 }, (_, index) =>
          nudge(0, { id: `a_${index}`, session_id: "other", shown_at: instant(start) }),
        )
        const { ofNudges, reads } = yield* read(FakeNudges.script({ ...shop, nudges: [...others, ...shop.nudges] }))
        assert.lengthOf(ofNudges, 2)
        assert.deepStrictEqual(tags(reads), { sess_0: "Nudges" })
      }),
    )

    it.effect("asks for none of before the window or after now, and leaves those of other sessions alone", () =>
      Effect.gen(function* () {
        const shop = alone(start + minute)
        const others = [start - minute, start, start + minute, start + 5 * minute].map((shownAt, index) =>
          nudge(0, { id: `other_${index}`, session_id: `other_${index}`, shown_at: instant(shownAt) }),
        )
        const script = FakeNudges.script({ ...shop, nudges: [...others, ...shop.nudges] })
        const { ofNudges, reads } = yield* read(script, {
          from: DateTime.makeUnsafe(start),
          to: until,
          now: start + 15 * minute,
        })
        const query = Object.fromEntries(ofNudges[0]?.url.searchParams ?? [])
        assert.strictEqual(query["from"], "2026-10-15T12:00:00Z")
        assert.match(query["to"] ?? "", /^2026-10-15T12:15:00/)
        assert.deepStrictEqual(reads.map(nudgesOf), [shop.nudges.map(FakeNudges.inDetail)])
      }),
    )

    it.effect("takes the nudges of a session that is still open as they are, if they are as many as it says", () =>
      Effect.gen(function* () {
        const now = start + 5 * minute
        const [open, grown] = [alone(start + minute, { ended_at: null }), alone(start + minute, { ended_at: null })]
        const second = nudge(0, { id: "nudg_new", shown_at: instant(start + 2 * minute) })
        const asItSays = yield* read(FakeNudges.script(open), { to: until, now })
        const sinceListed = yield* read(FakeNudges.script({ ...grown, nudges: [...grown.nudges, second] }), {
          to: until,
          now,
        })
        assert.deepStrictEqual(
          [tags(asItSays.reads), tags(sinceListed.reads)],
          [{ sess_0: "Nudges" }, { sess_0: "Read" }],
        )
        assert.strictEqual(asItSays.coverage.unsettled, 1)
        assert.deepInclude(sinceListed.coverage, { nudges_differ: 1, details: 1 })
      }),
    )
  })

  // Those that were shown first are last in the list: then come so many of sessions that nobody lists.
  it.effect.each([
    [99_999, "Nudges", 0],
    [100_000, "Read", 1],
  ] as const)(
    "holds 100,000 nudges whose sessions do not come: of %i others, the session is %s",
    ([others, tag, count]) =>
      Effect.gen(function* () {
        const own = nudge(0, { shown_at: instant(noon + hour) })
        const listed = Array.from({ length: others }, (_, index) =>
          nudge(0, {
            id: `other_${index}`,
            session_id: `other_${index}`,
            shown_at: instant(noon + 30 * minute - index),
          }),
        )
        const rows = [FakeApi.row(0, { nudge_count: 1 })]
        const script = FakeNudges.script({ rows, nudges: [own], listed: [own, ...listed] })
        const { coverage, ofNudges, reads } = yield* read(script)
        assert.lengthOf(ofNudges, Math.ceil((others + 1) / 200))
        assert.deepStrictEqual(tags(reads), { sess_0: tag })
        assert.strictEqual(coverage.nudges_differ, count)
      }),
  )

  it.effect("counts unknown types, outcomes and fields of nudges as their details would", () =>
    Effect.gen(function* () {
      const { rows } = shopOf(4)
      const odd = [
        nudge(0, { id: "a", session_id: "sess_1", shown_at: rows[1]?.started_at, type: "hologram" }),
        nudge(0, { id: "b", session_id: "sess_2", shown_at: rows[2]?.started_at, outcome: "waved_at" }),
        nudge(0, { id: "c", session_id: "sess_2", shown_at: rows[2]?.started_at, color: "red" }),
      ]
      const shop = { rows: rows.slice(0, 3), nudges: odd }
      const [details, list] = [
        yield* read(FakeNudges.script(shop), { byDetails: true }),
        yield* read(FakeNudges.script(shop)),
      ]
      assert.deepStrictEqual(list.coverage.unknown_values, {
        "nudge_field:color": 1,
        "nudge_type:hologram": 1,
        "outcome:waved_at": 1,
      })
      assert.deepStrictEqual(list.coverage.unknown_values, details.coverage.unknown_values)
      assert.deepStrictEqual(byId(list.reads), byId(details.reads))
    }),
  )

  it.effect("drops a nudge that is listed twice", () =>
    Effect.gen(function* () {
      const shop = shopOf(8)
      const listed = FakeNudges.script(shop)
      const script: FakeApi.Script = (request, index) =>
        isOfNudges(request) ? FakeApi.page([...shop.nudges.slice(0, 1), ...shop.nudges]) : listed(request, index)
      const { coverage, reads } = yield* read(script)
      assert.deepStrictEqual(byId(reads), byId((yield* read(listed)).reads))
      assert.deepInclude(coverage, { details: 0, nudges_differ: 0 })
    }),
  )

  it.effect("joins a list that is read in several parts at the same time", () =>
    Effect.gen(function* () {
      const script = FakeNudges.script(shopOf(800))
      const one = yield* read(script, { pageSize: 10, needsEvents: isBuyer })
      const eight = yield* read(script, { pageSize: 10, needsEvents: isBuyer, listConcurrency: 8 })
      assert.deepStrictEqual(byId(eight.reads), byId(one.reads))
      assert.deepStrictEqual(eight.details, one.details)
      assert.strictEqual(eight.coverage.nudge_requests, one.coverage.nudge_requests)
    }),
  )
})
