import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { type Emulator, type FaultScript, Generator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as CommandLine from "./CommandLine.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertCut, assertFails } = ServedShop

const sessions = Generator.make({ end: DateTime.makeUnsafe("2026-11-01T00:00:00Z"), count: 900, seed: "nudged" })

const window = ["--from", "2026-10-01", "--to", "2026-11-01", "--rate-limit", "1000000"]
const october = [...window, "--page-size", "50"]
const fromList = ["--nudges-from", "list"]
const everyReport = ["run", "all", ...october, "--split", "arm", "--time-to-purchase", "--model", "last,markov"]

interface Served extends ServedShop.ServedShop {
  /** Runs it, and tells what it asked for as well. */
  readonly asking: (args: ReadonlyArray<string>) => Effect.Effect<CommandLine.Result & Asked>
}

interface Asked {
  readonly list: number
  readonly details: number
  readonly nudges: number
}

const kindOf = (url: string): keyof Asked =>
  url.startsWith("/v1/nudges") ? "nudges" : url.startsWith("/v1/sessions/") ? "details" : "list"

const serve = <A, E, R>(options: Partial<Emulator.Options>, use: (shop: Served) => Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    let asked: Asked = { list: 0, details: 0, nudges: 0 }
    const counting: Partial<Emulator.Options> = {
      sessions: yield* sessions,
      ...options,
      fault: (request) => {
        const kind = kindOf(request.url)
        asked = { ...asked, [kind]: asked[kind] + 1 }
        return options.fault?.(request)
      },
    }
    return yield* ServedShop.serve(counting, (shop) =>
      use({
        ...shop,
        asking: Effect.fnUntraced(function* (args) {
          asked = { list: 0, details: 0, nudges: 0 }
          return { ...(yield* shop.run(args, { hurry: 10 })), ...asked }
        }),
      }),
    )
  })

const assertDone = ({ exitCode, stderr }: CommandLine.Result) => assert.strictEqual(exitCode, 0, stderr)

/** Every file of the folder but the one that says what it took. */
const reportsIn = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith(".csv"))
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  )

const Counted = Schema.fromJsonString(
  Schema.Struct({
    coverage: Schema.Struct({
      sessions: Schema.Int,
      details: Schema.Int,
      nudges_from_list: Schema.Int,
      nudges_differ: Schema.Int,
      nudge_requests: Schema.Int,
      list_requests: Schema.Int,
    }),
  }),
)

const coverageIn = (folder: string) =>
  Effect.map(
    Schema.decodeEffect(Counted)(readFileSync(join(folder, "coverage.json"), "utf8")),
    ({ coverage }) => coverage,
  )

