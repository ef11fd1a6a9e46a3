import { assert, describe, it } from "@effect/vitest"
import { RecentSet } from "../src/RecentSet.ts"

describe("RecentSet", () => {
  it("remembers at least its capacity of the last values", () => {
    const set = new RecentSet(10)
    for (let value = 0; value < 1000; value++) {
      assert.isTrue(set.add(`${value}`))
      for (let back = 0; back < Math.min(10, value); back++) assert.isFalse(set.add(`${value - back}`))
    }
  })

  it("forgets what is older than twice its capacity", () => {
    const set = new RecentSet(10)
    for (let value = 0; value <= 20; value++) set.add(`${value}`)
    assert.isTrue(set.add("0"))
  })
})
