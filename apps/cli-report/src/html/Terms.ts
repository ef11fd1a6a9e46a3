/** What the words of the page mean, and what it was asked for. */
import { version } from "@effect-elnudge/core"
import * as DataTable from "./DataTable.ts"
import type * as Findings from "./Findings.ts"
import * as Markup from "./Markup.ts"
import * as WarningText from "./WarningText.ts"

const terms = (windowMinutes: number, areDismissalsCounted: boolean): ReadonlyArray<readonly [string, string]> => [
  ["Session", "One visit, as the API counts it. It belongs to the period in which it started."],
  [
    "Converted",
    "The API says so (converted). Its time is that of the earliest PURCHASE event, which needs the session's details.",
  ],
  [
    "Nudged, unnudged, shown only, interacted",
    `Nudged: a nudge_count above 0. Interacted: a nudge was clicked${areDismissalsCounted ? ", dismissed" : ""} or opened a chat. Shown only: nudged without an interaction.`,
  ],
  [
    "Intent score",
    "0 to 100, as it was at the end of the session. It is not documented as a probability, and not as known beforehand.",
  ],
  [
    "Credited, lower and upper bound",
    `Conversions whose last nudge with an interaction was shown at most ${windowMinutes} minutes before the purchase (lower), or at any time before it (upper). Purchases in a later session are not seen.`,
  ],
  ["Flagged", "Sessions with a nudge that the vendor says influenced the conversion (influenced_conversion)."],
  [
    "Interval",
    "The values that go with what was counted. Rates: Wilson. Differences: Newcombe (crude), Sato (mh), Wald (att). Ratios: MOVER-R (crude), Greenland and Robins (mh).",
  ],
  ["Points", "Percentage points: from 10 % to 12 % is +2 points, and a lift of +20 %."],
  [
    "Clear difference",
    "The interval leaves 0 out, and q, which is p corrected for the three comparisons (Benjamini–Hochberg), is below .05. Everything else is no clear difference, which does not say that there is none.",
  ],
  [
    "mh and att",
    "Mantel–Haenszel: the difference that the intent bands have in common. ATT: the bands weighed as the first group is spread over them. Both compare sessions of like final score, which nudges and purchases may have moved: they do not say what nudges do.",
  ],
  [
    "Extra conversions, if causal",
    "How many conversions more, or less, the first group has than it would have at the other's rates. Only if the association were causal would they be due to the nudges; nothing here shows that.",
  ],
  [
    "Nudges before the purchase",
    "In sessions with a purchase only nudges shown up to it count. This takes nudges from buyers alone, and so moves E downward and I upward; where it moves more than 1 % of a group's conversions, the rows are not comparable.",
  ],
  [
    "AUC",
    "How often a session that converted has the higher score, of all pairs of one that did and one that did not. DeLong's interval.",
  ],
  ["Isotonic rate", "The rates nearest to the bands' own that never fall from band to band."],
  [
    "Brier score",
    "The mean squared distance of score ÷ 100 from what happened, as reliability − resolution + uncertainty. It takes the score as a probability, which it need not be.",
  ],
  ["–", "Not defined, for the reason that stands beside it. It is never a 0."],
]

const definitions = (entries: ReadonlyArray<readonly [Markup.Child, Markup.Child]>): Markup.Markup =>
  Markup.element(
    "dl",
    { class: "terms" },
    entries.map(([term, meaning]) => [Markup.element("dt", {}, term), Markup.element("dd", {}, meaning)]),
  )

const cellsOf = (findings: Findings.Findings): ReadonlyArray<string> =>
  [
    findings.attribution,
    findings.lift,
    findings.calibration,
    findings.cohorts.rows,
    findings.performance,
    findings.reconcile,
    findings.readings,
  ].flatMap((rows) => rows.map(({ warnings }) => warnings))

/** Terms, then the warnings that occur on the page. */
export const make = (
  findings: Findings.Findings,
  windowMinutes: number,
  areDismissalsCounted: boolean,
): Markup.Markup => {
  const warnings = WarningText.explained(cellsOf(findings))
  return Markup.join(
    definitions(terms(windowMinutes, areDismissalsCounted)),
    warnings.length === 0
      ? null
      : [
          Markup.element("h3", { class: "later" }, "“Take care”: the warnings in the tables"),
          definitions(
            warnings.map(({ code, long, short }) => [[short, " ", Markup.element("code", {}, code)], long] as const),
          ),
        ],
  )
}

const written = (value: unknown): string =>
  Array.isArray(value) ? value.map(String).join(", ") : typeof value === "string" ? value : JSON.stringify(value)

/** What was asked for, and by which version it was answered. */
export const options = ({ options }: Findings.Findings): Markup.Markup =>
  DataTable.make({
    caption: "Options and versions",
    columns: [
      { head: "Option", cell: ([name]: readonly [string, unknown]) => name.replaceAll("_", " ") },
      { head: "Value", isText: true, cell: ([, value]) => (value === "" ? "none" : written(value)) },
    ],
    rows: [...Object.entries(options), ["version of elnudge-report", version]],
  })
