/** Nudge types down the side of a chart. Their names come from outside: however many and long they are, it stays legible. */
import type * as Plot from "@observablehq/plot"
import type * as Chart from "./Chart.ts"
import * as PrintableText from "../PrintableText.ts"
import * as Figure from "./Figure.ts"
import * as Markup from "./Markup.ts"
import * as TextWidth from "./TextWidth.ts"

const maxShown = 30

/** A name in a sentence. */
export const name = (type: string): string =>
  type.trim() === "" ? PrintableText.name(type) : `“${Figure.short(type, 40)}”`

export interface TypeAxis<Row> {
  /** The first rows. */
  readonly shown: ReadonlyArray<Row>
  /** What the others are; undefined without any. */
  readonly note: string | undefined
  /** A row's place. */
  readonly key: (row: Row) => string
  /** With a place of so many px for each row. */
  readonly layout: (size: Chart.Size, rowHeight: number) => Plot.PlotOptions & { readonly height: number }
}

/** The most that names take, in px. */
const room = { wide: 210, narrow: 112 }

export const make = <Row>(rows: ReadonlyArray<Row>, nameOf: (row: Row) => string): TypeAxis<Row> => {
  const shown = rows.slice(0, maxShown)
  return {
    shown,
    note:
      rows.length > maxShown
        ? `The first ${maxShown} of ${rows.length} types; the others are in the table.`
        : undefined,
    key: nameOf,
    layout: (size, rowHeight) => {
      const most = room[size.isNarrow ? "narrow" : "wide"]
      const labels = new Map(
        shown.map((row) => [nameOf(row), TextWidth.cut(Markup.plain(PrintableText.name(nameOf(row))), most)]),
      )
      const longest = Math.max(...Array.from(labels.values(), TextWidth.of))
      return {
        marginLeft: Math.ceil(14 + longest),
        marginBottom: 40,
        height: 46 + rowHeight * shown.length,
        y: {
          domain: shown.map(nameOf),
          label: null,
          tickSize: 0,
          tickFormat: (type: string) => labels.get(type) ?? "",
        },
      }
    },
  }
}
