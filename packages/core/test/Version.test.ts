import { readFileSync } from "node:fs"
import { version } from "@effect-elnudge/core"
import { assert, it } from "@effect/vitest"

it("is the version of package.json", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  assert.include(text, `"version": "${version}"`)
})
