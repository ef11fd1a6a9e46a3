/**
 * Options as JavaScript hands them over, where no compiler looks: a name that nobody knows, or a value of another type, would
 * be passed over in silence, and something else be done than was asked.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { InvalidOption } from "./ElnudgeError.ts"

/** What an option may be, in words and as a test. An option that is undefined is left out. */
export interface Check {
  readonly expected: string
  readonly fits: (value: unknown) => boolean
  /** @default false */
  readonly isRequired?: boolean | undefined
}

/** One for each option: the compiler names an option that has none. */
export type Checks<Options> = { readonly [Name in keyof Options]-?: Check }

/** A check of one's own. */
export const is = (expected: string, fits: (value: unknown) => boolean): Check => ({ expected, fits })

/** For what is parsed where it is used. */
export const any = is("anything", () => true)
/** Parsed where it is used, which takes null for an option that was left out. */
export const duration = is('a duration, such as "30 seconds"', (value) => value !== null)
/** A string. */
export const text = is("a string", Predicate.isString)
/** True or false, and nothing that only counts for it. */
export const truth = is("true or false", Predicate.isBoolean)
/** Its range is for whoever uses it. */
export const number = is("a number", Predicate.isNumber)
/** A function. */
export const callable = is("a function", Predicate.isFunction)
/** An Effect DateTime. */
export const dateTime = is("a DateTime", DateTime.isDateTime)
/** An object, and no array. */
export const struct = is("an object", Predicate.isObject)

/** One of some words. */
export const oneOf = (...words: ReadonlyArray<string>): Check =>
  is(words.map((word) => JSON.stringify(word)).join(" or "), (value) => words.some((word) => word === value))

/** As the check, of an option that must be there. */
export const required = (check: Check): Check => ({ ...check, isRequired: true })

/** The value in a word or two. Of a text no more than that it is one: it may be a key. */
export const shown = (value: unknown): string => {
  if (Predicate.isString(value)) return value === "" ? "an empty string" : "a string"
  if (Predicate.isFunction(value)) return "a function"
  if (Array.isArray(value)) return "an array"
  if (Predicate.isDate(value)) return Number.isNaN(value.getTime()) ? "an invalid date" : "a date"
  if (Predicate.isPromiseLike(value)) return "a promise"
  return Predicate.isObject(value) ? "an object" : String(value)
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "")

/** How many letters are to be put in, taken out, changed or swapped with the next. */
const distance = (from: string, to: string): number => {
  let before: ReadonlyArray<number> = []
  let last: ReadonlyArray<number> = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next[column] = Math.min(
        (last[column] ?? Infinity) + 1,
        (next[column - 1] ?? Infinity) + 1,
        (last[column - 1] ?? Infinity) + (same ? 0 : 1),
        swapped ? (before[column - 2] ?? Infinity) + 1 : Infinity,
      )
    }
    before = last
    last = next
  }
  return last[to.length] ?? Infinity
}

/** The known name that was probably meant: one that is spelled alike, else one that holds the other. */
const nearest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  const given = plain(name)
  const far = (each: string): number => distance(given, plain(each))
  const holds = (one: string, other: string): boolean => other.length >= 3 && one.includes(other)
  const sorted = known.toSorted((a, b) => far(a) - far(b))
  return (
    sorted.find((each) => far(each) <= Math.max(1, Math.floor(given.length / 3))) ??
    sorted.find((each) => holds(plain(each), given) || holds(given, plain(each)))
  )
}

const unknown = (option: string, known: ReadonlyArray<string>): InvalidOption => {
  const meant = nearest(option, known)
  const all = `The options are ${known.join(", ")}.`
  return meant === undefined
    ? new InvalidOption({ option, reason: `there is no option ${option}`, advice: all })
    : new InvalidOption({
        option,
        reason: `there is no option ${option}, but there is ${meant}`,
        advice: `Did you mean ${meant}? ${all}`,
      })
}

const unfit = (option: string, value: unknown, { expected }: Check): InvalidOption =>
  new InvalidOption({ option, reason: `${option} is ${shown(value)}, not ${expected}`, advice: `Give ${expected}.` })

/** What is wrong with the options: the first name that is not known, else the first value of another type. */
export const problem = <Options>(checks: Checks<Options>, options: unknown): InvalidOption | undefined => {
  if (!Predicate.isObject(options)) return unfit("options", options, struct)
  const strange = Object.keys(options).find((name) => !Object.hasOwn(checks, name))
  if (strange !== undefined) return unknown(strange, Object.keys(checks))
  for (const [name, check] of Object.entries<Check>(checks)) {
    const value = options[name]
    if (value === undefined ? check.isRequired === true : !check.fits(value)) return unfit(name, value, check)
  }
  return undefined
}

/** The options; throws what is wrong with them. */
export const orThrow = <Options>(checks: Checks<Options>, options: Options): Options => {
  const found = problem(checks, options)
  if (found !== undefined) throw found
  return options
}

/** Fails with what is wrong with the options. */
export const check = <Options>(checks: Checks<Options>, options: unknown): Effect.Effect<void, InvalidOption> =>
  Effect.suspend(() => {
    const found = problem(checks, options)
    return found === undefined ? Effect.void : Effect.fail(found)
  })

/** The function, whose answer must be true or false: a promise of one counts for true, and so does an effect. */
export const answering =
  <A>(option: string, ask: (value: A) => boolean) =>
  (value: A): boolean => {
    const answer: unknown = ask(value)
    if (Predicate.isBoolean(answer)) return answer
    // Told here; a rejection that nobody looks at would end the process before that.
    if (Predicate.isPromiseLike(answer)) answer.then(undefined, () => undefined)
    throw new InvalidOption({
      option,
      reason: `${option} gave ${shown(answer)}, not true or false`,
      advice: `Let ${option} answer true or false at once; it cannot wait for anything.`,
    })
  }

/** What it gives; fails with the `InvalidOption` that it throws. What else it throws is a defect. */
export const evaluate = <A>(evaluated: () => A): Effect.Effect<A, InvalidOption> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(evaluated())
    } catch (error) {
      if (error instanceof InvalidOption) return Effect.fail(error)
      throw error
    }
  })
