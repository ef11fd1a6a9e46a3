import { NudgedSession } from "@effect-elnudge/report"
import { describe, expect, it } from "@effect/vitest"
import { detail, listed, nudge, read, unavailable } from "./SessionFixture.ts"

describe("NudgedSession.of", () => {
  const session = detail({ nudges: [nudge()] })

  it("is the detail of a session that was nudged and lists its nudges", () => {
    expect(NudgedSession.of(read(session))).toBe(session)
  })

  it("is missing where the detail could not be had, or nobody asked for it", () => {
    expect(NudgedSession.of(unavailable(session))).toBe("missing")
    expect(NudgedSession.of(listed(session))).toBe("missing")
  })

  it("is nothing without nudges, by the count or in the list", () => {
    expect(NudgedSession.of(read(detail()))).toBeUndefined()
    expect(NudgedSession.of(read(detail({ nudge_count: 2, nudges: [] })))).toBeUndefined()
    expect(NudgedSession.of(read(detail({ nudge_count: 0, nudges: [nudge()] })))).toBeUndefined()
    expect(NudgedSession.of(unavailable(detail()))).toBeUndefined()
  })

  it("follows the detail where it differs from the list", () => {
    expect(NudgedSession.of({ ...read(session), summary: detail() })).toBe(session)
    expect(NudgedSession.of({ ...read(detail()), summary: session })).toBeUndefined()
  })
})
