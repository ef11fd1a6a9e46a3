/**
 * Keys of several parts as one text. Each combination is put together once: a text that is made anew for each session is
 * hashed anew, which was a third of what a fold cost.
 */

/** Joins three parts, of few combinations, of which none has the separator. */
export const joiner = (separator: string): ((a: string, b: string, c: string) => string) => {
  const known = new Map<string, Map<string, Map<string, string>>>()
  const inner = <A>(map: Map<string, Map<string, A>>, part: string): Map<string, A> => {
    const existing = map.get(part)
    if (existing !== undefined) return existing
    const created = new Map<string, A>()
    map.set(part, created)
    return created
  }
  return (a, b, c) => {
    const last = inner(inner(known, a), b)
    const existing = last.get(c)
    if (existing !== undefined) return existing
    const key = `${a}${separator}${b}${separator}${c}`
    last.set(c, key)
    return key
  }
}
