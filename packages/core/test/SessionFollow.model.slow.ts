import { describe, it } from "@effect/vitest"
import { inject } from "vitest"
import * as FollowCheck from "./FollowCheck.ts"
import * as FollowModel from "./FollowModel.ts"

describe("follow, against many more shops, APIs and programs", () => {
  for (const seed of "abcdefghij".slice(0, inject("times"))) {
    it.effect.prop(
      `takes every session in once: 50 of seed ${seed}`,
      { behaviour: FollowModel.Behaviour },
      ({ behaviour }) => FollowCheck.check(behaviour),
      { arbitrary: { runs: 50, seed } },
    )
  }
})
