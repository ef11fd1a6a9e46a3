import { AssertionError } from "node:assert"
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect } from "effect"
import * as EmulatorTest from "../EmulatorTest.ts"

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")

describe("EmulatorTest", () => {
  it.live("passes for code that counts right", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(EmulatorTest.test(EmulatorTest.countBuyers))
      assert.strictEqual(exit._tag, "Success")
    }),
  )

  const wrong = [
    { what: "counts wrong", count: Effect.map(EmulatorTest.countBuyers, (count) => count + 1) },
    { what: "asks for everything twice", count: Effect.andThen(EmulatorTest.countBuyers, EmulatorTest.countBuyers) },
  ]
  it.live.each(wrong)("fails for code that $what", ({ count }) =>
    Effect.gen(function* () {
      const cause = yield* Effect.flip(Effect.sandbox(EmulatorTest.test(count)))
      assert.instanceOf(Cause.squash(cause), AssertionError)
    }),
  )

  it("is quoted by the package's README as it is, in under 40 lines", () => {
    const source = read("examples/EmulatorTest.ts")
    assert.include(
      read("packages/emulator/README.md"),
      `<!-- examples/EmulatorTest.ts -->\n\n\`\`\`ts\n${source}\`\`\`\n`,
    )
    assert.isBelow(source.split("\n").length, 40 + 1)
  })
})
