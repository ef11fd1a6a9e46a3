/**
 * A server that behaves in any way that the fault language knows, as a value that can be generated, with what a client
 * may then give: the sessions that it holds, and the errors that its faults lead to.
 */
import * as Schema from "effect/Schema"
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"

/** What becomes of one request, by its number. */
const faults = [
  "reset",
  "cut off",
  "hang",
  "500",
  "503",
  "429",
  "429 in 2 s",
  "429 in 3 days",
  "401",
  "403",
  "not JSON",
  "garbage",
  "wrong type",
  "missing field",
  "no data",
  "empty page",
  "no cursor",
  "same cursor",
  "dead cursor",
  "duplicated row",
  "reordered rows",
  "row out of place",
  "row of another window",
] as const
export type Fault = (typeof faults)[number]

const few = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))

/** Faults are rare, or none would ever be survived. */
const FaultPlan = Schema.Array(
  Schema.Struct({
    at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })),
    fault: Schema.Literals(faults),
  }),
).check(Schema.isMaxLength(4))

export const Behaviour = Schema.Struct({
  sessions: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 })),
  /** How many sessions start in one second. */
  perSecond: Schema.Literals([1, 1, 1, 2, 3, 8]),
  pageSize: Schema.Literals([1, 2, 3, 5, 7]),
  concurrency: Schema.Literals([1, 2, 8]),
  listConcurrency: Schema.Literals([1, 1, 2, 5]),
  /** Those of one second come in another order with each request, and a cursor counts rows. */
  isUnordered: Schema.Literals([false, false, true]),
  /** Every so many of the sessions have no detail; 0: none. */
  goneEvery: Schema.Literals([0, 0, 0, 3]),
  /** Every so many of the sessions are listed only from some request on; 0: none. */
  lateEvery: Schema.Literals([0, 0, 0, 4]),
  lateUntil: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20 })),
  /** Every so many of the requests with a cursor find it dead; 0: none. */
  cursorsDie: Schema.Literals([0, 0, 0, 1, 2, 3]),
  /** The last page's cursor. */
  lastCursor: Schema.NullOr(Schema.Literals(["", "left over"])),
  plan: FaultPlan,
  /** After how many rows the client stops, to go on from its position. */
  stops: Schema.Array(few).check(Schema.isMaxLength(3)),
})
export type Behaviour = typeof Behaviour.Type

export const rows = ({ perSecond, sessions }: Behaviour): ReadonlyArray<FakeList.Row> => {
  const noon = Date.UTC(2026, 9, 15, 12)
  return Array.from({ length: sessions }, (_, index) => {
    const started_at = new Date(noon - 1000 * Math.floor(index / perSecond)).toISOString()
    return FakeApi.row(index, { started_at, id: `sess_${String(index).padStart(3, "0")}` })
  })
}

export const isGone = ({ goneEvery }: Behaviour, id: string): boolean =>
  goneEvery > 0 && Number(id.slice(5)) % goneEvery === 0

/** Whether the session may be missed: it was not there yet when its page was read. */
export const isLate = ({ lateEvery }: Behaviour, id: string): boolean =>
  lateEvery > 0 && Number(id.slice(5)) % lateEvery === 1

/** What the script did: every fault that reached a request that it applies to. */
export interface Served {
  readonly script: FakeApi.Script
  readonly applied: ReadonlyArray<Fault>
}

const isList = ({ url }: FakeApi.SeenRequest): boolean => url.pathname === "/v1/sessions"

// The cursor of an empty page stands for the same place as the one that asked for it.
const placeOf = (cursor: string | null): string | undefined => cursor?.replace(/~+$/, "") || undefined

interface Page {
  readonly data: ReadonlyArray<unknown>
  readonly next_cursor?: unknown
  readonly has_more: boolean
}

const withFirst = (data: ReadonlyArray<unknown>, change: (row: object) => unknown): ReadonlyArray<unknown> =>
  data.map((row, index) => (index === 0 && typeof row === "object" && row !== null ? change(row) : row))

/** What a page becomes; undefined where the fault is none of pages. */
const pageWith = (fault: Fault, page: Page, cursor: string | null, all: ReadonlyArray<FakeList.Row>): unknown => {
  const { data } = page
  switch (fault) {
    case "wrong type":
      return { ...page, has_more: "true" }
    case "missing field":
      return data.length === 0
        ? undefined
        : { ...page, data: withFirst(data, ({ ...row }) => ({ ...row, started_at: undefined })) }
    case "no data":
      return { has_more: false, next_cursor: null }
    case "empty page":
      return { data: [], next_cursor: `${cursor ?? ""}~`, has_more: true }
    case "no cursor":
      return { ...page, has_more: true, next_cursor: null }
    case "same cursor":
      return cursor === null ? undefined : { ...page, has_more: true, next_cursor: cursor }
    case "duplicated row":
      return data.length === 0 ? undefined : { ...page, data: [...all.slice(0, 1), ...data, ...data.slice(0, 1)] }
    case "reordered rows":
      return { ...page, data: data.toReversed() }
    case "row out of place":
      // The last one: as far as it alone tells, the list has come to its end. A page of few rows has no others to tell.
      return data.length < 4
        ? undefined
        : {
            ...page,
            data: withFirst(data.toReversed(), (row) => ({ ...row, started_at: "2026-10-02T00:00:00Z" })).toReversed(),
          }
    case "row of another window":
      return { ...page, data: [...data, FakeApi.row(0, { id: "sess_other", started_at: "2026-09-01T00:00:00Z" })] }
    default:
      return undefined
  }
}

