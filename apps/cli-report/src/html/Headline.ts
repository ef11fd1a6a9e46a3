/** The first numbers of the page, each with its interval and what it is out of. */
import { type AttributionReport, type LiftReport, Proportion } from "@effect-elnudge/report"
import * as AttributionSection from "./AttributionSection.ts"
import * as Figure from "./Figure.ts"
import * as Findings from "./Findings.ts"
import * as LiftSection from "./LiftSection.ts"
import * as Markup from "./Markup.ts"

interface Tile {
  readonly name: string
  readonly figure: Markup.Child
  readonly range?: Markup.Child | undefined
  readonly of: Markup.Child
}

const tile = ({ figure, name, of, range }: Tile): Markup.Markup =>
  Markup.element(
    "div",
    { class: "tile" },
    Markup.element("dt", {}, name),
    Markup.element("dd", { class: "figure" }, figure),
    range === undefined ? null : Markup.element("dd", { class: "range" }, range),
    Markup.element("dd", { class: "of" }, of),
  )

const rangeText = (range: Markup.Child): Markup.Markup =>
  Markup.join("interval ", Markup.element("span", { class: "keep" }, range))

const share = (name: string, x: number, n: number, interval: Proportion.Interval, of: string, why: string): Tile => {
  const rate = Proportion.rate(x, n)
  return {
    name,
    figure: rate === null ? "–" : Figure.percent(rate),
    range: rate === null ? undefined : rangeText(Figure.rangeOrWhy(interval, Figure.percentRange, "none")),
    of: rate === null ? why : of,
  }
}

/** Conversions of sessions whose details could not be had are in the number, but could not be credited. */
const unexamined = (
  { coverage: { details_unavailable }, ledger }: Findings.Findings,
  nudged: LiftReport.Row | undefined,
  examined: AttributionReport.Row,
): string => {
  const missing = details_unavailable.not_found + details_unavailable.past_retention
  if (missing === 0) return ""
  // The list's count of nudges tells who was nudged, and may be wrong.
  if (nudged === undefined || ledger.nudged_without_nudges + ledger.nudges_without_count > 0) {
    return `, without those of ${Figure.counted(missing, "session")} whose details could not be had`
  }
  const converted = nudged.conversions_1 - examined.converted_sessions
  return `, ${Figure.count(converted)} of them not examined for want of details`
}

const mayBeMore = ({ coverage: { possibly_missing } }: Findings.Findings): string =>
  possibly_missing === 0 ? "" : `; up to ${Figure.counted(possibly_missing, "session")} more may be missing`

/** What is counted, and what can be said in words. */
export const make = (findings: Findings.Findings): Markup.Markup => {
  const { attribution, cohorts, confidence, lift } = findings
  const all = Findings.overall(cohorts.rows)
  const credited = attribution.find(({ total }) => total)
  const exposure = lift.find(
    ({ basis, contrast, estimate }) => contrast === "E" && estimate === "crude" && basis === "all",
  )
  const sessions = all?.sessions ?? 0
  const conversions = all?.conversions ?? 0
  const nudged = exposure?.sessions_1 ?? 0
  const z = Proportion.zOf(confidence)
  const shareOfConversions = (low: number, high: number): string => {
    const [least, most] = [Proportion.rate(low, conversions), Proportion.rate(high, conversions)]
    return least === null || most === null ? "–" : Figure.percentRange(least, most)
  }
  const none = "There is no session."
  const tiles: ReadonlyArray<Tile> = [
    {
      name: "Sessions",
      figure: Figure.count(sessions),
      of: `${Figure.counted(findings.coverage.details, "detail")} read${mayBeMore(findings)}`,
    },
    share(
      "Conversion rate",
      conversions,
      sessions,
      { low: all?.conversion_rate_low ?? null, high: all?.conversion_rate_high ?? null },
      `${Figure.count(conversions)} of ${Figure.counted(sessions, "session")}`,
      none,
    ),
    share(
      "Sessions with a nudge",
      nudged,
      sessions,
      Proportion.wilson(nudged, sessions, z),
      `${Figure.count(nudged)} of ${Figure.counted(sessions, "session")}`,
      none,
    ),
    {
      name: "Conversions that can be credited to a nudge",
      figure: credited === undefined || credited.sessions === 0 ? "–" : AttributionSection.bounds(credited),
      of:
        credited === undefined || credited.sessions === 0
          ? "No nudge was shown, or no detail could be read."
          : `Lower to upper bound; ${shareOfConversions(credited.attributed_lower, credited.attributed_upper)} of ${Figure.counted(conversions, "conversion")}${unexamined(findings, exposure, credited)}; the vendor flags ${Figure.counted(credited.influenced_conversions, "session")}`,
    },
  ]
  return Markup.join(
    Markup.element("dl", { class: "tiles" }, tiles.map(tile)),
    Markup.element("h3", {}, "In words"),
    Markup.element("ul", { class: "words" }, LiftSection.sentences(lift)),
    Markup.element(
      "p",
      { class: "note" },
      `Intervals are two-sided, ${Number((100 * confidence).toPrecision(9))} %. Nudges are not drawn by lot, and the intent score is read at the end of a session: the numbers say what goes together, not what causes what.`,
    ),
  )
}
