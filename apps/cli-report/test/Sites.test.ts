import { chmodSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { Emulator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as CommandLine from "./CommandLine.ts"
import * as KeyTraces from "./KeyTraces.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertNowhere, key } = KeyTraces
const { assertCut, assertFails, october, serve } = ServedShop

/** A file of sites in the folder. */
const written = (folder: string, sites: unknown): string => {
  const file = join(folder, "sites.json")
  writeFileSync(file, typeof sites === "string" ? sites : JSON.stringify(sites), { mode: 0o600 })
  return file
}

const keyFileIn = (folder: string): string => {
  const file = join(folder, "key")
  writeFileSync(file, `${key}\n`, { mode: 0o600 })
  return file
}

const cohorts = ["cohorts", "--from", "2026-10-01", "--to", "2026-11-01", "--format", "json"]

const Reported = Schema.fromJsonString(
  Schema.Struct({
    site: Schema.optional(Schema.String),
    options: Schema.Struct({ time_zone: Schema.String }),
    coverage: Schema.Struct({ sessions: Schema.Int, window: Schema.Struct({ from: Schema.String }) }),
  }),
)

/** A site that is served, with a key of its own; the environment has another key and another address. */
const atSite = (
  profile: Readonly<Record<string, unknown>>,
  use: (
    run: (args: ReadonlyArray<string>, env?: Readonly<Record<string, string>>) => ReturnType<typeof CommandLine.run>,
    folder: string,
  ) => Effect.Effect<void>,
) =>
  serve({ key }, ({ baseUrl, folder }) => {
    keyFileIn(folder)
    const file = written(folder, { sites: { "shop-de": { key_file: "key", base_url: baseUrl, ...profile } } })
    const wrong = { ELNUDGE_API_KEY: "sk_test_of_another_site", ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1" }
    return use((args, env) => CommandLine.run(args, { env: { ...wrong, ELNUDGE_SITES_FILE: file, ...env } }), folder)
  })

describe("--site", () => {
  it.live("asks the site with its key at its address, whatever the environment says, and says so", () =>
    atSite({}, (run) =>
      Effect.gen(function* () {
        const byFlag = yield* run([...cohorts, "--site", "shop-de"])
        assert.strictEqual(byFlag.exitCode, 0, byFlag.stderr)
        const { coverage, site } = yield* Effect.orDie(Schema.decodeEffect(Reported)(byFlag.stdout))
        assert.deepStrictEqual([site, coverage.sessions], ["shop-de", 120])
        assert.include(
          byFlag.stderr,
          "note: the site shop-de says key and address itself: ELNUDGE_API_KEY, ELNUDGE_BASE",
        )
        const byVariable = yield* run(cohorts, { ELNUDGE_SITE: "shop-de" })
        assert.strictEqual(byVariable.exitCode, 0, byVariable.stderr)
        const without = yield* run(cohorts)
        assert.strictEqual(without.exitCode, 5, without.stderr)
        const flagFirst = yield* run([...cohorts, "--site", "shop-de"], { ELNUDGE_SITE: "shop-fr" })
        assert.strictEqual(flagFirst.exitCode, 0, flagFirst.stderr)
        const quiet = yield* run([...cohorts, "--site", "shop-de", "--quiet"])
        assert.deepStrictEqual([quiet.exitCode, quiet.stderr], [0, ""])
      }),
    ),
  )

  it.live("fills in what no flag says, and a flag counts before it", () =>
    atSite({ time_zone: "Europe/Berlin", plan: "starter", rate_limit: 1_000_000 }, (run) =>
      Effect.gen(function* () {
        const site = ["--site", "shop-de"]
        const filled = yield* run([...cohorts, ...site])
        const first = yield* Effect.orDie(Schema.decodeEffect(Reported)(filled.stdout))
        assert.strictEqual(first.options.time_zone, "Europe/Berlin")
        assert.strictEqual(first.coverage.window.from, "2026-09-30T22:00:00Z")
        assert.include(filled.stderr, "the plan keeps 30 days")
        const flags = ["--time-zone=UTC", "--retention-days", "36500"]
        const given = yield* run([...cohorts, ...site, ...flags])
        const second = yield* Effect.orDie(Schema.decodeEffect(Reported)(given.stdout))
        assert.strictEqual(second.options.time_zone, "UTC")
        assert.strictEqual(second.coverage.window.from, "2026-10-01T00:00:00Z")
        assert.notInclude(given.stderr, "the plan keeps")
        const planned = yield* run(["plan", "cohorts", ...cohorts.slice(1), ...site, "--rate-limit", "777"])
        assert.match(planned.stdout, /\b777\b/)
        const unplanned = yield* run(["plan", "cohorts", ...cohorts.slice(1), ...site])
        assert.match(unplanned.stdout, /\b1000000\b/)
      }),
    ),
  )

  it.live("is in every command that asks the API", () =>
    atSite({ rate_limit: 1_000_000 }, (run, folder) =>
      Effect.gen(function* () {
        const out = join(folder, "out")
        const window = ["--from", "2026-10-01", "--to", "2026-11-01"]
        const commands = [
          ["sessions", ...window],
          ["run", "cohorts", ...window, "--output-dir", out],
          ["compare", "cohorts", "--before", "2026-10-02..2026-10-12", "--after", "2026-10-12..2026-10-22"],
          ["plan", "cohorts", ...window],
          ["doctor"],
        ]
        yield* Effect.forEach(
          commands,
          Effect.fnUntraced(function* (command) {
            const result = yield* run([...command, "--site", "shop-de"])
            assert.strictEqual(result.exitCode, 0, `${command[0]}: ${result.stderr}`)
          }),
          ServedShop.twoAtATime,
        )
        assert.include(readFileSync(join(out, "coverage.json"), "utf8"), '"site": "shop-de"')
      }),
    ),
  )

  it.live("is part of what a checkpoint is of: two sites never mix", () =>
    serve({ key }, ({ baseUrl, folder }) =>
      Effect.gen(function* () {
        const profile = { key_file: keyFileIn(folder), base_url: baseUrl, rate_limit: 1_000_000 }
        const file = written(folder, { sites: { a: profile, b: profile } })
        const place = join(folder, "place")
        const env = { ELNUDGE_SITES_FILE: file }
        const asked = ["cohorts", ...october, "--checkpoint", place]
        assertCut(yield* CommandLine.run([...asked, "--site", "a", "--max-requests", "2"], { env }), place)
        const other = yield* CommandLine.run([...asked, "--site", "b"], { env })
        assertFails(other, 2, `The checkpoint ${place} is of another query: its site is a, now it is b`)
        const none = yield* CommandLine.run(asked, { env: { ELNUDGE_API_KEY: key, ELNUDGE_BASE_URL: baseUrl } })
        assertFails(none, 2, "its site is a, now it is none")
        assert.strictEqual((yield* CommandLine.run([...asked, "--site", "a"], { env })).exitCode, 0)
      }),
    ),
  )

  it.live("says where the key is that was refused, or is missing, and needs none for files", () =>
    serve({}, ({ baseUrl, folder }) =>
      Effect.gen(function* () {
        const file = written(folder, {
          sites: { filed: { key_file: keyFileIn(folder), base_url: baseUrl }, named: { key_env: "DE_KEY" } },
        })
        const env = { ELNUDGE_SITES_FILE: file, ELNUDGE_API_KEY: Emulator.defaultKey }
        const refused = yield* CommandLine.run([...cohorts, "--site", "filed"], { env })
        assertFails(refused, 3, `Check that the file ${join(folder, "key")} holds the secret API key of the site filed`)
        writeFileSync(join(folder, "key"), "")
        const empty = yield* CommandLine.run([...cohorts, "--site", "filed"], { env })
        assertFails(empty, 2, "is empty", `Put the secret key of the site filed into the file ${join(folder, "key")}.`)
        const missing = yield* CommandLine.run([...cohorts, "--site", "named"], { env })
        assertFails(
          missing,
          2,
          "elnudge-report: The site named has its key in DE_KEY, which is not set.",
          `Set it, or give the site a key_file in ${file}.`,
        )
        const ndjson = join(folder, "none.ndjson")
        writeFileSync(ndjson, "")
        const fromFile = yield* CommandLine.run(["cohorts", "--input", ndjson, "--site", "named"], { env })
        assert.strictEqual(fromFile.exitCode, 0, fromFile.stderr)
        for (const result of [refused, missing]) assertNowhere({ stdout: result.stdout, stderr: result.stderr })
      }),
    ),
  )
})

describe("the file of sites", () => {
  const file = { key_file: "key" }
  const unusable: ReadonlyArray<readonly [string, unknown, string]> = [
    ["a key", { sites: { a: { key } } }, "holds what looks like a key"],
    ["a key under another name", { sites: { a: { ...file, note: key } } }, "holds what looks like a key"],
    ["a key as the variable", { sites: { a: { key_env: key } } }, "holds what looks like a key"],
    ["a key as a name", { sites: { [key]: file } }, "holds what looks like a key"],
    [
      "a field for a key",
      { sites: { a: { ...file, api_key: "" } } },
      'has a field "api_key", and a key must not stand',
    ],
    ["an unknown field", { sites: { a: { ...file, zone: "UTC" } } }, 'the site a has an unknown field "zone"'],
    ["an unknown field beside", { sites: {}, site: {} }, 'has a field "site" beside "sites"'],
    ["no key", { sites: { a: { plan: "scale" } } }, "the site a has neither key_file nor key_env"],
    ["two keys", { sites: { a: { ...file, key_env: "K" } } }, "the site a has key_file and key_env"],
    ["two retentions", { sites: { a: { ...file, plan: "scale", retention_days: 9 } } }, "both plan and retention_days"],
    ["no such plan", { sites: { a: { ...file, plan: "huge" } } }, "sites.a.plan"],
    ["no such zone", { sites: { a: { ...file, time_zone: "Mars/Olympus" } } }, "sites.a.time_zone"],
    ["no such limit", { sites: { a: { ...file, rate_limit: 1 } } }, "sites.a.rate_limit"],
    ["no variable", { sites: { a: { key_env: "MY KEY" } } }, "sites.a.key_env"],
    ["http", { sites: { a: { ...file, base_url: "http://example.com/v1" } } }, "a key goes only to https"],
    ["no sites", {}, "at sites"],
    [
      "a key that a later field replaces",
      `{"sites":{"a":{"key_env":${JSON.stringify(key)},"key_env":"K"}}}`,
      "looks like a key",
    ],
    ["a site twice", '{"sites":{"a":{"key_env":"A"},"\\u0061":{"key_env":"C"}}}', "has the site a twice"],
    ["a field twice", '{"sites":{"a":{"plan":"scale","key_env":"A","plan":"growth"}}}', 'the site a has "plan" twice'],
    ["no JSON", `{ "sites": { "a": { "key": "${key}" } }`, "is not JSON"],
    ["no object", [], "at the top: Expected object"],
  ]
  it.live.each(unusable)("with %s is refused, without a word of it", ([, sites, says]) =>
    Effect.gen(function* () {
      const folder = yield* ServedShop.temporaryFolder
      const place = written(folder, sites)
      const result = yield* CommandLine.run(["cohorts", "--site", "a"], { env: { ELNUDGE_SITES_FILE: place } })
      assertFails(result, 2, place, says)
      assertNowhere({ stderr: result.stderr })
    }).pipe(Effect.scoped),
  )

  it.live.each([0o620, 0o602])(
    "with mode %o is refused before a word of it counts: others could send keys away",
    (mode) =>
      atSite({}, (run, folder) =>
        Effect.gen(function* () {
          const place = join(folder, "sites.json")
          chmodSync(place, mode)
          const refused = yield* run([...cohorts, "--site", "shop-de"])
          assertFails(refused, 2, `Others can write the file of sites ${place}`, `chmod go-w ${place}`)
          chmodSync(place, 0o644)
          const result = yield* run([...cohorts, "--site", "shop-de"])
          assert.strictEqual(result.exitCode, 0, result.stderr)
        }),
      ),
  )

  it.live("is refused where others can put another file into its place, unless its folder is sticky", () =>
    atSite({}, (run, folder) =>
      Effect.gen(function* () {
        const real = join(folder, "real")
        const links = join(folder, "links")
        mkdirSync(real)
        mkdirSync(links)
        renameSync(join(folder, "sites.json"), join(real, "sites.json"))
        renameSync(join(folder, "key"), join(links, "key"))
        symlinkSync("../real/sites.json", join(links, "sites.json"))
        const place = join(links, "sites.json")
        const ask = run([...cohorts, "--site", "shop-de"], { ELNUDGE_SITES_FILE: place })
        for (const open of [real, links]) {
          chmodSync(open, 0o775)
          assertFails(
            yield* ask,
            2,
            `Others can write the folder ${open}, on the way to ${place}`,
            `chmod go-w ${open}`,
          )
          chmodSync(open, 0o1777)
        }
        const result = yield* ask
        assert.strictEqual(result.exitCode, 0, result.stderr)
      }),
    ),
  )

  it.live("is not read where it is a device", () =>
    Effect.gen(function* () {
      const result = yield* CommandLine.run(["sites"], { env: { ELNUDGE_SITES_FILE: "/dev/zero" } })
      assertFails(result, 2, "The file of sites /dev/zero is a device, not a file.")
    }),
  )

  it.live("says how to add one, where it has none", () =>
    Effect.gen(function* () {
      const folder = yield* ServedShop.temporaryFolder
      const place = written(folder, { sites: {} })
      const result = yield* CommandLine.run(["sites"], { env: { ELNUDGE_SITES_FILE: place } })
      assert.deepStrictEqual([result.exitCode, result.stdout], [0, ""])
      assert.include(result.stderr, `note: the file of sites has none yet; ${place} could hold { "sites"`)
    }).pipe(Effect.scoped),
  )

  it.live("puts its name into a state, and states of two sites never mix", () =>
    serve({ key }, ({ baseUrl, folder }) =>
      Effect.gen(function* () {
        const profile = { key_file: keyFileIn(folder), base_url: baseUrl, rate_limit: 1_000_000 }
        const env = { ELNUDGE_SITES_FILE: written(folder, { sites: { a: profile, b: profile } }) }
        const state = (name: string) => join(folder, `${name}.json`)
        const save = (name: string, from: string, to: string, site: ReadonlyArray<string>) =>
          CommandLine.run(["cohorts", "--from", from, "--to", to, "--save-state", state(name), ...site], {
            env: site.length === 0 ? { ELNUDGE_API_KEY: key, ELNUDGE_BASE_URL: baseUrl } : env,
          })
        for (const saved of [
          yield* save("a", "2026-10-01", "2026-10-10", ["--site", "a"]),
          yield* save("none", "2026-10-10", "2026-10-20", []),
          yield* save("b", "2026-10-20", "2026-10-30", ["--site", "b"]),
        ]) {
          assert.strictEqual(saved.exitCode, 0, saved.stderr)
        }
        const says = `${state("a")} is of the site a, ${state("b")} of the site b`
        assertFails(yield* CommandLine.run(["compare", state("a"), state("b")]), 2, says, "Give states of one site.")
        assertFails(yield* CommandLine.run(["merge", state("none"), state("a"), state("b")]), 2, says)
        const both = yield* CommandLine.run([
          "merge",
          state("none"),
          state("a"),
          "--format",
          "json",
          "--save-state",
          state("both"),
        ])
        assert.strictEqual(both.exitCode, 0, both.stderr)
        assert.include(both.stdout, '"site": "a"')
        assertFails(yield* CommandLine.run(["merge", state("both"), state("b")]), 2, "is of the site a")
      }),
    ),
  )

  it.live("names the sites that it has, where another one is asked for", () =>
    Effect.gen(function* () {
      const folder = yield* ServedShop.temporaryFolder
      const place = written(folder, { sites: { "shop-de": file, "shop-fr": file } })
      const unknown = yield* CommandLine.run(["doctor", "--site", "shop"], { env: { ELNUDGE_SITES_FILE: place } })
      assertFails(unknown, 2, `${place} has no site shop.`, "Known are shop-de, shop-fr.")
      const none = yield* CommandLine.run(["sites"], { env: { HOME: folder } })
      const where = join(folder, ".config", "elnudge", "sites.json")
      assert.deepStrictEqual([none.exitCode, none.stdout], [0, ""])
      assert.include(none.stderr, `note: there is no file of sites; ${where} could hold`)
    }).pipe(Effect.scoped),
  )

  const Listed = Schema.fromJsonString(
    Schema.Struct({
      file: Schema.String,
      sites: Schema.Array(
        Schema.Struct({
          name: Schema.String,
          key_file: Schema.NullOr(Schema.String),
          key_env: Schema.NullOr(Schema.String),
          key_problem: Schema.NullOr(Schema.String),
          others_can_use_key: Schema.Boolean,
          retention_days: Schema.NullOr(Schema.Int),
        }),
      ),
    }),
  )

  it.live("is listed with what can be read of each key, and with no key", () =>
    Effect.gen(function* () {
      const folder = yield* ServedShop.temporaryFolder
      const place = join(folder, "settings", "elnudge", "sites.json")
      mkdirSync(dirname(place), { recursive: true })
      keyFileIn(folder)
      writeFileSync(join(folder, "open"), key, { mode: 0o644 })
      writeFileSync(join(folder, "empty"), "", { mode: 0o600 })
      const sites = {
        home: { key_file: "~/key", plan: "scale" },
        open: { key_file: "../../open", time_zone: "Europe/Berlin", rate_limit: "auto" },
        set: { key_env: "SHOP_KEY", retention_days: 30 },
        unset: { key_env: "OTHER_KEY" },
        gone: { key_file: "gone" },
        empty: { key_file: "~/empty" },
      }
      writeFileSync(place, JSON.stringify({ sites }), { mode: 0o600 })
      const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, "settings"), SHOP_KEY: key }
      const json = yield* CommandLine.run(["sites", "--format", "json"], { env })
      assert.deepStrictEqual([json.exitCode, json.stderr], [0, ""])
      const listed = yield* Effect.orDie(Schema.decodeEffect(Listed)(json.stdout))
      assert.strictEqual(listed.file, place)
      assert.deepStrictEqual(
        listed.sites.map(({ key_env, key_file, key_problem, name, others_can_use_key, retention_days }) => [
          name,
          key_env ?? key_file,
          key_problem,
          others_can_use_key,
          retention_days,
        ]),
        [
          ["home", join(folder, "key"), null, false, 90],
          ["open", join(folder, "open"), null, true, null],
          ["set", "SHOP_KEY", null, false, 30],
          ["unset", "OTHER_KEY", "The site unset has its key in OTHER_KEY, which is not set", false, null],
          [
            "gone",
            join(dirname(place), "gone"),
            `${join(dirname(place), "gone")} cannot be read (ENOENT)`,
            false,
            null,
          ],
          ["empty", join(folder, "empty"), "the API key is empty", false, null],
        ],
      )
      const table = yield* CommandLine.run(["sites"], { env })
      for (const { name } of listed.sites) assert.include(table.stdout, name)
      for (const part of ["! by others too", "✓", "✗ the API key is empty", "Europe/Berlin", "90 days"]) {
        assert.include(table.stdout, part)
      }
      assertNowhere({ json: json.stdout, table: table.stdout, stderr: table.stderr })
    }).pipe(Effect.scoped),
  )
})
