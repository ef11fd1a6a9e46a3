/**
 * Keys of several parts as one text. Each combination is put together once: a text that is made anew for each session is
 * hashed anew, which was a third of what a fold cost.
 */

/** Puts three parts together, of few combinations, and takes them apart again. Other parts have another key. */
export interface TextKey {
  readonly join: (a: string, b: string, c: string) => string
  readonly split: (key: string) => ReadonlyArray<string>
}

/** A part may hold anything, the separator too; that of a part that does not stands in the key as it is. */
export const make = (separator: string): TextKey => {
  const known = new Map<string, Map<string, Map<string, string>>>()
  const inner = <A>(map: Map<string, Map<string, A>>, part: string): Map<string, A> => {
    const existing = map.get(part)
    if (existing !== undefined) return existing
    const created = new Map<string, A>()
    map.set(part, created)
    return created
  }
  const escaped = (part: string): string => part.replaceAll("\\", "\\b").replaceAll(separator, "\\s")
  const unescaped = (part: string): string => part.replace(/\\[bs]/g, (escape) => (escape === "\\b" ? "\\" : separator))
  return {
    join: (a, b, c) => {
      const last = inner(inner(known, a), b)
      const existing = last.get(c)
      if (existing !== undefined) return existing
      const key = [a, b, c].map(escaped).join(separator)
      last.set(c, key)
      return key
    },
    split: (key) => key.split(separator).map(unescaped),
  }
}
