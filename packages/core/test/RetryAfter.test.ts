import { assert, describe, it } from "@effect/vitest"
import * as RetryAfter from "../src/RetryAfter.ts"

const now = Date.UTC(2026, 9, 1, 12, 0, 0)

describe("RetryAfter", () => {
  it("reads seconds", () => {
    assert.strictEqual(RetryAfter.parse("7", undefined, now), 7_000)
    assert.strictEqual(RetryAfter.parse(" 1.5 ", undefined, now), 2_000)
    assert.strictEqual(RetryAfter.parse("0.001", undefined, now), 1_000)
    assert.strictEqual(RetryAfter.parse("277403", undefined, now), 277_403_000)
  })

  it("reads a date against our clock, or against the answer's own date where there is one", () => {
    assert.strictEqual(RetryAfter.parse("Thu, 01 Oct 2026 12:00:30 GMT", undefined, now), 30_000)
    assert.strictEqual(
      RetryAfter.parse("Thu, 01 Oct 2026 12:00:30 GMT", "Thu, 01 Oct 2026 12:00:20 GMT", now + 3_600_000),
      10_000,
    )
  })

  it("reads the older forms of a date", () => {
    assert.strictEqual(RetryAfter.parse("Thursday, 01-Oct-26 12:00:30 GMT", undefined, now), 30_000)
    assert.strictEqual(RetryAfter.parse("Thu Oct  1 12:00:30 2026", undefined, now), 30_000)
  })

  it("never gives more than an instant can hold", () => {
    const longest = RetryAfter.parse("99999999999999", undefined, now)
    assert.isDefined(longest)
    assert.isFalse(Number.isNaN(new Date(now + (longest ?? Number.NaN)).getTime()))
    assert.strictEqual(RetryAfter.parse("Fri, 31 Dec 9999 23:59:59 GMT", undefined, now), longest)
    assert.strictEqual(RetryAfter.parse("9".repeat(400), undefined, now), longest)
  })

  it.each([
    "",
    "soon",
    "Try again in 2099",
    "Retry after 2030",
    "Please wait 40",
    "Wait, 45",
    "Unlimited 9999",
    "-5",
    "0",
    "1e3",
    "Infinity",
    "Thu, 99 Foo 2026",
    "Thu, 01 Oct 2020 12:00:00 GMT",
  ])("takes %j for not said", (header) => assert.isUndefined(RetryAfter.parse(header, undefined, now)))

  it("takes an absent header for not said", () => assert.isUndefined(RetryAfter.parse(undefined, undefined, now)))
})