describe("--nudges-from list", () => {
  it.live("gives every report to the byte as the details do, for far fewer requests", () =>
    serve({}, ({ asking, folder }) =>
      Effect.gen(function* () {
        const all = yield* sessions
        const nudged = all.filter(({ nudge_count }) => nudge_count > 0)
        const buyers = all.filter(({ converted }) => converted)
        const [byDetails, byList] = [join(folder, "details"), join(folder, "list")]
        const details = yield* asking([...everyReport, "--output-dir", byDetails])
        const list = yield* asking([...everyReport, ...fromList, "--output-dir", byList])
        assertDone(details)
        assertDone(list)
        assert.lengthOf(Object.keys(reportsIn(byList)), 7)
        assert.deepStrictEqual(reportsIn(byList), reportsIn(byDetails))
        const nudges = all.flatMap(({ nudges }) => nudges)
        const picked = new Set([...nudged, ...buyers]).size
        assert.deepInclude(details, { list: 18, details: picked, nudges: 0 })
        assert.deepInclude(list, { list: 18, details: buyers.length, nudges: Math.ceil(nudges.length / 200) })
        assert.isBelow(buyers.length, picked / 2)
        assert.deepInclude(yield* coverageIn(byList), {
          details: buyers.length,
          nudges_from_list: picked - buyers.length,
          nudges_differ: 0,
        })
        assert.include(list.stderr, `, ${picked - buyers.length} with nudges from their list`)
      }),
    ),
  )

  const commands: ReadonlyArray<readonly [string, ReadonlyArray<string>]> = [
    ["attribution", ["attribution", "--model", "linear"]],
    ["lift", ["lift"]],
    ["cohorts by arm and week", ["cohorts", "--split", "arm", "--by", "week"]],
    ["what happened between two windows", ["compare", "attribution"]],
  ]
  it.live.each(commands)("gives %s as the details do", ([, command]) =>
    serve({}, ({ asking }) =>
      Effect.gen(function* () {
        const windows = ["--before", "2026-10-01..2026-10-16", "--after", "2026-10-16..2026-11-01"]
        const asked = [...command, ...(command[0] === "compare" ? [...windows, "--rate-limit", "1000000"] : october)]
        const details = yield* asking(asked)
        const list = yield* asking([...asked, ...fromList])
        assertDone(details)
        assertDone(list)
        assert.strictEqual(list.stdout, details.stdout)
        assert.isAbove(list.nudges, 0)
        assert.isBelow(list.details, details.details / 2)
      }),
    ),
  )

  it.live("asks for nudges only where a report is about them", () =>
    serve({}, ({ asking }) =>
      Effect.gen(function* () {
        for (const command of [["cohorts"], ["calibration"], ["cohorts", "--time-to-purchase"]]) {
          const details = yield* asking([...command, ...october])
          const list = yield* asking([...command, ...october, ...fromList])
          assertDone(list)
          assert.strictEqual(list.stdout, details.stdout)
          assert.deepInclude(list, { list: details.list, details: details.details, nudges: 0 })
        }
      }),
    ),
  )

  it.live("goes on from its checkpoint, to the same files and the same coverage", () =>
    serve({}, ({ asking, folder }) =>
      Effect.gen(function* () {
        const [whole, parts, file] = [join(folder, "whole"), join(folder, "parts"), join(folder, "place")]
        const first = yield* asking([...everyReport, ...fromList, "--output-dir", whole])
        assertDone(first)
        const resumed = [...everyReport, ...fromList, "--output-dir", parts, "--checkpoint", file]
        assertCut(yield* asking([...resumed, "--max-requests", "30"]), file)
        assertCut(yield* asking([...resumed, "--max-requests", "25"]), file)
        const last = yield* asking(resumed)
        assertDone(last)
        assert.isBelow(last.details, first.details)
        assert.deepStrictEqual(reportsIn(parts), reportsIn(whole))
        const ofRows = ({ details, nudges_differ, nudges_from_list, sessions }: (typeof Counted.Type)["coverage"]) => ({
          details,
          nudges_differ,
          nudges_from_list,
          sessions,
        })
        assert.deepStrictEqual(ofRows(yield* coverageIn(parts)), ofRows(yield* coverageIn(whole)))
      }),
    ),
  )

  it.live("goes on where a run by details was cut off, and the other way round", () =>
    serve({}, ({ asking, folder }) =>
      Effect.gen(function* () {
        const whole = join(folder, "whole")
        assertDone(yield* asking([...everyReport, "--output-dir", whole]))
        const sources: ReadonlyArray<readonly [ReadonlyArray<string>, ReadonlyArray<string>]> = [
          [[], fromList],
          [fromList, []],
        ]
        for (const [index, [first, second]] of sources.entries()) {
          const [out, file] = [join(folder, `out${index}`), join(folder, `place${index}`)]
          const command = [...everyReport, "--output-dir", out, "--checkpoint", file]
          assertCut(yield* asking([...command, ...first, "--max-requests", "40"]), file)
          assertDone(yield* asking([...command, ...second]))
          assert.deepStrictEqual(reportsIn(out), reportsIn(whole))
        }
      }),
    ),
  )

  it.live("gives the same when the list is read in eight parts at once", () =>
    serve({}, ({ asking }) =>
      Effect.gen(function* () {
        const command = ["attribution", ...window, ...fromList, "--page-size", "10"]
        const one = yield* asking(command)
        const eight = yield* asking([...command, "--list-concurrency", "8"])
        assertDone(eight)
        assert.strictEqual(eight.stdout, one.stdout)
        assert.deepInclude(eight, { details: one.details, nudges: one.nudges })
      }),
    ),
  )

  it.live("is of no account for files, which have their nudges", () =>
    serve({}, ({ asking, folder }) =>
      Effect.gen(function* () {
        const file = join(folder, "sessions.ndjson")
        assertDone(yield* asking(["sessions", "--details", ...october, "--output", file]))
        const plain = yield* asking(["attribution", "--input", file])
        const list = yield* asking(["attribution", "--input", file, ...fromList])
        assertDone(list)
        assert.strictEqual(list.stdout, plain.stdout)
        assert.deepInclude(list, { list: 0, details: 0, nudges: 0 })
      }),
    ),
  )

  it.live("takes only what it can mean", () =>
    serve({}, ({ asking }) =>
      Effect.gen(function* () {
        const result = yield* asking(["attribution", ...october, "--nudges-from", "lists"])
        assertFails(result, 2, "--nudges-from", "attribution --help")
        assert.strictEqual(result.list, 0)
      }),
    ),
  )
})

