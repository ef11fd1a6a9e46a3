import { vendorRule } from "@effect-elnudge/report/Attribution"
import * as Reconcile from "@effect-elnudge/report/Reconcile"
import { describe, expect, it } from "@effect/vitest"
import * as ReconcileFixture from "./ReconcileFixture.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

const { buyer, detail, nudge } = SessionFixture

const textOf = ({ reason, recomputed, vendor_flag }: Reconcile.Finding) => `${reason} ${vendor_flag} ${recomputed}`

const found = (...args: Parameters<typeof Reconcile.ofSession>) => Reconcile.ofSession(...args).map(textOf)

const withoutDismissals = { ...vendorRule, dismissCounts: false }

describe("Reconcile.ofSession", () => {
  it.for(ReconcileFixture.cases)("finds of $what: $found", ({ found: expected, session }) => {
    expect(found(detail(session))).toEqual(expected)
  })

  it("finds all that can be found in these cases, and lists it by code unit", () => {
    const listed = Reconcile.findings.map(textOf)
    expect([...new Set(ReconcileFixture.cases.flatMap((entry) => entry.found))].sort()).toEqual(listed)
  })

  it("agrees with the flags of the API document's example", () => {
    expect(found(SessionFixture.example)).toEqual(["AGREE_YES yes yes", "AGREE_NO no no"])
  })

  it("takes the window from the rule", () => {
    const session = buyer({ nudges: [nudge({ outcome: "clicked", influenced_conversion: true })] })
    const tenMinutes = { windowMillis: 10 * 60_000, dismissCounts: true }
    expect(found(session, tenMinutes)).toEqual(["AGREE_YES yes yes"])
    expect(found(session, { ...tenMinutes, windowMillis: 10 * 60_000 - 1 })).toEqual(["FLAG_WITHIN_BOUNDS yes maybe"])
  })

  it("takes dismissals for no interaction when they do not count", () => {
    const nudges = [
      nudge({ outcome: "dismissed", influenced_conversion: true }),
      nudge({ outcome: "dismissed" }),
      nudge({ outcome: "clicked", shown_at: "2026-10-01T10:05:00Z" }),
    ]
    const expected = ["FLAG_SHOWN_ONLY yes no", "AGREE_NO no no", "UNEXPLAINED no yes"]
    expect(found(buyer({ nudges }), withoutDismissals)).toEqual(expected)
  })

  it("finds one last candidate among nudges with one id and one instant: the last of them", () => {
    const clicked = nudge({ outcome: "clicked" })
    const expected = ["MISSING_NOT_LAST no no", "MISSING_NOT_LAST no no", "UNEXPLAINED no yes"]
    expect(found(buyer({ nudges: [clicked, { ...clicked }, { ...clicked }] }))).toEqual(expected)
    expect(found(buyer({ nudges: [clicked, clicked, clicked] }))).toEqual(expected)
    const flagged = nudge({ outcome: "clicked", influenced_conversion: true })
    expect(found(buyer({ nudges: [flagged, clicked] }))).toEqual(["UNEXPLAINED yes no", "UNEXPLAINED no yes"])
    expect(found(buyer({ nudges: [clicked, flagged] }))).toEqual(["MISSING_NOT_LAST no no", "AGREE_YES yes yes"])
  })

  it("finds nothing in a session without nudges", () => {
    expect(found(buyer())).toEqual([])
  })

  it.prop(
    "finds for every nudge one of what is listed, and at most one that the rule gives anything",
    [SessionArbitrary.reads],
    ([reads]) => {
      const listed = new Set(Reconcile.findings.map(textOf))
      for (const { detail } of reads) {
        if (detail._tag !== "Read") continue
        for (const rule of [vendorRule, withoutDismissals]) {
          const all = Reconcile.ofSession(detail.session, rule)
          expect(all.map(({ vendor_flag }) => vendor_flag === "yes")).toEqual(
            detail.session.nudges.map(({ influenced_conversion }) => influenced_conversion),
          )
          expect(all.map(textOf).filter((text) => !listed.has(text))).toEqual([])
          expect(all.filter(({ recomputed }) => recomputed !== "no").length).toBeLessThanOrEqual(1)
        }
      }
    },
  )
})
