/**
 * Text that comes from the API or a file, as it may stand on a terminal. Nothing reaches it that a terminal obeys (C0, C1
 * and DEL, with them every escape sequence), that turns the direction of what follows, that is not seen (zero width, tags,
 * fillers), that breaks the line (U+2028, U+2029), or that is half a character. A joiner or non-joiner between two visible
 * characters stays: Persian, Indic scripts and emoji are spelt with them. CSV and JSON hold the text as it came.
 */

const obeyed = String.raw`\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}`
const visible = String.raw`[^${obeyed}\p{Zs}]`
const unprintable = String.raw`(?!(?<=${visible})[\u200c\u200d]${visible})[${obeyed}]`
const anywhere = new RegExp(unprintable, "gu")
const escapable = new RegExp(`[${obeyed}]`, "gu")
const withinLines = new RegExp(String.raw`(?!\n)${unprintable}`, "gu")

/** Each becomes U+FFFD, line breaks too. */
export const line = (text: string): string => text.replace(anywhere, "\u{fffd}")

/** The same, but a line feed stays one. */
export const lines = (text: string): string => text.replace(withinLines, "\u{fffd}")

/**
 * A name that stands alone, beside names of ours: one that is blank, that reads like `(all)` or `(no name)`, or that has the
 * quotes of such a one already, cannot be taken for it.
 */
export const name = (text: string): string => {
  if (text.trim() === "") return "(no name)"
  return /^(?:\(.*\)|“.*”)$/su.test(text.trim()) ? `“${text}”` : text
}

/** JSON with each of them as an escape: it means the same. */
export const escaped = (json: string): string =>
  json.replace(escapable, (each) =>
    Array.from({ length: each.length }, (_, index) => {
      const unit = each.charCodeAt(index).toString(16)
      return `\\u${unit.padStart(4, "0")}`
    }).join(""),
  )
