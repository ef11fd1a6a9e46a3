/**
 * JSON text, checked against a schema. The value that fits is the parsed JSON itself, not a copy of the fields we
 * know, so that unknown fields survive.
 */
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as JsonDepth from "./JsonDepth.ts"

export type Misfit =
  | { readonly _tag: "NotJson" }
  | {
      readonly _tag: "NotContract"
      readonly reason: string
      readonly path: string
      readonly sessionId: string | undefined
    }

const tooDeep: Misfit = {
  _tag: "NotContract",
  reason: `it is nested deeper than ${JsonDepth.maxDepth} levels`,
  path: "",
  sessionId: undefined,
}

/** The value of a JSON text, unchecked but for its depth. */
export const parse = (text: string): Result.Result<unknown, Misfit> =>
  JsonDepth.isTooDeep(text)
    ? Result.fail(tooDeep)
    : Result.try({ try: (): unknown => JSON.parse(text), catch: (): Misfit => ({ _tag: "NotJson" }) })

const typeName = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "an array" : value === undefined ? "nothing" : `a ${typeof value}`

const formatPath = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  )

const at = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>((inner, key) => (Predicate.hasProperty(inner, key) ? inner[key] : undefined), value)

// No id is so long; a payload in its place must not fill an error message.
const maxIdLength = 80

// The outermost object on the way that has an id is the session: `data` of a detail, `data[3]` of a page.
const sessionIdAt = (value: unknown, path: ReadonlyArray<PropertyKey>): string | undefined => {
  for (let depth = 0; depth <= path.length; depth++) {
    const owner = at(value, path.slice(0, depth))
    if (Predicate.hasProperty(owner, "id") && Predicate.isString(owner.id)) {
      return owner.id.length > maxIdLength ? `${owner.id.slice(0, maxIdLength)}…` : owner.id
    }
  }
  return undefined
}

// Names what was expected, never the value that stood there.
const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** Builds the check of one schema once; the check is called for every value. */
export const checker = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const fits = Schema.is(schema)
  const decode = Schema.decodeUnknownResult(schema)
  const explain = (value: unknown): Misfit => {
    const decoded = decode(value)
    const issue = Result.isFailure(decoded) ? formatIssue(decoded.failure.issue).issues[0] : undefined
    const path = (issue?.path ?? []).map((key) => (typeof key === "object" ? key.key : key))
    return {
      _tag: "NotContract",
      reason: `${issue?.message ?? "Unexpected value"}, got ${typeName(at(value, path))}`,
      path: formatPath(path),
      sessionId: sessionIdAt(value, path),
    }
  }
  return (value: unknown): Result.Result<S["Type"], Misfit> =>
    fits(value) ? Result.succeed<S["Type"]>(value) : Result.fail(explain(value))
}

/** A text's value, checked; the same as {@link parse} and then {@link checker}. */
export const reader = <S extends Schema.ConstraintDecoder<unknown>>(schema: S) => {
  const check = checker(schema)
  return (text: string): Result.Result<S["Type"], Misfit> => Result.flatMap(parse(text), check)
}
