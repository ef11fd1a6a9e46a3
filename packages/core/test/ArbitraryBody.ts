/** Bodies that may be anything, as values that can be generated; and what of them is a right answer, judged apart. */
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as FakeApi from "./FakeApi.ts"
import * as FakeNudges from "./FakeNudges.ts"

/** In no message, whatever happens. */
export const payload = "personal data"

const nested = (open: string, close: string, levels: number): string => open.repeat(levels) + "1" + close.repeat(levels)

/** What may stand where a value should, as text. */
const literals = {
  nothing: "",
  null: "null",
  true: "true",
  zero: "0",
  "minus zero": "-0",
  "a fraction": "0.5",
  "a whole fraction": "7.0",
  "two zeros": "00",
  "more than any number": "1e999",
  "less than any number": "-1e999",
  "next to nothing": "1e-999",
  "no safe integer": "123456789012345678901234567890",
  "no number": "NaN",
  text: `"${payload}"`,
  "a long text": `"${payload.repeat(10_000)}"`,
  "half a character": '"\\ud800"',
  "control characters": '"\\u0000\\u001b[2J"',
  "an open text": `"${payload}`,
  "brackets in a text": `"${'[{\\"'.repeat(2000)}"`,
  "an empty array": "[]",
  "an empty object": "{}",
  "400 arrays": nested("[", "]", 400),
  "10,000 arrays": nested("[", "]", 10_000),
  "10,000 objects": nested('{"data":', "}", 10_000),
  "10,000 open arrays": "[".repeat(10_000),
  "10,000 arrays side by side": `[${Array.from({ length: 10_000 }, () => "[]").join(",")}]`,
  "a prototype": `{"__proto__":{"converted":true},"constructor":"${payload}"}`,
}

const rowNames = Struct.keys(FakeApi.row(1))
const nudgeNames = Struct.keys(FakeNudges.nudge(1))

/** The last is a field that nobody knows. */
const names = ["data", "next_cursor", "has_more", ...rowNames, "events", "nudges", "occurred_at", "__proto__", "extra"]
const namesOfNudges = ["data", "next_cursor", "has_more", ...nudgeNames, "__proto__", "extra"]

const changeOf = (names: ReadonlyArray<string>) =>
  Schema.Struct({
    name: Schema.Literals(names),
    literal: Schema.Literals(Struct.keys(literals)),
    /** In the place of every such field, or once more after the others of its object. */
    isAgain: Schema.Boolean,
  })
type Change = ReturnType<typeof changeOf>["Type"]

const hex = {
  invalid: "ff",
  half: "c3",
  surrogate: "eda080",
  overlong: "c080",
  beyond: "f4908080",
  zero: "00",
  quote: "22",
  backslash: "5c",
  brace: "7d",
}

const Damage = Schema.Struct({
  /** After which share of the body. */
  at: Schema.Literals([0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]),
  /** What stands there; `cut` is nothing more, and a `mark` (BOM) comes first of all. */
  what: Schema.Literals(["cut", "mark", ...Struct.keys(hex)]),
})
type Damage = typeof Damage.Type

const Byte = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))

const bodyOf = (names: ReadonlyArray<string>) =>
  Schema.Union([
    Schema.TaggedStruct("Bytes", { bytes: Schema.Array(Byte) }),
    Schema.TaggedStruct("Json", { value: Schema.Json }),
    Schema.TaggedStruct("Changed", { changes: Schema.Array(changeOf(names)).check(Schema.isBetweenLength(1, 2)) }),
    Schema.TaggedStruct("Damaged", { damage: Schema.Array(Damage).check(Schema.isBetweenLength(1, 2)) }),
  ])

/** Of pages of sessions and of details. */
export const Body = bodyOf(names)
export type Body = typeof Body.Type

/** Of pages of nudges. */
export const NudgeBody = bodyOf(namesOfNudges)

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  Predicate.isObject(value) && !Array.isArray(value)

const write = (value: unknown, changes: ReadonlyArray<Change>): string => {
  if (Array.isArray(value)) return `[${value.map((item) => write(item, changes)).join(",")}]`
  if (!isRecord(value)) return JSON.stringify(value)
  const instead = (name: string) => changes.find((change) => change.name === name && !change.isAgain)
  const fields = Object.entries(value).map(([name, inner]) => {
    const change = instead(name)
    return `${JSON.stringify(name)}:${change === undefined ? write(inner, changes) : literals[change.literal]}`
  })
  const more = changes
    .filter(({ isAgain, name }) => isAgain && (name in value || name === "extra" || name === "__proto__"))
    .map(({ literal, name }) => `${JSON.stringify(name)}:${literals[literal]}`)
  return `{${[...fields, ...more].join(",")}}`
}

