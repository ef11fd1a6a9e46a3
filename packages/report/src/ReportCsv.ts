/** Rows to CSV (RFC 4180 quoting, `\n` line ends). Numbers are the shortest that read back; null is an empty cell. */
import { stringify } from "csv-stringify/sync"
import type { Cell } from "./Report.ts"

export const make = <Row extends { readonly [column in keyof Row]: Cell }>(
  columns: ReadonlyArray<keyof Row & string>,
  rows: ReadonlyArray<Row>,
): string => stringify([columns, ...rows.map((row) => columns.map((column) => row[column]))])
