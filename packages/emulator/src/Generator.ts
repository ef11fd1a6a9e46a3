/** Sessions that look like a shop's, from a seed: the same seed gives the same sessions. */
import type * as Session from "@effect-elnudge/core/Session"
import { nudgeTypes } from "@effect-elnudge/core/Session"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

export interface Options {
  /** @default 2000 */
  readonly count?: number | undefined
  /** @default "elnudge" */
  readonly seed?: string | undefined
  /** Sessions start in the `days` before this instant. */
  readonly end: DateTime.DateTime
  /** @default 30 */
  readonly days?: number | undefined
}

const secondMillis = 1000
const minuteMillis = 60 * secondMillis
const types = [...nudgeTypes]

const format = (epochMillis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(Math.floor(epochMillis / secondMillis) * secondMillis)).replace(".000Z", "Z")

const makeSession = (random: (below: number) => number, index: number, startedAt: number): Session.Detail => {
  // Most visitors never show intent; the square keeps the scores low with a long tail.
  const intent_score = Math.floor(101 * random(1) ** 2.5)
  const page_count = 1 + Math.floor(random(1 + intent_score / 6))
  const converted = random(1) < 0.01 + 0.4 * (intent_score / 100) ** 2
  const durationMillis = page_count * (20 * secondMillis + random(2 * minuteMillis))
  const endedAt = startedAt + durationMillis
  const purchasedAt = startedAt + durationMillis * (0.6 + random(0.4))
  const events: Array<Session.Event> = Array.from({ length: page_count }, (_, page) => ({
    type: "PAGE_VIEW",
    url: `/products/${1 + Math.floor(random(400))}`,
    occurred_at: format(startedAt + (durationMillis * page) / page_count),
  }))
  const filledCart = converted || random(1) < 0.3 * (intent_score / 100)
  if (filledCart) {
    events.push({ type: "ADD_TO_CART", url: "/cart", occurred_at: format(startedAt + durationMillis * 0.5) })
  }
  if (converted) events.push({ type: "PURCHASE", url: "/checkout/done", occurred_at: format(purchasedAt) })
  // Nudges depend on intent, as the vendor's triggers do; that is why a crude comparison misleads.
  const nudge_count = random(1) < 0.2 + 0.4 * (intent_score / 100) ? 1 + Math.floor(random(2.3)) : 0
  const drafts = Array.from({ length: nudge_count }, (_, nudge) => {
    const draw = random(1)
    return {
      nudge_id: `nudg_${index}_${nudge + 1}`,
      type: types[Math.floor(random(types.length))] ?? "toast",
      shownAt: startedAt + random(durationMillis),
      outcome: draw < 0.5 ? "shown" : draw < 0.7 ? "clicked" : draw < 0.9 ? "dismissed" : "chat_opened",
    }
  })
  const last = drafts
    .filter(({ outcome, shownAt }) => converted && outcome !== "shown" && shownAt <= purchasedAt)
    .sort((a, b) => b.shownAt - a.shownAt)[0]
  return {
    id: `sess_${String(index).padStart(7, "0")}`,
    started_at: format(startedAt),
    ended_at: format(endedAt),
    page_count,
    intent_score,
    converted,
    nudge_count,
    events,
    nudges: drafts.map((draft) => ({
      nudge_id: draft.nudge_id,
      type: draft.type,
      shown_at: format(draft.shownAt),
      outcome: draft.outcome,
      influenced_conversion: last !== undefined && draft === last && purchasedAt - draft.shownAt <= 30 * minuteMillis,
    })),
  }
}

/** Simulated sessions; nothing in them is real, and their nudges have no effect on purchases. */
export const make = Effect.fn("Generator.make")(
  function* (options: Options) {
    const { count = 2000, days = 30 } = options
    const generator = yield* Random.Random
    const random = (below: number) => generator.nextDoubleUnsafe() * below
    const end = DateTime.toEpochMillis(options.end)
    return Array.from({ length: count }, (_, index) =>
      makeSession(
        random,
        index + 1,
        end - 60 * minuteMillis - random(days * 24 * 60 * minuteMillis - 60 * minuteMillis),
      ),
    )
  },
  (effect, options) => Random.withSeed(effect, options.seed ?? "elnudge"),
)
