/** How deep a JSON text is nested: what is nested without end can be read, but not written again. */

/** Levels of arrays and objects; no answer of this API comes near. */
export const maxDepth = 500

const quote = 0x22
const backslash = 0x5c
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b])
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d])

const hasMore = (text: string, mark: string, most: number): boolean => {
  let count = 0
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) if (++count > most) return true
  return false
}

/** Whether the text is nested deeper than {@link maxDepth}. */
export const isTooDeep = (text: string): boolean => {
  // Nearly every text has too few brackets to be nested so deep, which is soon seen.
  if (!hasMore(text, "{", maxDepth / 2) && !hasMore(text, "[", maxDepth / 2)) return false
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === backslash) at++
    else if (code === quote) isInString = !isInString
    else if (isInString) continue
    else if (opening.has(code) && ++depth > maxDepth) return true
    else if (closing.has(code)) depth--
  }
  return false
}
