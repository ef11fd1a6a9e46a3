import type * as NudgesApi from "@effect-elnudge/core/NudgesApi"
import type * as Session from "@effect-elnudge/core/Session"
import { AsOf } from "@effect-elnudge/emulator"
import * as NudgeStore from "@effect-elnudge/emulator/NudgeStore"
import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SessionFixture from "./SessionFixture.ts"

const { before, now, session } = SessionFixture

const minutesAgo = (minutes: number) => now - minutes * 60_000

const everything = { from: minutesAgo(1_000_000), to: minutesAgo(-1_000_000), limit: 200 }

const idsOf = ({ data }: NudgeStore.Slice) => data.map(({ id }) => id)

const toast = (nudge_id: string, minutes: number, more: Partial<Session.Nudge> = {}): Session.Nudge => ({
  nudge_id,
  type: "toast",
  shown_at: before(minutes),
  outcome: "clicked",
  influenced_conversion: false,
  ...more,
})

/** A session from `start` to `end` minutes ago. */
const nudged = (id: string, start: number, end: number, nudges: ReadonlyArray<Session.Nudge>): Session.Detail => ({
  ...session(id, start),
  ended_at: before(end),
  nudge_count: nudges.length,
  nudges,
})

/** Follows the cursor alone to the end, and gives the nudges of every page. */
const walk = (store: NudgeStore.NudgeStore, query: NudgeStore.Query, at?: number, oldest?: number) => {
  const pages: Array<ReadonlyArray<NudgesApi.NudgeItem>> = []
  let next: NudgeStore.Query | undefined = query
  // Bounded, so that a cursor that stands still fails the test instead of hanging it.
  while (next !== undefined && pages.length < 200) {
    const slice: NudgeStore.Slice = store.list(next, at, oldest)
    pages.push(slice.data)
    next = slice.nextCursor === undefined ? undefined : Option.getOrThrow(NudgeStore.decodeCursor(slice.nextCursor))
  }
  return pages
}

describe("NudgeStore.list", () => {
  it("lists the newest first across sessions, by instant, and ties by id", () => {
    const store = new NudgeStore.NudgeStore([
      nudged("a", 60, 1, [toast("n1", 30), toast("n5", 10), toast("n3", 20)]),
      nudged("b", 40, 1, [toast("n4", 20), toast("n2", 20), toast("n0", 35)]),
    ])
    expect(idsOf(store.list(everything))).toEqual(["n5", "n2", "n3", "n4", "n1", "n0"])
    const text = new NudgeStore.NudgeStore([
      nudged("a", 60, 1, [
        toast("older", 0, { shown_at: "2026-10-15T11:30:45Z" }),
        toast("newer", 0, { shown_at: "2026-10-15T13:30:45.500+02:00" }),
      ]),
    ])
    expect(idsOf(text.list(everything))).toEqual(["newer", "older"])
  })

  it("gives a nudge its session's id, and keeps the fields that nobody knows, whatever they are called", () => {
    const odd = { ...toast("n1", 5), color: "red", id: 7, session_id: null }
    const { nudge_id: _, ...rest } = odd
    const { data } = new NudgeStore.NudgeStore([nudged("a", 10, 1, [odd])]).list(everything)
    expect(data).toEqual([{ ...rest, id: "n1", session_id: "a" }])
    expect(Object.keys(data[0] ?? {}).slice(0, 3)).toEqual(["id", "session_id", "type"])
  })

  it("holds from inclusive and to exclusive, of when a nudge was shown and not of when its session started", () => {
    const store = new NudgeStore.NudgeStore([
      nudged("a", 100, 1, [toast("n2", 2), toast("n3", 3), toast("n4", 4), toast("n5", 5)]),
    ])
    expect(idsOf(store.list({ from: minutesAgo(4), to: minutesAgo(2), limit: 10 }))).toEqual(["n3", "n4"])
    expect(store.list({ from: minutesAgo(2), to: minutesAgo(4), limit: 10 })).toEqual({
      data: [],
      nextCursor: undefined,
    })
  })

  it("gives a cursor only while there is more, and with it alone stays in its window and filters", () => {
    const nudges = Array.from({ length: 9 }, (_, index) =>
      toast(`n${index}`, 10 + index, { type: index % 2 === 0 ? "toast" : "exit_modal" }),
    )
    const store = new NudgeStore.NudgeStore([nudged("a", 100, 1, nudges), nudged("b", 90, 1, [toast("other", 12)])])
    const window = { from: minutesAgo(18), to: minutesAgo(10), limit: 2 }
    const ids = (query: NudgeStore.Query) => walk(store, query).map((page) => page.map(({ id }) => id))
    expect(ids(window)).toEqual([["n1", "n2"], ["other", "n3"], ["n4", "n5"], ["n6", "n7"], ["n8"]])
    expect(ids({ ...window, session_id: "a", type: "exit_modal" })).toEqual([
      ["n1", "n3"],
      ["n5", "n7"],
    ])
    expect(ids({ ...window, type: "toast" })).toEqual([["n2", "other"], ["n4", "n6"], ["n8"]])
    expect(ids({ ...window, session_id: "b" })).toEqual([["other"]])
    expect(ids({ ...window, session_id: "c" })).toEqual([[]])
    expect(ids({ ...window, type: "hologram" })).toEqual([[]])
  })

  it("walks on over nudges that no order tells apart", () => {
    const twins = [toast("twin", 5), toast("twin", 5), toast("twin", 5)]
    const pages = walk(new NudgeStore.NudgeStore([nudged("a", 9, 1, twins), nudged("b", 9, 1, twins)]), {
      ...everything,
      limit: 1,
    })
    expect(pages.flat().map(({ session_id }) => session_id)).toEqual(["a", "a", "a", "b", "b", "b"])
  })

  it("has a cursor with nothing after it, which keeps what was asked", () => {
    const store = new NudgeStore.NudgeStore([nudged("a", 9, 1, [toast("n1", 5)])])
    const query = { ...everything, limit: 3, type: "toast" }
    const held = Option.getOrThrow(NudgeStore.decodeCursor(NudgeStore.exhaustedCursor(query)))
    expect(held).toMatchObject(query)
    expect(store.list(held)).toEqual({ data: [], nextCursor: undefined })
  })

  it.for(["", "sess_1", btoa("{}"), btoa('{"from":0,"to":1,"limit":1,"after":{"startedAt":0,"id":"a"}}')])(
    "reads no cursor from '%s'",
    (text) => {
      expect(NudgeStore.decodeCursor(text)).toEqual(Option.none())
    },
  )
})