const damaged = (bytes: Uint8Array, { at, what }: Damage): Uint8Array => {
  const place = Math.floor(bytes.length * at)
  const [before, after] = [bytes.subarray(0, place), bytes.subarray(place)]
  switch (what) {
    case "cut":
      return before
    case "mark":
      return Uint8Array.from([...Buffer.from("\u{feff}"), ...bytes])
    default:
      return Uint8Array.from([...before, ...Buffer.from(hex[what], "hex"), ...after])
  }
}

/** The bytes of a body that is made from the right answer. */
export const bytes = (body: Body, right: unknown): Uint8Array => {
  switch (body._tag) {
    case "Bytes":
      return Uint8Array.from(body.bytes)
    case "Json":
      return Buffer.from(JSON.stringify(body.value))
    case "Changed":
      return Buffer.from(write(right, body.changes))
    case "Damaged":
      return body.damage.reduce(damaged, Buffer.from(write(right, [])))
  }
}

/** The levels of arrays and objects in it. */
const depth = (value: unknown): number => {
  let levels = 0
  for (let level = [value]; ; levels++) {
    const next = level.filter(Predicate.isObjectOrArray)
    if (next.length === 0) return levels
    level = next.flatMap((each): ReadonlyArray<unknown> => Object.values(each))
  }
}

const parsed = (body: Uint8Array): Option.Option<unknown> =>
  Option.liftThrowable((): unknown => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)))()

const isInteger = Number.isSafeInteger
// No other text that is made up here is an instant.
const isInstant = (value: unknown): boolean => typeof value === "string" && /^2026-10-\d\dT[\d:.]+Z$/.test(value)
const isId = (value: unknown): boolean => typeof value === "string" && /[^.]|^.{3}/s.test(value) && value.isWellFormed()

const isRow = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isRecord(value) &&
  isId(value["id"]) &&
  isInstant(value["started_at"]) &&
  (value["ended_at"] === null || isInstant(value["ended_at"])) &&
  isInteger(value["page_count"]) &&
  isInteger(value["intent_score"]) &&
  typeof value["converted"] === "boolean" &&
  isInteger(value["nudge_count"])

const isText = Predicate.isString

const isEvent = (value: unknown): boolean =>
  isRecord(value) && isText(value["type"]) && isText(value["url"]) && isInstant(value["occurred_at"])

const isDisplay = (value: Readonly<Record<string, unknown>>): boolean =>
  isText(value["type"]) &&
  isText(value["outcome"]) &&
  isInstant(value["shown_at"]) &&
  typeof value["influenced_conversion"] === "boolean"

const isNudge = (value: unknown): boolean => isRecord(value) && isText(value["nudge_id"]) && isDisplay(value)

const isListedNudge = (value: unknown): boolean =>
  isRecord(value) && [value["id"], value["session_id"]].every((id) => isText(id) && id !== "") && isDisplay(value)

const all = (value: unknown, fits: (item: unknown) => boolean): boolean => Array.isArray(value) && value.every(fits)

const leads = ({ has_more: hasMore, next_cursor: next }: Readonly<Record<string, unknown>>): boolean =>
  typeof hasMore === "boolean" && (next === undefined || next === null || isText(next))

/** The rows that such a page gives, each id once; none where it is no page. */
export const rowsOf = (body: Uint8Array, deepest: number): Option.Option<ReadonlyArray<unknown>> =>
  Option.flatMap(parsed(body), (page) => {
    if (!isRecord(page) || depth(page) > deepest || !leads(page)) return Option.none()
    const { data, has_more: hasMore, next_cursor: next } = page
    if (!Array.isArray(data) || !data.every(isRow) || (hasMore === true && !next)) return Option.none()
    return Option.some(data.filter((row, index) => data.findIndex(({ id }) => id === row["id"]) === index))
  })

/** The page of nudges that such an answer is. Where it leads is for a walk to judge. */
export const nudgesOf = (body: Uint8Array, deepest: number): Option.Option<unknown> =>
  Option.filter(
    parsed(body),
    (page) => isRecord(page) && depth(page) <= deepest && leads(page) && all(page["data"], isListedNudge),
  )

/** The session that such an answer gives, where it is the one with this id. */
export const sessionOf = (body: Uint8Array, id: string, deepest: number): Option.Option<unknown> =>
  Option.flatMap(parsed(body), (answer) => {
    if (!isRecord(answer) || depth(answer) > deepest) return Option.none()
    const { data } = answer
    const isRight = isRow(data) && all(data["events"], isEvent) && all(data["nudges"], isNudge) && data["id"] === id
    return isRight ? Option.some(data) : Option.none()
  })
