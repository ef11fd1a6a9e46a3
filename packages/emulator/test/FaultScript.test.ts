import { readFileSync } from "node:fs"
import { Emulator, FaultScript } from "@effect-elnudge/emulator"
import { describe, expect, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as LoopbackEmulator from "./LoopbackEmulator.ts"

describe("a fault script", () => {
  it.effect("is a seed and rules, or the rules alone", () =>
    Effect.gen(function* () {
      const rules = [{ at: [2, "5-7"], fault: "reset" }] as const
      expect(yield* FaultScript.parse(JSON.stringify({ seed: "s", rules }))).toEqual({ seed: "s", rules })
      expect(yield* FaultScript.parse(JSON.stringify(rules))).toEqual({ rules })
      expect(yield* FaultScript.decode({ rules: [] })).toEqual({ rules: [] })
    }),
  )

  const wrong: ReadonlyArray<readonly [string, string]> = [
    ["{", "The script is not JSON"],
    ["7", "Expected object"],
    ["{}", "rules: The field is missing"],
    ['{"rules":[],"sed":"x"}', "sed: There is no such field here"],
    ['[{"fault":"reset"},{"fault":"rest"}]', "rules[1]: Expected a rule whose fault is one of rate-limited, "],
    ['[{"fault":"reset","att":1}]', "rules[0].att: There is no such field here"],
    ['[{"fault":"reset","at":"7-5"}]', 'rules[0].at: Expected a number from 1 on, "5-7", "5-" or "every 4"'],
    ['[{"fault":"reset","attempt":[1,"x"]}]', "rules[0].attempt[1]: Expected a number from 1 on"],
    ['[{"fault":"reset","probability":2}]', "rules[0].probability: Expected a number from 0 to 1"],
    ['[{"fault":"reset","times":1.5}]', "rules[0].times: Expected a whole number from 1 to "],
    ['[{"fault":"reset","on":"lists"}]', 'rules[0].on: Expected "list" | "detail" | "nudges"'],
    ['[{"fault":"server-error","status":501}]', "rules[0].status: Expected 500 | 502 | 503 | 504"],
    ['[{"fault":"null","path":"data[x]"}]', "rules[0].path: Expected a path such as data[3].intent_score"],
    ['[{"fault":"null"}]', "rules[0].path: The field is missing"],
    ['[{"fault":"rate-limited","retryAfter":{"date":"x"}}]', "rules[0].retryAfter.date: Expected "],
    ['[{"fault":"empty-page","on":"detail"}]', "rules[0]: empty-page is of the list, and on says detail"],
    ['[{"fault":"empty-page","on":"nudges"}]', "rules[0]: empty-page is of the list, and on says nudges"],
    ['[{"fault":"session-gone","on":"nudges"}]', "rules[0]: session-gone is of the detail, and on says nudges"],
    ['[{"fault":"reset","on":"nudges","session":"a"}]', "rules[0]: session is of details, and the rule is of nudges"],
    ['[{"fault":"session-gone","page":2}]', "rules[0]: page is of the list, and the rule is of details"],
    ['[{"fault":"expired-cursor","session":"a"}]', "rules[0]: session is of details, and the rule is of the list"],
  ]
  it.effect.each(wrong)("%s is refused by its place", ([text, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(FaultScript.parse(text))
      expect(error._tag).toBe("FaultScriptError")
      expect(error.message.slice(0, message.length)).toBe(message)
    }),
  )

  it.effect("is refused without the value that stands there", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(FaultScript.decode([{ fault: "key-rotated", keys: ["sk_live_mine", 7] }]))
      expect(error.message).toBe("rules[0].keys[1]: Expected string")
      const misspelt = yield* Effect.flip(FaultScript.decode([{ fault: "sk_live_mine" }]))
      expect(misspelt.message).not.toContain("sk_live_mine")
    }),
  )

  it.effect("that is not valid is a defect of the program that gives it to an emulator", () =>
    Effect.gen(function* () {
      const rules = [{ at: "7-5", fault: "reset" }] as const
      const start = Emulator.Emulator.pipe(Effect.provide(LoopbackEmulator.layer({ faults: { rules } })))
      const cause = yield* Effect.flip(Effect.sandbox(start))
      expect(Cause.hasDies(cause)).toBe(true)
      expect(Cause.pretty(cause)).toContain("rules[0].at")
    }),
  )
})

describe("the README", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  const section = /\n## Faults\n.*?(?=\n## )/s.exec(readme)?.[0] ?? ""
  const rules = section.match(/^\| `\{.*?\}`/gm)?.map((cell) => cell.slice(3, -1)) ?? []

  it.effect("shows rules that can be used", () =>
    Effect.forEach(rules, (rule) =>
      Effect.map(FaultScript.parse(`[${rule}]`), ({ rules }) => expect(rules).toHaveLength(1)),
    ),
  )

  it.effect("shows a rule of every kind", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(FaultScript.decode([{}]))
      const kinds = error.message.replace(/^.* one of /, "").split(", ")
      const { rules: shown } = yield* FaultScript.parse(`[${rules.join(",")}]`)
      expect([...new Set(shown.map(({ fault }) => fault))].toSorted()).toEqual(kinds.toSorted())
    }),
  )

  it.effect("shows whole scripts that can be used", () =>
    Effect.gen(function* () {
      const scripts = [...section.matchAll(/```json\n(.*?)```/gs)].map(([, script = ""]) => script)
      expect(scripts.length).toBeGreaterThan(0)
      for (const script of scripts) expect((yield* FaultScript.parse(script)).rules).not.toEqual([])
    }),
  )
})
