import { describe, it } from "@effect/vitest"
import { inject } from "vitest"
import * as ApiModel from "./ApiModel.ts"
import * as ModelCheck from "./ModelCheck.ts"

describe("the client, against many more models of the API", () => {
  for (const seed of "abcdefghij".slice(0, inject("times"))) {
    it.effect.prop(
      `gives exactly the model's sessions, or the right error: 1,000 of seed ${seed}`,
      { behaviour: ApiModel.Behaviour },
      ({ behaviour }) => ModelCheck.check(behaviour),
      { arbitrary: { runs: 1000, seed } },
    )
  }
})
