import { Session } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as CheckedJson from "../src/CheckedJson.ts"
import * as FakeApi from "./FakeApi.ts"

const read = CheckedJson.reader(Session.Detail)

const misfit = (text: string): CheckedJson.Misfit | undefined => {
  const result = read(text)
  return Result.isFailure(result) ? result.failure : undefined
}

describe("CheckedJson", () => {
  it("gives the parsed value itself, unknown fields included", () => {
    const value = { ...FakeApi.exampleDetail, extra: { deep: [1, null] } }
    const result = read(JSON.stringify(value))
    assert.deepStrictEqual(Result.isSuccess(result) ? result.success : undefined, value)
  })

  it.each(["", "{", "<html>", '{"id":', "undefined"])("says that %j is not JSON", (text) => {
    assert.deepStrictEqual(misfit(text), { _tag: "NotJson" })
  })

  it("names the session that owns a nested misfit, not an id further inside", () => {
    const events = [{ id: "evt_1", type: "PURCHASE", url: 5, occurred_at: "2026-10-01T10:27:44Z" }]
    assert.deepInclude(misfit(JSON.stringify({ ...FakeApi.exampleDetail, events })), {
      _tag: "NotContract",
      path: "events[0].url",
      sessionId: "sess_example",
      reason: "Expected string, got a number",
    })
  })

  it("never repeats the value that does not fit", () => {
    const text = JSON.stringify({ ...FakeApi.exampleDetail, converted: "personal data" })
    assert.notInclude(JSON.stringify(misfit(text)), "personal data")
  })
})
