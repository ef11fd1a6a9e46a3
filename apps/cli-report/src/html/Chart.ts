/** Charts as SVG, without a browser: the same data gives the same bytes. Colours are CSS variables of Palette. */
import * as Plot from "@observablehq/plot"
import { parseHTML } from "linkedom"
import * as Markup from "./Markup.ts"

const { document } = parseHTML("<!doctype html><html><body></body></html>")

/** How much room there is: a page or a phone. Its text is not scaled below 11 px on either. */
export interface Size {
  readonly width: number
  readonly isNarrow: boolean
}

export const wide: Size = { width: 880, isNarrow: false }
export const narrow: Size = { width: 340, isNarrow: true }

export interface LegendItem {
  readonly label: string
  readonly mark: "bar" | "dot" | "hollow" | "line" | "dashes" | "diamond" | "cell" | "few" | "empty"
  readonly colour: string
}

export interface Chart {
  /** What is seen, as a sentence. */
  readonly title: string
  /** The same for those who do not see it, in a sentence or two. */
  readonly description: string
  readonly legend: ReadonlyArray<LegendItem>
  /** What it leaves out. @default nothing */
  readonly note?: string | undefined
  readonly plot: (size: Size) => Plot.PlotOptions
  /** Of the wide one. @default wide.width */
  readonly width?: number | undefined
}

/** How opaque the mark of few sessions is. */
export const paleness = 0.5

/** The font size of every text in a chart, in px. */
export const fontSize = 12

// Plot names the parts of a chart; they are no more than one image to those who do not see it.
const withoutParts = (svg: Element): void => {
  for (const part of svg.querySelectorAll("[aria-label]")) part.removeAttribute("aria-label")
  for (const part of svg.querySelectorAll("[aria-hidden]")) part.removeAttribute("aria-hidden")
  for (const style of svg.querySelectorAll("style")) style.remove()
}

/** One image with its name. */
export const svg = (chart: Chart, size: Size): string => {
  const width = size.isNarrow ? size.width : (chart.width ?? size.width)
  const plotted = Plot.plot({ document, className: "chart", width, ...chart.plot({ ...size, width }) })
  withoutParts(plotted)
  plotted.setAttribute("font-size", String(fontSize))
  plotted.setAttribute("role", "img")
  plotted.setAttribute("aria-label", Markup.plain(`${chart.title}. ${chart.description}`))
  return plotted.outerHTML.replaceAll(" />", "/>")
}

const swatches: Readonly<Record<LegendItem["mark"], (colour: string) => string>> = {
  bar: (colour) => `<rect x="1" y="2" width="16" height="8" fill="${colour}"/>`,
  dot: (colour) => `<circle cx="9" cy="6" r="4.5" fill="${colour}"/>`,
  hollow: (colour) => `<circle cx="9" cy="6" r="4" fill="var(--paper)" stroke="${colour}" stroke-width="1.8"/>`,
  line: (colour) => `<path d="M0,6H18" stroke="${colour}" stroke-width="2"/>`,
  dashes: (colour) => `<path d="M0,6H18" stroke="${colour}" stroke-width="2" stroke-dasharray="5,3"/>`,
  cell: (colour) => `<rect x="0" y="0" width="18" height="12" fill="${colour}"/>`,
  few: (colour) => `<rect x="6" y="3" width="6" height="6" fill="${colour}" fill-opacity="${paleness}"/>`,
  empty: (colour) => `<circle cx="9" cy="6" r="1.4" fill="${colour}"/>`,
  diamond: (colour) => `<path d="M9,0.5L14.5,6L9,11.5L3.5,6Z" fill="${colour}"/>`,
}

/** The sign of an entry of the legend, 18 by 12. */
export const swatch = ({ colour, mark }: LegendItem): string => swatches[mark](colour)

const legendItem = (item: LegendItem): Markup.Markup =>
  Markup.element(
    "li",
    {},
    new Markup.Markup(`<svg aria-hidden="true" width="18" height="12">${swatch(item)}</svg>`),
    item.label,
  )

/** With its heading and legend, and what stands below it. Of the two sizes a style sheet shows one. */
export const figure = (chart: Chart, ...below: ReadonlyArray<Markup.Child>): Markup.Markup =>
  Markup.element(
    "figure",
    {},
    Markup.element("h3", {}, chart.title),
    chart.legend.length === 0 ? null : Markup.element("ul", { class: "legend" }, chart.legend.map(legendItem)),
    chart.note === undefined ? null : Markup.element("p", { class: "note" }, chart.note),
    Markup.element("div", { class: "wide" }, new Markup.Markup(svg(chart, wide))),
    Markup.element("div", { class: "narrow" }, new Markup.Markup(svg(chart, narrow))),
    below,
  )
