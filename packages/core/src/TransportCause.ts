/**
 * What a connection met, as the cause of an error: names, codes, messages and places in the code alone. The errors of HTTP
 * clients may hold the request with its key, and their text may quote it.
 */
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"

const longest = 500

const deepest = 8

/** The text without the key, and without what else could be secret. */
export const withoutSecrets = (text: unknown, key: Redacted.Redacted): string => {
  const secret = Redacted.value(key)
  // Codings and hosts are told in small letters.
  return [secret, secret.toLowerCase()]
    .reduce((told, each) => (each === "" ? told : told.replaceAll(each, "<redacted>")), String(text))
    .replace(/\b(Bearer|Basic) +[^\s"',]+/gi, "$1 <redacted>")
    .replace(/\/\/[^/\s@]+@/g, "//<redacted>@")
}

const copy = (cause: unknown, key: Redacted.Redacted, left: number): Error | undefined => {
  if (cause === undefined || cause === null || left === 0) return undefined
  if (!Predicate.isObject(cause)) return new Error(withoutSecrets(cause, key).slice(0, longest))
  // Of several addresses that were tried the first stands for all.
  const first: unknown = Array.isArray(cause.errors) ? cause.errors[0] : undefined
  if (first !== undefined) return copy(first, key, left - 1)
  const inner = copy(cause.cause, key, left - 1)
  const message = withoutSecrets(cause.message ?? "", key).slice(0, longest)
  // What fetch throws; as it is printed, the class counts.
  const Class = cause instanceof TypeError ? TypeError : Error
  const error = new Class(message, inner === undefined ? undefined : { cause: inner })
  const name = Predicate.isString(cause.name) ? withoutSecrets(cause.name, key) : "Error"
  const places = Predicate.isString(cause.stack) ? cause.stack.split("\n").filter((line) => /^\s+at /.test(line)) : []
  const stack = [`${name}: ${message}`, ...places.map((place) => withoutSecrets(place, key))].join("\n")
  for (const [property, value] of Object.entries({ name, stack })) {
    Object.defineProperty(error, property, { value, enumerable: false, configurable: true })
  }
  return Predicate.isString(cause.code) ? Object.assign(error, { code: withoutSecrets(cause.code, key) }) : error
}

/** The chain of causes without what could be secret; undefined where there is nothing to tell. */
export const of = (cause: unknown, key: Redacted.Redacted): Error | undefined => copy(cause, key, deepest)
