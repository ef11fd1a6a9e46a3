/** A short name for what a connection met. Only codes and names: a message could hold an address or a payload. */
import * as Predicate from "effect/Predicate"

/** The first error code down the chain of causes, such as `ECONNREFUSED`, else the error's name. */
export const of = (cause: unknown): string => {
  let name: string | undefined
  let current: unknown = cause
  for (let depth = 0; depth < 8 && Predicate.isObject(current); depth++) {
    if (Predicate.hasProperty(current, "code") && Predicate.isString(current.code)) return current.code
    if (current instanceof Error) name = current.name
    if (Predicate.hasProperty(current, "errors") && Array.isArray(current.errors)) current = current.errors[0]
    else current = Predicate.hasProperty(current, "cause") ? current.cause : undefined
  }
  return name === undefined || name === "Error" || name === "TypeError" ? "the connection failed" : name
}
