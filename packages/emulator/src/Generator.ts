/** Sessions that look like a shop's, from a seed: the same options give the same sessions. Nothing in them is real. */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"
import * as Session from "@effect-elnudge/core/Session"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Stream from "effect/Stream"
import * as Rhythm from "./Rhythm.ts"
import * as Visit from "./Visit.ts"

export interface Options {
  /** @default 2000 */
  readonly count?: number | undefined
  /** @default "elnudge" */
  readonly seed?: string | undefined
  /** Sessions start in the `days` before this instant and, without `until`, have ended by then. */
  readonly end: DateTime.DateTime
  /** At least 1. @default 30 */
  readonly days?: number | undefined
  /**
   * Sessions start up to this instant instead, and end when they end: at `end` some are still open, and those after it
   * have yet to arrive.
   */
  readonly until?: DateTime.DateTime | undefined
  /**
   * How much likelier a purchase is in a session in which the visitor interacted with a nudge, as a share of what it
   * is without: 0.2 is 20 % more. Nothing else about the sessions depends on it. @default 0
   */
  readonly nudgeEffect?: number | undefined
  /** The number in the first session's id. @default 1 */
  readonly firstNumber?: number | undefined
}

/** The probability of a purchase without the effect of a nudge. It depends on intent and on nothing else. */
export const baseConversion = (intentScore: number): number => 0.004 + 0.25 * (intentScore / 100) ** 2

const influenceSeconds = 30 * 60
const secondsInDay = 86_400

const format = (second: number): string => Session.instant(second * 1000)

interface DatedNudge extends Visit.ShownNudge {
  readonly id: string
  readonly shownAt: number
}

/** The nudge that the vendor's rule credits with the purchase, if any. */
const influencer = (nudges: ReadonlyArray<DatedNudge>, purchasedAt: number): DatedNudge | undefined => {
  let last: DatedNudge | undefined
  for (const nudge of nudges) {
    if (!Visit.isInteraction(nudge) || nudge.shownAt > purchasedAt) continue
    const isLater =
      last === undefined || nudge.shownAt > last.shownAt || (nudge.shownAt === last.shownAt && nudge.id > last.id)
    if (isLater) last = nudge
  }
  return last !== undefined && purchasedAt - last.shownAt <= influenceSeconds ? last : undefined
}

const writeSession = (number: number, startedAt: number, visit: Visit.Visit, converted: boolean): Session.Detail => {
  const { cartAt, checkout, decidesAt, intentScore, stay, views, wantsCart } = visit
  const instant = (at: number): number => startedAt + at + (converted && at > decidesAt ? checkout : 0)
  const purchasedAt = startedAt + decidesAt + checkout
  const events: Array<Session.Event> = views.map(({ at, url }) => ({
    type: "PAGE_VIEW",
    url,
    occurred_at: format(instant(at)),
  }))
  if (wantsCart || converted) {
    events.push({ type: "ADD_TO_CART", url: "/cart", occurred_at: format(instant(cartAt)) })
  }
  if (converted) {
    events.push(
      { type: "PAGE_VIEW", url: "/checkout", occurred_at: format(startedAt + decidesAt) },
      { type: "PURCHASE", url: "/checkout/done", occurred_at: format(purchasedAt) },
    )
  }
  const nudges = visit.nudges.map((nudge, index): DatedNudge => ({
    ...nudge,
    id: `nudg_${number}_${index + 1}`,
    shownAt: instant(nudge.at),
  }))
  const influenced = converted ? influencer(nudges, purchasedAt) : undefined
  return {
    id: `sess_${String(number).padStart(7, "0")}`,
    started_at: format(startedAt),
    ended_at: format(startedAt + stay + (converted ? checkout : 0)),
    page_count: new Set(views.map(({ url }) => url)).size + (converted ? 1 : 0),
    intent_score: intentScore,
    converted,
    nudge_count: nudges.length,
    // One form for all instants, so that they sort as text.
    events: events.sort((a, b) => (a.occurred_at < b.occurred_at ? -1 : a.occurred_at > b.occurred_at ? 1 : 0)),
    nudges: nudges.map((nudge) => ({
      nudge_id: nudge.id,
      type: nudge.type,
      shown_at: format(nudge.shownAt),
      outcome: nudge.outcome,
      influenced_conversion: nudge === influenced,
    })),
  }
}

function* sessions(random: () => number, options: Options): Generator<Session.Detail, void, undefined> {
  const { count = 2000, days = 30, firstNumber = 1, nudgeEffect = 0 } = options
  const end = DateTime.toEpochMillis(options.end) / 1000
  const from = Math.ceil(end - days * secondsInDay)
  for (let index = 0; index < count; index++) {
    const visit = Visit.draw(random)
    const effect = visit.nudges.some(Visit.isInteraction) ? 1 + nudgeEffect : 1
    const converted = random() < baseConversion(visit.intentScore) * effect
    // The longest that it can last, bought or not: so the same draws follow, whatever the effect.
    const lastStart = Math.floor(end) - visit.stay - visit.checkout
    const before = options.until === undefined ? lastStart + 1 : Math.ceil(DateTime.toEpochMillis(options.until) / 1000)
    yield writeSession(firstNumber + index, Rhythm.draw(random, from, before), visit, converted)
  }
}

const checks: OptionCheck.Checks<Options> = {
  count: OptionCheck.number,
  seed: OptionCheck.text,
  end: OptionCheck.required(OptionCheck.dateTime),
  days: OptionCheck.number,
  until: OptionCheck.dateTime,
  nudgeEffect: OptionCheck.number,
  firstNumber: OptionCheck.number,
}

const seeded = Effect.fnUntraced(function* (options: Options) {
  yield* Effect.orDie(OptionCheck.check(checks, options))
  return yield* Effect.map(Random.Random, (random) => sessions(() => random.nextDoubleUnsafe(), options)).pipe(
    Random.withSeed(options.seed ?? "elnudge"),
  )
})

/** The sessions, in no order of time. What is no option is a defect. */
export const make = Effect.fn("Generator.make")(function* (options: Options) {
  return Array.from(yield* seeded(options))
})

/** The sessions of {@link make} one after the other, however many, in bounded memory. */
export const stream = (options: Options): Stream.Stream<Session.Detail> =>
  Stream.unwrap(Effect.map(seeded(options), (iterable) => Stream.fromIterable(iterable, { chunkSize: 256 })))
