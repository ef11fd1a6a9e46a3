/**
 * Rows to CSV (RFC 4180 quoting, `\n` line ends). Numbers are the shortest that read back, booleans `true` and `false`;
 * null is an empty cell.
 */
import { stringify } from "csv-stringify/sync"
import * as Formula from "./Formula.ts"
import type { Cell } from "./Report.ts"

/** Text stands as the API gave it. `escapeFormulas` is for a file that a spreadsheet opens, and for no other. */
export const make = <Row extends { readonly [column in keyof Row]: Cell }>(
  columns: ReadonlyArray<keyof Row & string>,
  rows: ReadonlyArray<Row>,
  options: Formula.Options = {},
): string =>
  stringify(
    [
      columns,
      ...rows.map((row) =>
        columns.map((column) => {
          const cell: Cell = row[column]
          // csv-stringify would write 1, and nothing for false.
          return typeof cell === "boolean" ? String(cell) : cell
        }),
      ),
    ],
    Formula.casting(options),
  )