describe("--nudges-from list, where the list of nudges fails", () => {
  const rules = (...faults: ReadonlyArray<FaultScript.Rule>): Partial<Emulator.Options> => ({
    faults: { rules: faults },
  })

  it.live.each([404, 410])("says what to do instead where there is none (%i), and writes nothing", (status) =>
    serve(rules({ fault: "answer", on: "nudges", status, body: "{}" }), ({ asking, folder }) =>
      Effect.gen(function* () {
        const output = join(folder, "out.csv")
        const result = yield* asking(["attribution", ...october, ...fromList, "--output", output])
        assertFails(
          result,
          5,
          `The API has no list of nudges for a window from 2026-10-01T00:00:00Z (${status})`,
          "Read the nudges from the sessions' details instead (without --nudges-from list)",
        )
        assert.deepInclude(result, { details: 0, nudges: 1 })
        assert.deepStrictEqual(readdirSync(folder), [])
      }),
    ),
  )

  const ends: ReadonlyArray<readonly [string, FaultScript.Rule, number, string]> = [
    ["a key that is refused", { fault: "key-revoked", on: "nudges", page: 2 }, 3, "The API refused the key: 401"],
    [
      "a key that may not list nudges",
      { fault: "key-revoked", on: "nudges", status: 403 },
      3,
      "from the sessions' details instead",
    ],
    ["a server that fails", { fault: "server-error", on: "nudges", page: 2 }, 5, "The API is failing: 503"],
    ["no answer", { fault: "reset", on: "nudges" }, 5, "No answer from"],
    [
      "an answer that is none",
      { fault: "answer", on: "nudges", status: 200, body: "<html>" },
      6,
      "The API's answer does not fit its contract",
    ],
  ]
  it.live.each(ends)("ends on %s with the same code as anywhere", ([, rule, exitCode, says]) =>
    serve(rules(rule), ({ asking, folder }) =>
      Effect.gen(function* () {
        const output = join(folder, "out.csv")
        const result = yield* asking(["attribution", ...october, ...fromList, "--output", output])
        assertFails(result, exitCode, says)
        assert.deepStrictEqual(readdirSync(folder), [])
      }),
    ),
  )

  const survived: ReadonlyArray<readonly [string, Partial<Emulator.Options>, RegExp]> = [
    [
      "some requests fail",
      rules(
        { fault: "rate-limited", on: "nudges", at: 1, retryAfter: 1 },
        { fault: "server-error", on: "nudges", at: 3 },
        { fault: "cut-off", on: "nudges", at: 4 },
      ),
      /, 3 repeated,/,
    ],
    ["a cursor is refused", rules({ fault: "expired-cursor", on: "nudges", times: 1 }), /a cursor was refused/],
    [
      "it has not all of them",
      {
        fault: ({ url }) =>
          url.startsWith("/v1/nudges")
            ? {
                _tag: "Edit",
                edit: (json) => {
                  const page = Schema.decodeUnknownSync(NudgesPage)(json)
                  return { ...page, data: page.data.slice(1) }
                },
              }
            : undefined,
      },
      /noted: .*\d sessions that the list of nudges had not whole, so that their details were read/,
    ],
  ]
  it.live.each(survived)("gives the same bytes where %s", ([, options, says]) =>
    Effect.gen(function* () {
      const command = ["attribution", ...october]
      const details = yield* serve({}, ({ asking }) => asking(command))
      const list = yield* serve(options, ({ asking }) => asking([...command, ...fromList]))
      assertDone(list)
      assert.strictEqual(list.stdout, details.stdout)
      assert.match(list.stderr, says)
    }),
  )
})

const NudgesPage = Schema.Struct({
  data: Schema.Array(Schema.Unknown),
  next_cursor: Schema.NullOr(Schema.String),
  has_more: Schema.Boolean,
})
