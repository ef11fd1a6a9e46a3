import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as BaseUrl from "../src/BaseUrl.ts"

describe("BaseUrl", () => {
  it.each([
    ["https://api.elnudge.com/v1", "https://api.elnudge.com/v1"],
    ["https://api.elnudge.com/v1/", "https://api.elnudge.com/v1"],
    ["http://127.0.0.1:4010/v1", "http://127.0.0.1:4010/v1"],
    ["http://localhost:4010/v1", "http://localhost:4010/v1"],
    ["http://[::1]:4010/v1", "http://[::1]:4010/v1"],
  ])("accepts %s", (text, href) => {
    const parsed = BaseUrl.parse(text)
    assert.isTrue(Result.isSuccess(parsed))
    assert.deepStrictEqual(Result.isSuccess(parsed) && parsed.success.href, href)
  })

  it.each([
    ["http://api.elnudge.com/v1", "UnsafeAddress"],
    ["http://127.0.0.1.example.com/v1", "UnsafeAddress"],
    ["http://localhost.example.com/v1", "UnsafeAddress"],
    ["http://10.0.0.1/v1", "UnsafeAddress"],
    ["ftp://127.0.0.1/v1", "UnsafeAddress"],
    ["https://user:secret@api.elnudge.com/v1", "InvalidOption"],
    ["https://api.elnudge.com/v1?x=1", "InvalidOption"],
    ["https://api.elnudge.com/v1#x", "InvalidOption"],
    ["banana", "InvalidOption"],
    ["", "InvalidOption"],
  ])("refuses %j: %s", (text, tag) => {
    const parsed = BaseUrl.parse(text)
    assert.isTrue(Result.isFailure(parsed))
    if (Result.isFailure(parsed)) {
      assert.strictEqual(parsed.failure._tag, tag)
      assert.notInclude(parsed.failure.message, "secret")
    }
  })
})
