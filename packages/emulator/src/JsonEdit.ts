/** Edits of a JSON value at a path, such as `data[3].intent_score` or `data[*].nudges[0].type`. */
import * as Option from "effect/Option"

type Step =
  | { readonly _tag: "Field"; readonly name: string }
  | { readonly _tag: "Index"; readonly index: number }
  | { readonly _tag: "Each" }

const stepPattern = /(?:^|(?<=.)\.)([^.[\]]+)|\[(?:(\d+)|\*)\]/gy

/** Reads a path: names with dots between them, `[0]` for an element, `[*]` for every one. None where it is not one. */
export const parsePath = (path: string): Option.Option<ReadonlyArray<Step>> => {
  const steps: Array<Step> = []
  let end = 0
  for (const [text, name, index] of path.matchAll(stepPattern)) {
    end += text.length
    if (name !== undefined) steps.push({ _tag: "Field", name })
    else steps.push(index === undefined ? { _tag: "Each" } : { _tag: "Index", index: Number(index) })
  }
  return steps.length > 0 && end === path.length ? Option.some(steps) : Option.none()
}

/** What becomes of a value: another one, or none where it is to go. */
export type Change = (value: unknown) => Option.Option<unknown>

export interface Edited {
  readonly json: unknown
  /** In how many places the path was found. */
  readonly places: number
}

/** Changes every value that the path leads to, and leaves the rest as it is. */
export const apply = (json: unknown, path: string, change: Change): Edited => {
  let places = 0
  const edit = (value: unknown, steps: ReadonlyArray<Step>): Option.Option<unknown> => {
    const [step, ...rest] = steps
    if (step === undefined) {
      places++
      return change(value)
    }
    if (Array.isArray(value) && step._tag !== "Field") {
      return Option.some(
        value.flatMap((inner: unknown, index) =>
          step._tag === "Each" || step.index === index ? Option.toArray(edit(inner, rest)) : [inner],
        ),
      )
    }
    if (typeof value !== "object" || value === null || Array.isArray(value) || step._tag !== "Field") {
      return Option.some(value)
    }
    const entries = Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
      name === step.name
        ? Option.toArray(edit(inner, rest)).map((changed): [string, unknown] => [name, changed])
        : [[name, inner] satisfies [string, unknown]],
    )
    return Option.some(Object.fromEntries(entries))
  }
  const steps = Option.getOrElse(parsePath(path), () => [])
  const edited = steps.length === 0 ? json : Option.getOrUndefined(edit(json, steps))
  return { json: edited, places }
}

/** A value of another type than the given one's. */
export const otherType = (value: unknown): unknown =>
  typeof value === "string" ? 7 : Array.isArray(value) ? {} : typeof value === "object" ? [] : JSON.stringify(value)
