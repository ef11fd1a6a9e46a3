/** A chart as a picture that stands alone: title, legend and colours in it, on white, so that it can be read on any page. */
import * as Chart from "../../src/html/Chart.ts"
import * as Markup from "../../src/html/Markup.ts"
import * as Palette from "../../src/html/Palette.ts"

const margin = 24
const fonts = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif'

/** Letters are narrower than this, at the font size of charts. */
const letterWidth = 6.6

interface Placed {
  readonly item: Chart.LegendItem
  readonly x: number
  readonly line: number
}

const placed = (legend: ReadonlyArray<Chart.LegendItem>, width: number): ReadonlyArray<Placed> => {
  let [x, line] = [0, 0]
  return legend.map((item) => {
    const itemWidth = 26 + letterWidth * item.label.length + 18
    if (x > 0 && x + itemWidth > width) [x, line] = [0, line + 1]
    const here = { item, x, line }
    x += itemWidth
    return here
  })
}

const colours: Readonly<Record<string, string>> = Palette.light

const resolve = (svg: string): string =>
  svg.replace(/var\(--([\w-]+)\)/g, (variable, name: string) => colours[name] ?? variable)

export const make = (chart: Chart.Chart): string => {
  const inner = Chart.svg(chart, Chart.wide)
  const [, innerHeight = "0"] = /\bheight="(\d+)"/.exec(inner) ?? []
  const [, innerWidth = "0"] = /\bwidth="(\d+)"/.exec(inner) ?? []
  const items = placed(chart.legend, Number(innerWidth))
  const lines = items.length === 0 ? 0 : 1 + Math.max(...items.map(({ line }) => line))
  const top = margin + 30 + 20 * lines
  const [width, height] = [Number(innerWidth) + 2 * margin, top + Number(innerHeight) + margin]
  const name = Markup.escape(`${chart.title}. ${chart.description}`)
  return resolve(
    [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${name}" font-family="${Markup.escape(fonts)}" fill="${Palette.colour("ink")}">`,
      `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${Palette.colour("paper")}" stroke="${Palette.colour("line")}"/>`,
      `<text x="${margin}" y="${margin + 14}" font-size="16" font-weight="650">${Markup.escape(chart.title)}</text>`,
      ...items.map(
        ({ item, line, x }) =>
          `<g transform="translate(${margin + Math.round(x)},${margin + 30 + 20 * line})">${Chart.swatch(item)}<text x="25" y="10" font-size="12" fill="${Palette.colour("muted")}">${Markup.escape(item.label)}</text></g>`,
      ),
      // The picture has one name, and its parts none.
      `<g transform="translate(${margin},${top})">${inner.replace(/ role="img"| aria-label="[^"]*"/g, "")}</g>`,
      "</svg>",
      "",
    ].join("\n"),
  )
}
