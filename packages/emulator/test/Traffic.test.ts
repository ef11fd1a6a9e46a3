import * as Session from "@effect-elnudge/core/Session"
import { Generator } from "@effect-elnudge/emulator"
import { describe, expect, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

// Four whole weeks, so that every day of the week is there as often.
const end = DateTime.makeUnsafe("2026-10-29T00:00:00Z")
const endMillis = DateTime.toEpochMillis(end)
const days = 28
const day = 86_400_000

const many = Generator.make({ end, days, count: 20_000, seed: "traffic" })

const isInteracted = ({ nudges }: Session.Detail) => nudges.some(({ outcome }) => outcome !== "shown")

const share = <A>(all: ReadonlyArray<A>, is: (one: A) => boolean) => all.filter(is).length / all.length

/** How many buy, how many are expected to at the given effect, and the standard deviation of that. */
const purchases = (sessions: ReadonlyArray<Session.Detail>, effect: number) => {
  const chances = sessions.map(({ intent_score }) => Generator.baseConversion(intent_score) * (1 + effect))
  return {
    observed: sessions.filter(({ converted }) => converted).length,
    expected: chances.reduce((sum, chance) => sum + chance, 0),
    deviation: Math.sqrt(chances.reduce((sum, chance) => sum + chance * (1 - chance), 0)),
  }
}

/** The vendor's rule, from the text of the session alone. */
const flaggedBy = (session: Session.Detail): ReadonlyArray<string> => {
  const purchase = session.events.find(({ type }) => type === "PURCHASE")
  if (!session.converted || purchase === undefined) return []
  const bought = Date.parse(purchase.occurred_at)
  const candidates = session.nudges
    .filter(({ outcome }) => ["clicked", "dismissed", "chat_opened"].includes(outcome))
    .filter(({ shown_at }) => Date.parse(shown_at) <= bought)
    .toSorted((a, b) => Date.parse(b.shown_at) - Date.parse(a.shown_at) || (a.nudge_id < b.nudge_id ? 1 : -1))
  return candidates
    .slice(0, 1)
    .filter(({ shown_at }) => bought - Date.parse(shown_at) <= 1_800_000)
    .map(({ nudge_id }) => nudge_id)
}

describe("the rhythm", () => {
  it.effect("has quiet nights and an evening peak, in UTC", () =>
    Effect.gen(function* () {
      const byHour = Array.from({ length: 24 }, () => 0)
      for (const { started_at } of yield* many) {
        const hour = new Date(started_at).getUTCHours()
        byHour[hour] = (byHour[hour] ?? 0) + 1
      }
      const hours = (from: number, to: number) => byHour.slice(from, to).reduce((sum, count) => sum + count, 0)
      expect(hours(1, 6) * 5).toBeLessThan(hours(18, 23))
      expect(Math.max(...byHour.slice(0, 18))).toBeLessThan(Math.max(...byHour.slice(18, 22)))
    }),
  )

  it.effect("has weekends that are busier and begin later", () =>
    Effect.gen(function* () {
      const sessions = yield* many
      const isWeekend = ({ started_at }: Session.Detail) => [0, 6].includes(new Date(started_at).getUTCDay())
      const isEarly = ({ started_at }: Session.Detail) => [6, 7].includes(new Date(started_at).getUTCHours())
      const weekend = sessions.filter(isWeekend)
      const week = sessions.filter((session) => !isWeekend(session))
      expect(weekend.length / 2).toBeGreaterThan((week.length / 5) * 1.1)
      expect(share(weekend, isEarly)).toBeLessThan(share(week, isEarly) * 0.7)
    }),
  )
})

describe("the visitors", () => {
  it.effect("mostly have little intent, and few have a lot", () =>
    Effect.gen(function* () {
      const sessions = yield* many
      expect(share(sessions, ({ intent_score }) => intent_score < 20)).toBeGreaterThan(0.5)
      const keen = share(sessions, ({ intent_score }) => intent_score >= 80)
      expect(keen).toBeGreaterThan(0.03)
      expect(keen).toBeLessThan(0.1)
    }),
  )

  it.effect("see more nudges the keener they are, and none when they leave at once", () =>
    Effect.gen(function* () {
      const sessions = yield* many
      const isNudged = ({ nudge_count }: Session.Detail) => nudge_count > 0
      const of = (low: number, high: number) =>
        sessions.filter(({ intent_score }) => intent_score >= low && intent_score < high)
      expect(share(of(80, 101), isNudged)).toBeGreaterThan(2 * share(of(0, 40), isNudged))
      const hasty = sessions.filter(
        ({ ended_at, started_at }) => Session.millis(ended_at ?? "open") - Session.millis(started_at) < 15_000,
      )
      expect(hasty.length).toBeGreaterThan(1000)
      expect(hasty.some(isNudged)).toBe(false)
    }),
  )

  it.effect("buy by their intent alone: with or without an interaction as often as the truth says", () =>
    Effect.gen(function* () {
      const sessions = yield* many
      for (const group of [sessions.filter(isInteracted), sessions.filter((session) => !isInteracted(session))]) {
        const { deviation, expected, observed } = purchases(group, 0)
        expect(observed).toBeGreaterThan(50)
        expect(Math.abs(observed - expected)).toBeLessThan(3 * deviation)
      }
    }),
  )
})

describe("the effect of nudges", () => {
  const nudgeEffect = 1
  const moved = Generator.make({ end, days, count: 20_000, seed: "traffic", nudgeEffect })

  it.effect("makes purchases likelier by what was set where a nudge was interacted with, and nowhere else", () =>
    Effect.gen(function* () {
      const sessions = yield* moved
      const interacted = sessions.filter(isInteracted)
      const withEffect = purchases(interacted, nudgeEffect)
      expect(Math.abs(withEffect.observed - withEffect.expected)).toBeLessThan(3 * withEffect.deviation)
      const without = purchases(interacted, 0)
      expect(without.observed - without.expected).toBeGreaterThan(5 * without.deviation)
      const others = purchases(
        sessions.filter((session) => !isInteracted(session)),
        0,
      )
      expect(Math.abs(others.observed - others.expected)).toBeLessThan(3 * others.deviation)
    }),
  )

  it.effect("changes nothing but who buys", () =>
    Effect.gen(function* () {
      const before = yield* many
      const after = yield* moved
      const changed = after.filter((session, index) => session.converted !== before[index]?.converted)
      expect(changed.length).toBeGreaterThan(50)
      expect(changed.every((session) => session.converted && isInteracted(session))).toBe(true)
      expect(after.filter(({ converted }) => !converted)).toEqual(
        before.filter((_, index) => after[index]?.converted === false),
      )
      expect(after.map(({ started_at }) => started_at)).toEqual(before.map(({ started_at }) => started_at))
    }),
  )
})

describe("what is written", () => {
  it.effect("flags exactly the nudge that the vendor's rule credits, by the times as they are written", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end, count: 5000, seed: "rule", nudgeEffect: 10 })
      const flagged = sessions.map(({ nudges }) =>
        nudges.filter(({ influenced_conversion }) => influenced_conversion).map(({ nudge_id }) => nudge_id),
      )
      expect(flagged).toEqual(sessions.map(flaggedBy))
      expect(flagged.flat().length).toBeGreaterThan(200)
      // The rule has something to refuse: credit after more than 30 minutes.
      const tooOld = sessions.filter((session) => session.converted && isInteracted(session) && !flaggedBy(session)[0])
      expect(tooOld.length).toBeGreaterThan(0)
    }),
  )

  it.effect("counts pages and nudges as the detail shows them, in whole seconds", () =>
    Effect.gen(function* () {
      for (const session of (yield* many).slice(0, 2000)) {
        const views = session.events.filter(({ type }) => type === "PAGE_VIEW")
        expect(session.page_count).toBe(new Set(views.map(({ url }) => url)).size)
        expect(session.nudge_count).toBe(session.nudges.length)
        const instants = [session.started_at, session.ended_at, ...session.events.map(({ occurred_at }) => occurred_at)]
        for (const instant of instants) expect(instant).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      }
    }),
  )
})

