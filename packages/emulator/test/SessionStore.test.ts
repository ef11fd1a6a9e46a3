import * as SessionStore from "@effect-elnudge/emulator/SessionStore"
import { describe, expect, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SessionFixture from "./SessionFixture.ts"

const { now, session } = SessionFixture

const everything = { from: -Infinity, to: Infinity, limit: 1000 }

const minutesAgo = (minutes: number) => now - minutes * 60_000

const idsOf = ({ data }: SessionStore.Slice) => data.map(({ id }) => id)

/** Follows the cursor alone to the end, and gives the ids of every page. */
const walk = (store: SessionStore.SessionStore, query: SessionStore.Query): ReadonlyArray<ReadonlyArray<string>> => {
  const pages: Array<ReadonlyArray<string>> = []
  let next: SessionStore.Query | undefined = query
  // Bounded, so that a cursor that stands still fails the test instead of hanging it.
  while (next !== undefined && pages.length < 100) {
    const slice: SessionStore.Slice = store.list(next)
    pages.push(idsOf(slice))
    next = slice.nextCursor === undefined ? undefined : Option.getOrThrow(SessionStore.decodeCursor(slice.nextCursor))
  }
  return pages
}

describe("SessionStore.list", () => {
  it("lists the newest first, whatever the order of the input", () => {
    const store = new SessionStore.SessionStore([session("b", 20), session("c", 30), session("a", 10)])
    expect(idsOf(store.list(everything))).toEqual(["a", "b", "c"])
  })

  it("orders by instant, where text order would differ", () => {
    const at = (id: string, started_at: string) => ({ ...session(id, 1), started_at })
    const store = new SessionStore.SessionStore([
      at("oldest", "2026-10-15T13:00:00+02:00"),
      at("older", "2026-10-15T11:00:45Z"),
      at("newer", "2026-10-15T11:00:45.500Z"),
    ])
    expect(idsOf(store.list(everything))).toEqual(["newer", "older", "oldest"])
  })

  it("orders sessions that started at the same instant by id, by code unit", () => {
    const ids = ["sess_2", "sess_10", "sess_a", "sess_B"]
    const store = new SessionStore.SessionStore(ids.map((id) => session(id, 5)))
    expect(idsOf(store.list(everything))).toEqual(["sess_10", "sess_2", "sess_B", "sess_a"])
  })

  it("holds from inclusive and to exclusive", () => {
    const store = new SessionStore.SessionStore(SessionFixture.sessions(5))
    expect(idsOf(store.list({ from: minutesAgo(4), to: minutesAgo(2), limit: 10 }))).toEqual(["sess_3", "sess_4"])
    expect(idsOf(store.list({ from: minutesAgo(4) + 1, to: minutesAgo(2) + 1, limit: 10 }))).toEqual([
      "sess_2",
      "sess_3",
    ])
  })

  it("is empty, without a cursor, for a window without sessions and for one that runs backwards", () => {
    const store = new SessionStore.SessionStore(SessionFixture.sessions(5))
    const empty = { data: [], nextCursor: undefined }
    expect(store.list({ from: minutesAgo(100), to: minutesAgo(50), limit: 2 })).toEqual(empty)
    expect(store.list({ from: minutesAgo(2), to: minutesAgo(4), limit: 2 })).toEqual(empty)
    expect(new SessionStore.SessionStore([]).list(everything)).toEqual(empty)
  })

  it("gives a cursor only while there is more", () => {
    const store = new SessionStore.SessionStore(SessionFixture.sessions(4))
    expect(walk(store, { from: minutesAgo(4), to: now, limit: 2 })).toEqual([
      ["sess_1", "sess_2"],
      ["sess_3", "sess_4"],
    ])
  })

  it("stays in its window with the cursor alone", () => {
    const store = new SessionStore.SessionStore(SessionFixture.sessions(9))
    expect(walk(store, { from: minutesAgo(7), to: minutesAgo(2), limit: 2 })).toEqual([
      ["sess_3", "sess_4"],
      ["sess_5", "sess_6"],
      ["sess_7"],
    ])
  })

  it("lists a session without its events and nudges, and keeps the fields that nobody knows", () => {
    const stored = { ...session("a", 1), device: "phone" }
    const { events: _, nudges: __, ...summary } = stored
    expect(new SessionStore.SessionStore([stored]).list(everything).data).toEqual([summary])
  })

  it.prop(
    "gives every session of the window once, in order, for any page size",
    [
      // Few minutes for many sessions, so that ties fall on the edges of pages.
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6 }))).check(Schema.isMaxLength(25)),
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 8 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 })),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 7 })),
    ],
    ([minutes, limit, oldest, newest]) => {
      const all = minutes.map((minute, index) => ({ id: `sess_${index}`, minute }))
      const store = new SessionStore.SessionStore(all.map(({ id, minute }) => session(id, minute)))
      const pages = walk(store, { from: minutesAgo(oldest), to: minutesAgo(newest), limit })
      const expected = all
        .filter(({ minute }) => minute <= oldest && minute > newest)
        .sort((a, b) => a.minute - b.minute || (a.id < b.id ? -1 : 1))
        .map(({ id }) => id)
      expect(pages.flat()).toEqual(expected)
      expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true)
      expect(pages).toHaveLength(Math.max(1, Math.ceil(expected.length / limit)))
    },
  )
})

describe("SessionStore as of an instant", () => {
  const store = new SessionStore.SessionStore(SessionFixture.sessions(3))

  it("lists and gives only what has started by then", () => {
    expect(idsOf(store.list(everything, minutesAgo(2)))).toEqual(["sess_2", "sess_3"])
    expect(store.get("sess_2", minutesAgo(2))?.startedAt).toBe(minutesAgo(2))
    expect(store.get("sess_1", minutesAgo(2))).toBeUndefined()
  })

  it("gives what has ended by then as it is stored, without any work", () => {
    const stored = session("a", 3)
    const ended = new SessionStore.SessionStore([stored]).get("a", minutesAgo(2))
    expect(ended?.detail).toBe(stored)
    const open = new SessionStore.SessionStore([stored]).get("a", minutesAgo(2) - 1)
    expect(open?.detail).toEqual({ ...stored, ended_at: stored.started_at })
  })
})

describe("SessionStore.get", () => {
  it("gives the session as it came, with its events and nudges", () => {
    const stored = session("a", 3)
    const store = new SessionStore.SessionStore([stored, session("b", 4)])
    expect(store.get("a")).toMatchObject({ startedAt: minutesAgo(3), detail: stored })
  })

  it.for(["", "A", "c", "__proto__"])("knows no session '%s' that is not there", (id) => {
    expect(new SessionStore.SessionStore([session("a", 3)]).get(id)).toBeUndefined()
  })
})

describe("SessionStore.decodeCursor", () => {
  it("reads back what list wrote, ids outside ASCII included", () => {
    const store = new SessionStore.SessionStore([session("sess_ü/😀", 1), session("b", 2)])
    const cursor = store.list({ from: minutesAgo(5), to: now, limit: 1 }).nextCursor ?? ""
    expect(SessionStore.decodeCursor(cursor)).toEqual(
      Option.some({ from: minutesAgo(5), to: now, limit: 1, after: { startedAt: minutesAgo(1), id: "sess_ü/😀" } }),
    )
  })

  it.for(["", "sess_1", "!!!", btoa("{}"), btoa('{"from":0,"to":1,"limit":1.5,"after":{"startedAt":0,"id":"a"}}')])(
    "reads nothing from '%s'",
    (text) => {
      expect(SessionStore.decodeCursor(text)).toEqual(Option.none())
    },
  )
})
