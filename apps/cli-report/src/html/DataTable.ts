/** Rows as a table that can be read, heard and printed: a caption, and a header for every column and row. */
import * as Markup from "./Markup.ts"

export interface Column<Row> {
  readonly head: string
  readonly cell: (row: Row) => Markup.Child
  /** Words read from the left, numbers from the right. @default false */
  readonly isText?: boolean | undefined
}

export interface Options<Row> {
  readonly caption: string
  /** The first names the row. */
  readonly columns: ReadonlyArray<Column<Row>>
  readonly rows: ReadonlyArray<Row>
  /** Which rows sum up others. @default none */
  readonly isTotal?: ((row: Row) => boolean) | undefined
}

/** Wider than its place it is scrolled, by keyboard too. */
export const make = <Row>({ caption, columns, isTotal = () => false, rows }: Options<Row>): Markup.Markup => {
  const [first] = columns
  const textClass = ({ isText }: Column<Row>) => (isText === true ? "text" : undefined)
  const head = columns.map((column) =>
    Markup.element("th", { scope: "col", class: column === first ? "text" : textClass(column) }, column.head),
  )
  const body = rows.map((row) =>
    Markup.element(
      "tr",
      { class: isTotal(row) ? "total" : undefined },
      columns.map((column) =>
        column === first
          ? Markup.element("th", { scope: "row" }, column.cell(row))
          : Markup.element("td", { class: textClass(column) }, column.cell(row)),
      ),
    ),
  )
  const table = Markup.element(
    "table",
    {},
    Markup.element("caption", {}, caption),
    Markup.element("thead", {}, Markup.element("tr", {}, head)),
    Markup.element("tbody", {}, body),
  )
  return Markup.element("div", { class: "scroll", role: "group", "aria-label": caption, tabindex: 0 }, table)
}

/** Longer tables are not printed. */
const maxPrinted = 100

/** The table behind a chart, folded on a screen and open on paper, where it is not too long. */
export const behind = <Row>(options: Options<Row>): Markup.Markup => {
  const { caption, rows } = options
  const isLong = rows.length > maxPrinted
  return Markup.join(
    Markup.element(
      "details",
      { class: isLong ? "long" : undefined },
      Markup.element("summary", {}, `Table: ${caption}`),
      make(options),
    ),
    isLong
      ? Markup.element(
          "p",
          { class: "note printed" },
          `The table “${caption}” has ${rows.length} rows: it is in the file, not on paper.`,
        )
      : null,
  )
}
