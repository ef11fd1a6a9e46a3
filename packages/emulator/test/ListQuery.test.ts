import * as ListQuery from "@effect-elnudge/emulator/ListQuery"
import * as NudgeStore from "@effect-elnudge/emulator/NudgeStore"
import * as SessionStore from "@effect-elnudge/emulator/SessionStore"
import { describe, expect, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as SessionFixture from "./SessionFixture.ts"

const { before, day, now } = SessionFixture
const read = (query: Parameters<typeof ListQuery.read>[0]) => ListQuery.read(query, now)
const minutesAgo = (minutes: number) => now - minutes * 60_000

const cursor =
  new SessionStore.SessionStore(SessionFixture.sessions(9)).list({ from: minutesAgo(8), to: minutesAgo(2), limit: 3 })
    .nextCursor ?? "none"
const followed = {
  from: minutesAgo(8),
  to: minutesAgo(2),
  limit: 3,
  after: { startedAt: minutesAgo(5), id: "sess_5" },
}

describe("ListQuery.readNudges", () => {
  const readNudges = (query: Parameters<typeof ListQuery.readNudges>[0]) => ListQuery.readNudges(query, now)
  const window = { from: minutesAgo(8), to: minutesAgo(2), limit: 3 }
  const held = NudgeStore.exhaustedCursor({ ...window, type: "toast" })

  it("takes the last 30 days, 50 rows and all nudges where nothing is said", () => {
    expect(readNudges({})).toEqual(Result.succeed({ from: minutesAgo(30 * day), to: now, limit: 50 }))
  })

  it("reads the filters along with the window", () => {
    const asked = { from: before(8), to: before(2), limit: "3", session_id: "sess_1", type: "toast" }
    expect(readNudges(asked)).toEqual(Result.succeed({ ...window, session_id: "sess_1", type: "toast" }))
  })

  it("keeps a cursor's window and filters, whatever is sent along, and takes another page size", () => {
    const after = Number.MAX_SAFE_INTEGER
    const followed = { ...window, type: "toast", after }
    expect(readNudges({ cursor: held })).toEqual(Result.succeed(followed))
    const along = { cursor: held, from: before(999), session_id: "sess_1", type: "exit_modal", limit: "7" }
    expect(readNudges(along)).toEqual(Result.succeed({ ...followed, limit: 7 }))
  })

  it.each([{ from: "2026" }, { limit: "0" }, { cursor: "x" }, { cursor }, { cursor: held, limit: "201" }])(
    "refuses %j",
    (query) => {
      expect(Result.isFailure(readNudges(query))).toBe(true)
    },
  )
})

describe("ListQuery.read", () => {
  it("takes the last 30 days and 50 rows where nothing is said", () => {
    expect(read({})).toEqual(Result.succeed({ from: minutesAgo(30 * day), to: now, limit: 50 }))
  })

  it("reads instants in any zone, dates as midnight UTC, and up to 200 rows", () => {
    expect(read({ from: "2026-10-01", to: "2026-10-02T02:00:00.5+02:00", limit: "200" })).toEqual(
      Result.succeed({ from: Date.UTC(2026, 9, 1), to: Date.UTC(2026, 9, 2, 0, 0, 0, 500), limit: 200 }),
    )
  })

  it("follows a cursor alone in its window and page size", () => {
    expect(read({ cursor })).toEqual(Result.succeed(followed))
  })

  it("follows a cursor with the window and the page size along with it", () => {
    expect(read({ cursor, from: before(8), to: before(2), limit: "3" })).toEqual(Result.succeed(followed))
  })

  it("takes another page size along with a cursor, but no other window", () => {
    expect(read({ cursor, from: before(999), limit: "7" })).toEqual(Result.succeed({ ...followed, limit: 7 }))
  })

  it.each([
    { from: "October 1, 2026" },
    { from: "2026-10-01T00:00:00" },
    { to: "2026" },
    { to: "1760000000000" },
    { from: "2026-13-01" },
    { limit: "1e2" },
    { limit: "0x10" },
    { limit: " 5" },
    { limit: "0200" },
    { cursor, limit: "0" },
    { cursor, limit: "201" },
    { cursor, from: "yesterday" },
    { cursor: `${cursor}x` },
  ])("refuses %j", (query) => {
    expect(Result.isFailure(read(query))).toBe(true)
  })
})