describe("NudgeStore as of an instant", () => {
  const buyer: Session.Detail = {
    ...nudged("a", 30, 0, [toast("early", 20), toast("late", 10, { influenced_conversion: true })]),
    converted: true,
    events: [{ type: "PURCHASE", url: "/done", occurred_at: before(5) }],
  }
  const store = new NudgeStore.NudgeStore([buyer])
  const flags = (minutes: number) =>
    store.list(everything, minutesAgo(minutes)).data.map(({ id, influenced_conversion }) => [id, influenced_conversion])

  it("has what was shown by then, and credits nothing before the purchase", () => {
    expect(flags(21)).toEqual([])
    expect(flags(20)).toEqual([["early", false]])
    expect(flags(6)).toEqual([
      ["late", false],
      ["early", false],
    ])
    expect(flags(5)).toEqual([
      ["late", true],
      ["early", false],
    ])
  })

  it("has none of a session that is older than is kept, and all of one that is not", () => {
    const nudges = [toast("n1", 20), toast("n2", 10)]
    const kept = new NudgeStore.NudgeStore([nudged("old", 30, 5, nudges), nudged("kept", 29, 5, nudges)])
    const { data } = kept.list(everything, now, minutesAgo(29))
    expect(data.map(({ session_id }) => session_id)).toEqual(["kept", "kept"])
  })

  const Minute = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))
  // Few minutes for many nudges, so that ties fall on the edges of pages; some lie outside their session.
  const Nudge = Schema.Struct({
    number: Schema.Literals([1, 2, 3]),
    minute: Minute,
    type: Schema.Literals(["toast", "exit_modal"]),
    influenced: Schema.Boolean,
  })
  const Shop = Schema.Array(
    Schema.Struct({
      start: Minute,
      end: Schema.NullOr(Minute),
      purchase: Schema.NullOr(Minute),
      nudges: Schema.Array(Nudge).check(Schema.isMaxLength(5)),
    }),
  ).check(Schema.isMaxLength(8))
  const sessionsOf = (shop: typeof Shop.Type): ReadonlyArray<Session.Detail> =>
    shop.map(({ end, nudges, purchase, start }, index) => ({
      ...session(`sess_${index}`, start),
      ended_at: end === null ? null : before(end),
      converted: purchase !== null,
      events: purchase === null ? [] : [{ type: "PURCHASE", url: "/", occurred_at: before(purchase) }],
      nudges: nudges.map(({ influenced, minute, number, type }) =>
        toast(`n${number}`, minute, { type, influenced_conversion: influenced }),
      ),
    }))

  it.prop(
    "gives what the details have, each nudge once and in order, for any query, instant and retention",
    {
      shop: Shop,
      limit: Schema.Literals([1, 2, 5, 200]),
      window: Schema.Tuple([Minute, Minute]),
      at: Minute,
      kept: Minute,
      type: Schema.UndefinedOr(Schema.Literals(["toast", "exit_modal"])),
      session_id: Schema.UndefinedOr(Schema.Literals(["sess_0", "sess_1"])),
    },
    ({ at, kept, limit, session_id, shop, type, window }) => {
      const sessions = sessionsOf(shop)
      const [instant, oldest] = [minutesAgo(at), minutesAgo(kept)]
      const [from, to] = window.map(minutesAgo)
      const query = { from: from ?? 0, to: to ?? 0, limit, type, session_id }
      const expected = sessions
        .filter((each) => Date.parse(each.started_at) >= oldest)
        .flatMap((each) => {
          const { id = "", nudges = [] } = AsOf.asOf(each, instant) ?? {}
          return nudges.map(({ nudge_id, ...nudge }) => ({ id: nudge_id, session_id: id, ...nudge }))
        })
        .filter(({ shown_at }) => Date.parse(shown_at) >= query.from && Date.parse(shown_at) < query.to)
        .filter((nudge) => type === undefined || nudge.type === type)
        .filter((nudge) => session_id === undefined || nudge.session_id === session_id)
        .sort((a, b) => Date.parse(b.shown_at) - Date.parse(a.shown_at) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
      const pages = walk(new NudgeStore.NudgeStore(sessions), query, instant, oldest)
      expect(pages.flat()).toEqual(expected)
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true)
      expect(pages).toHaveLength(Math.max(1, Math.ceil(expected.length / limit)))
    },
    { arbitrary: { runs: 500, seed: "nudges" } },
  )
})
