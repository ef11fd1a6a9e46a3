/** An API that lists what starts in the same second in another order with each request, under the cursor of an offset. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { Session } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as JsonEvents from "./JsonEvents.ts"
import * as ServedShop from "./ServedShop.ts"

const noon = Date.UTC(2026, 9, 15, 12)

/** Three in each second. */
const sessions = Array.from({ length: 3_000 }, (_, index): Session.Detail => {
  const instant = (millis: number) => new Date(noon - 1000 * Math.floor(index / 3) + millis).toISOString()
  const summary = { page_count: 1, intent_score: 50, converted: false, nudge_count: 0, events: [], nudges: [] }
  return { id: `sess_${index}`, started_at: instant(0), ended_at: instant(60_000), ...summary }
})

const october = ["--from", "2026-10-01", "--to", "2026-11-01"]
const faults = { rules: [{ fault: "unstable-order" as const }] }

const isOfOneSecond = ({ url }: { readonly url: string }): boolean => {
  const query = new URLSearchParams(url.split("?")[1])
  return Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "") === 1000
}

const refused = { _tag: "Answer", status: 400, body: "{}" } as const

describe("a list without an order within a second", () => {
  it.live("is read whole", () =>
    ServedShop.serve({ sessions, faults }, ({ run }) =>
      Effect.gen(function* () {
        const { exitCode, stderr, stdout } = yield* run(["cohorts", "--format", "csv", "--json", ...october])
        assert.strictEqual(exitCode, 0, stderr)
        assert.match(stdout, /^all,\(all\),all,3000,/m)
        const [event] = JsonEvents.only(JsonEvents.events(stderr), "coverage")
        assert.deepInclude(event?.coverage, { sessions: 3_000, possibly_missing: 0 })
      }),
    ),
  )

  it.live(
    "says on stderr, in the JSON and at the top of the page how many may be missing where no second can be had",
    () =>
      ServedShop.serve(
        { sessions, faults, fault: (request) => (isOfOneSecond(request) ? refused : undefined) },
        ({ folder, run }) =>
          Effect.gen(function* () {
            const page = join(folder, "page.html")
            const { exitCode, stderr } = yield* run(["html", ...october, "--output", page])
            assert.strictEqual(exitCode, 0, stderr)
            const [, count = ""] = /^note: up to (\d+) sessions may be missing: /m.exec(stderr) ?? []
            assert.match(stderr, new RegExp(`^coverage: ${3_000 - Number(count)} sessions`, "m"))
            const html = readFileSync(page, "utf8").replaceAll(/\s|&nbsp;|&#160;/g, " ")
            assert.notInclude(html, "<h2>Complete</h2>")
            assert.match(html, new RegExp(`class="alert".*Up to ${count} sessions may be missing`))
            const json = yield* run(["cohorts", "--json", ...october])
            const [event] = JsonEvents.only(JsonEvents.events(json.stderr), "coverage")
            assert.isAbove(event?.coverage.possibly_missing ?? 0, 0)
          }),
      ),
  )
})
