/** Text that a spreadsheet runs when it opens a CSV file: a page's address or a nudge's type may be somebody's attack. */
import * as OptionCheck from "@effect-elnudge/core/OptionCheck"

export interface Options {
  /**
   * Puts an apostrophe before text that a spreadsheet would take for a formula. It changes the data, and so it is not the
   * default: a program that reads the file would see the apostrophe. Numbers are never touched, negative ones neither.
   * @default false
   */
  readonly escapeFormulas?: boolean | undefined
}

// Spreadsheets strip what stands invisible before a formula, and some read other widths of its signs as the signs.
const start = /^[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u{2800}]*[=+\-@\t\r\n]/u

/**
 * The text, with an apostrophe before it where it begins with `=`, `+`, `-`, `@`, a tab or a line break: in any width
 * (`＝`, `﹦`), and also after spaces, a byte order mark or other invisible characters.
 */
export const escape = (text: string): string => (start.test(text.normalize("NFKC")) ? `'${text}` : text)

const checks: OptionCheck.Checks<Options> = { escapeFormulas: OptionCheck.truth }

/**
 * What tells csv-stringify to write every text cell so. Its own `escape_formulas` looks at the first character alone:
 * ` =1+1`, and a byte order mark before the sign, get past it.
 */
export const casting = (options: Options) =>
  OptionCheck.orThrow(checks, options).escapeFormulas === true ? { cast: { string: escape } } : {}