const answerWith = (fault: Fault, right: FakeApi.Answer, isCursor: boolean): FakeApi.Answer | undefined => {
  switch (fault) {
    case "reset":
      return { failure: "ECONNRESET" }
    case "cut off":
      return typeof right === "object" && "body" in right ? { brokenBody: (right.body ?? "").slice(0, 20) } : undefined
    case "hang":
      return "hang"
    case "500":
    case "503":
      return { status: Number(fault), body: "<html></html>" }
    case "429":
      return { status: 429 }
    case "429 in 2 s":
      return { status: 429, headers: { "retry-after": "2" } }
    case "429 in 3 days":
      return { status: 429, headers: { "retry-after": "259200" } }
    case "401":
    case "403":
      return { status: Number(fault) }
    case "not JSON":
      return { status: 200, body: "<html>gateway</html>" }
    case "garbage":
      return { status: 200, body: '{"data":[}\u0000\ufffd' }
    case "dead cursor":
      return isCursor ? { status: 410 } : undefined
    default:
      return undefined
  }
}

/** Serves the behaviour over as many clients as it takes; requests are numbered through all of them. */
export const serve = (behaviour: Behaviour): Served & { readonly heal: () => void } => {
  const all = rows(behaviour)
  const applied: Array<Fault> = []
  const listOf = behaviour.isUnordered ? FakeList.unordered : FakeList.script
  const list = listOf(all)
  const early = listOf(all.filter(({ id }) => !isLate(behaviour, id)))
  let count = 0
  let withCursor = 0
  let isHealed = false
  const script: FakeApi.Script = (request) => {
    const planned = behaviour.plan.find(({ at }) => at === count)?.fault
    if (request.url.searchParams.has("cursor")) withCursor++
    const isDead = request.url.searchParams.has("cursor") && withCursor % behaviour.cursorsDie === 0
    const fault = isHealed ? undefined : (planned ?? (isDead ? "dead cursor" : undefined))
    count++
    const use = (answer: FakeApi.Answer | undefined): FakeApi.Answer | undefined => {
      if (answer !== undefined && fault !== undefined) applied.push(fault)
      return answer
    }
    if (!isList(request)) {
      const id = request.url.pathname.split("/").at(-1) ?? ""
      const right: FakeApi.Answer = isGone(behaviour, id) ? { status: 404 } : list(request, count)
      const wrong = fault === undefined ? undefined : answerWith(fault, right, false)
      const misfit = fault === "wrong type" || fault === "missing field" || fault === "no data"
      return use(wrong ?? (misfit ? FakeApi.json({ data: { id } }) : undefined)) ?? right
    }
    const cursor = request.url.searchParams.get("cursor")
    const url = new URL(request.url)
    url.searchParams.delete("cursor")
    const place = placeOf(cursor)
    if (place !== undefined) url.searchParams.set("cursor", place)
    const right = (count > behaviour.lateUntil ? list : early)({ ...request, url }, count)
    if (typeof right !== "object" || !("body" in right)) return right
    const page: Page = JSON.parse(right.body ?? "")
    const ended = { ...page, next_cursor: page.has_more ? page.next_cursor : behaviour.lastCursor }
    const wrongPage = fault === undefined ? undefined : pageWith(fault, ended, cursor, all)
    const wrong = fault === undefined ? undefined : answerWith(fault, right, cursor !== null)
    return use(wrong ?? (wrongPage === undefined ? undefined : FakeApi.json(wrongPage))) ?? FakeApi.json(ended)
  }
  return {
    script,
    applied,
    heal: () => {
      isHealed = true
    },
  }
}

const fatal: Partial<Record<Fault, string>> = {
  "401": "Unauthorized",
  "403": "Unauthorized",
  "429 in 3 days": "RateLimited",
  "wrong type": "ResponseInvalid",
  "missing field": "ResponseInvalid",
  "no data": "ResponseInvalid",
  "no cursor": "ResponseInvalid",
}

/** The errors that what was applied must, or may, end a walk with; `isUnordered`: rows were out of order at some time. */
export const verdictOf = ({ pageSize, perSecond }: Behaviour, applied: ReadonlyArray<Fault>, isUnordered: boolean) => {
  const count = (fault: Fault) => applied.filter((each) => each === fault).length
  const must = new Set(applied.flatMap((fault) => fatal[fault] ?? []))
  const may = new Set(must)
  if (count("same cursor") > 0 || count("empty page") > 2) may.add("ResponseInvalid")
  // Where a page always has more rows than its end tells again, asking by time always brings new ones.
  const isStrict = perSecond === 1 && pageSize >= 5 && applied.every((fault) => fault === "dead cursor")
  // One is survived wherever a row had come.
  const survived = count("empty page") > 0 ? 0 : 1
  if (count("dead cursor") > survived && !isStrict) may.add("CursorRejected")
  // A list that is out of order has no rest that could be asked for by time.
  if (isUnordered && count("dead cursor") > 0) may.add("CursorRejected")
  return { must, may }
}
