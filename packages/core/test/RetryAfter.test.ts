import { assert, describe, it } from "@effect/vitest"
import * as RetryAfter from "../src/RetryAfter.ts"

const now = Date.UTC(2026, 9, 1, 12, 0, 0)

const waitOf = (header: string, dateHeader?: string, at = now) => RetryAfter.parse(header, dateHeader, at).waitMillis

describe("RetryAfter", () => {
  it("reads seconds", () => {
    assert.strictEqual(waitOf("7"), 7_000)
    assert.strictEqual(waitOf(" 20 "), 20_000)
    assert.strictEqual(waitOf("1.5"), 2_000)
    assert.strictEqual(waitOf("0.001"), 1_000)
    assert.strictEqual(waitOf("277403"), 277_403_000)
    assert.strictEqual(waitOf(String(366 * 86_400)), 366 * 86_400_000)
  })

  it("reads a date against our clock, or against the answer's own date where there is one", () => {
    assert.strictEqual(waitOf("Thu, 01 Oct 2026 12:00:30 GMT"), 30_000)
    assert.strictEqual(
      waitOf("Thu, 01 Oct 2026 12:00:30 GMT", "Thu, 01 Oct 2026 12:00:20 GMT", now + 3_600_000),
      10_000,
    )
  })

  it("reads the older forms of a date", () => {
    assert.strictEqual(waitOf("Thursday, 01-Oct-26 12:00:30 GMT"), 30_000)
    assert.strictEqual(waitOf("Thu Oct  1 12:00:30 2026"), 30_000)
  })

  it.each([
    "soon",
    "Try again in 2099",
    "Retry after 2030",
    "Please wait 40",
    "Wait, 45",
    "Unlimited 9999",
    "-5",
    "1.5.5",
    "1,5",
    ".",
    "1790000000.5",
    "5, 10",
    "20s",
    "1e3",
    "Infinity",
    "1790000000",
    "1790000000000",
    "99999999999999",
    "Thu, 99 Foo 2026",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Thu, 01 Oct 2026 12:00:30 GMT, Thu, 01 Oct 2026 12:00:40 GMT",
  ])("takes %j for no time to wait, and keeps what stood there", (header) => {
    const said = RetryAfter.parse(header, undefined, now)
    assert.deepStrictEqual(said, { waitMillis: undefined, nonsense: header })
    assert.include(RetryAfter.complaint(said.nonsense), JSON.stringify(header))
  })

  it("keeps no more than fits into a line", () => {
    assert.strictEqual(RetryAfter.parse("9".repeat(400), undefined, now).nonsense, "9".repeat(60))
  })

  it.each([undefined, "", "0", "Thu, 01 Oct 2020 12:00:00 GMT"])("finds nothing to wait for in %j", (header) => {
    const said = RetryAfter.parse(header, undefined, now)
    assert.deepStrictEqual(said, { waitMillis: undefined, nonsense: undefined })
    assert.strictEqual(RetryAfter.complaint(said.nonsense), "")
  })
})
