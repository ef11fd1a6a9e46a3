/** Results as Markdown. */
import type * as Case from "./Case.ts"

const isNumber = (cell: string): boolean => /^(-?[\d,.]+( \(.*\))?|–)?$/.test(cell)

/** Columns as wide as the formatter makes them; numbers stand on the right. */
export const markdown = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const columns = head.map((title, column) => ({
    width: Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
    isText: rows.some((row) => !isNumber(row[column] ?? "")),
  }))
  const line = (cells: ReadonlyArray<string>) => {
    const padded = columns.map(({ isText, width }, column) =>
      isText ? (cells[column] ?? "").padEnd(width) : (cells[column] ?? "").padStart(width),
    )
    return `| ${padded.join(" | ")} |`
  }
  const rule = columns.map(({ isText, width }) => (isText ? "-".repeat(width) : `${"-".repeat(width - 1)}:`))
  return [line(head), `| ${rule.join(" | ")} |`, ...rows.map(line)].join("\n")
}

const verdict = ({ holds }: Case.Aim): string => (holds === undefined ? "not measured" : holds ? "yes" : "**no**")

export const ofAims = (aims: ReadonlyArray<Case.Aim>): string =>
  markdown(
    ["what", "aim", "reached", "holds"],
    aims.map((aim) => [aim.what, aim.aim, aim.reached, verdict(aim)]),
  )

export const ofCase = (title: string, { about, columns, rows }: Case.Result): string =>
  [`### ${title}`, about, markdown(columns, rows)].join("\n\n")
