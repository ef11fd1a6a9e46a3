/** What `JSON.parse` does not tell of a text: every string in it, and a name that stands twice in one object. */

export interface JsonNames {
  /** Names and values, also those that a later one of the same name replaces. */
  readonly strings: ReadonlyArray<string>
  /** The names that lead to the first one that stands twice in its object, that one last. */
  readonly repeated: ReadonlyArray<string> | undefined
}

interface Open {
  /** Undefined for an array. */
  readonly names: Set<string> | undefined
  /** The name of the value that is being read. */
  current: string | undefined
}

const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs

/** Of a text that is JSON. */
export const of = (json: string): JsonNames => {
  const strings: Array<string> = []
  const open: Array<Open> = []
  let repeated: ReadonlyArray<string> | undefined
  const take = (text: string, at: Open | undefined) => {
    strings.push(text)
    if (at?.names === undefined || at.current !== undefined) return
    at.current = text
    if (at.names.has(text)) repeated ??= open.flatMap(({ current }) => current ?? [])
    at.names.add(text)
  }
  for (const [token] of json.matchAll(tokens)) {
    const at = open.at(-1)
    if (token === "{") open.push({ names: new Set(), current: undefined })
    else if (token === "[") open.push({ names: undefined, current: undefined })
    else if (token === "}" || token === "]") open.pop()
    else if (token === ",") {
      if (at !== undefined) at.current = undefined
    } else take(String(JSON.parse(token)), at)
  }
  return { strings, repeated }
}
