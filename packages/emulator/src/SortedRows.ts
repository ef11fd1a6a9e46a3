/** Rows in an order that a predicate agrees with: it is false for the first of them, and true from some row on. */

/** The index of the first row for which the predicate is true; the number of rows where there is none. */
export const firstIndex = <Row>(rows: ReadonlyArray<Row>, predicate: (row: Row) => boolean): number => {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const row = rows[middle]
    if (row === undefined || predicate(row)) high = middle
    else low = middle + 1
  }
  return low
}