describe("until", () => {
  const until = DateTime.add(end, { days: 2 })

  it.effect("has sessions that are open at the end, and some that come after it", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end, days, until, count: 20_000 })
      const starts = sessions.map(({ started_at }) => Session.millis(started_at))
      expect(Math.min(...starts)).toBeGreaterThanOrEqual(endMillis - days * day)
      expect(Math.max(...starts)).toBeLessThan(endMillis + 2 * day)
      const arrivals = starts.filter((start) => start >= endMillis).length
      expect(arrivals).toBeGreaterThan(1000)
      const ends = sessions.map(({ ended_at }) => Session.millis(ended_at ?? "open"))
      expect(ends.filter((ended, index) => ended > endMillis && (starts[index] ?? 0) < endMillis)).not.toEqual([])
    }),
  )

  it.effect("at the end has open sessions and nothing after it", () =>
    Effect.gen(function* () {
      const sessions = yield* Generator.make({ end, days: 1, until: end, count: 3000 })
      expect(sessions.every(({ started_at }) => Session.millis(started_at) < endMillis)).toBe(true)
      expect(sessions.some(({ ended_at }) => Session.millis(ended_at ?? "open") > endMillis)).toBe(true)
    }),
  )
})

describe("Generator.stream", () => {
  const options = { end, count: 1000, seed: "stream", nudgeEffect: 0.2 }

  it.effect("gives what make gives, each time that it is run", () =>
    Effect.gen(function* () {
      const made = yield* Generator.make(options)
      const stream = Generator.stream(options)
      expect(yield* Stream.runCollect(stream)).toEqual(made)
      expect(yield* Stream.runCollect(stream)).toEqual(made)
    }),
  )

  it.effect("makes no more than is taken", () =>
    Effect.gen(function* () {
      const endless = Generator.stream({ ...options, count: Number.POSITIVE_INFINITY })
      const made = yield* Generator.make(options)
      expect(yield* Stream.runCollect(Stream.take(endless, 1000))).toEqual(made)
    }),
  )

  it.effect("can go on with the numbers of another", () =>
    Effect.gen(function* () {
      const [first] = yield* Generator.make({ ...options, firstNumber: 1001 })
      expect(first?.id).toBe("sess_0001001")
    }),
  )
})
