/** The page: one file of HTML that asks for nothing else. The same findings give the same bytes. */
import { version } from "@effect-elnudge/core"
import * as AttributionSection from "./AttributionSection.ts"
import * as CohortSection from "./CohortSection.ts"
import * as DataQuality from "./DataQuality.ts"
import type * as Findings from "./Findings.ts"
import * as Headline from "./Headline.ts"
import * as IntentSection from "./IntentSection.ts"
import * as LiftSection from "./LiftSection.ts"
import * as Markup from "./Markup.ts"
import * as Moments from "./Moments.ts"
import * as PerformanceSection from "./PerformanceSection.ts"
import * as ReconcileSection from "./ReconcileSection.ts"
import * as Style from "./Style.ts"
import * as Terms from "./Terms.ts"

/** What decides the words around the numbers. */
export interface Rule {
  readonly windowMinutes: number
  readonly areDismissalsCounted: boolean
}

// Nothing is loaded from anywhere, and nothing runs.
const policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

const windowText = ({ timeZone, window }: Findings.Findings): string =>
  window === null
    ? "Window not known"
    : `Sessions that started ${Moments.window(window.from, window.to, timeZone)} (${timeZone.id})`

const readText = ({ readTimes: { first, last }, timeZone }: Findings.Findings): string => {
  if (first === null || last === null) return "The sessions do not say when they were read."
  const [from, to] = [Moments.instant(first, timeZone), Moments.instant(last, timeZone)]
  return from === to ? `Read ${to} (${timeZone.id}).` : `Read ${from} to ${to} (${timeZone.id}).`
}

interface Section {
  readonly id: string
  readonly title: string
  readonly body: Markup.Markup
}

const sectionsOf = (findings: Findings.Findings, rule: Rule): ReadonlyArray<Section> => [
  { id: "headline", title: "At a glance", body: Headline.make(findings) },
  {
    id: "attribution",
    title: "Attribution by nudge type",
    body: AttributionSection.make(findings.attribution, rule.windowMinutes),
  },
  { id: "lift", title: "Lift: with and without nudges", body: LiftSection.make(findings.lift) },
  { id: "intent", title: "Conversion by intent", body: IntentSection.make(findings.calibration) },
  {
    id: "cohorts",
    title: "Cohorts by period",
    body: CohortSection.make(findings.cohorts, findings.timeZone.id),
  },
  { id: "performance", title: "How nudges perform", body: PerformanceSection.make(findings.performance) },
  {
    id: "reconcile",
    title: "The vendor's flag against the rule",
    body: ReconcileSection.make(findings.reconcile, findings.readings, rule.windowMinutes),
  },
  { id: "quality", title: "Completeness and data quality", body: DataQuality.make(findings) },
  {
    id: "terms",
    title: "Definitions and caveats",
    body: Terms.make(findings, rule.windowMinutes, rule.areDismissalsCounted),
  },
  { id: "options", title: "Options and versions", body: Terms.options(findings) },
]

const section = ({ body, id, title }: Section): Markup.Markup =>
  Markup.element("section", { id }, Markup.element("h2", {}, title), body)

const link = ({ id, title }: Section): Markup.Markup =>
  Markup.element("li", {}, Markup.element("a", { href: `#${id}` }, title))

/** One line for each part of the file, so that two of them can be compared. */
export const make = (findings: Findings.Findings, rule: Rule): string => {
  const sections = sectionsOf(findings, rule)
  const head = Markup.element(
    "head",
    {},
    Markup.element("meta", { charset: "utf-8" }),
    Markup.element("meta", { "http-equiv": "Content-Security-Policy", content: policy }),
    Markup.element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    Markup.element("meta", { name: "color-scheme", content: "light dark" }),
    Markup.element("meta", { name: "generator", content: `elnudge-report ${version}` }),
    Markup.element("title", {}, `${findings.title}: ${windowText(findings)}`),
    Markup.element("style", {}, new Markup.Markup(Style.css)),
  )
  const body = Markup.element(
    "body",
    {},
    Markup.element("a", { class: "skip", href: "#main" }, "Skip to the numbers"),
    Markup.element(
      "header",
      {},
      Markup.element("h1", {}, findings.title),
      Markup.element("p", { class: "lead" }, windowText(findings)),
      Markup.element("p", { class: "lead" }, readText(findings)),
      Markup.element("nav", { "aria-label": "Sections" }, Markup.element("ul", {}, sections.map(link))),
    ),
    Markup.element("main", { id: "main", tabindex: -1 }, DataQuality.alert(findings), sections.map(section)),
    Markup.element(
      "footer",
      {},
      Markup.element(
        "p",
        {},
        `Made by elnudge-report ${version}. The file holds counts and, as examples, ids of sessions; it asks for nothing from anywhere.`,
      ),
    ),
  )
  const page = Markup.element("html", { lang: "en" }, head, body).html
  return `<!doctype html>\n${page.replace(/<(?=section |figure>|tr>|details>|\/main>|body>|style>)/g, "\n<")}\n`
}
