import { chmodSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Emulator, type Faults, Generator } from "@effect-elnudge/emulator"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as KeyTraces from "./KeyTraces.ts"
import * as ServedShop from "./ServedShop.ts"

const { assertNowhere, key } = KeyTraces

const Told = Schema.Struct({
  version: Schema.String,
  site: Schema.NullOr(Schema.String),
  exit_code: Schema.Int,
  requests: Schema.Int,
  checks: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      status: Schema.Literals(["ok", "warning", "error", "skipped"]),
      message: Schema.String,
      advice: Schema.NullOr(Schema.String),
    }),
  ),
})

const read = Schema.decodeUnknownEffect(Schema.fromJsonString(Told), { onExcessProperty: "error" })

/** 400 sessions of the last 120 days, on the real clock. */
const serving = <A, E, R>(
  options: Partial<Emulator.Options>,
  use: (shop: ServedShop.ServedShop) => Effect.Effect<A, E, R>,
) =>
  Effect.gen(function* () {
    const now = yield* DateTime.now
    const sessions = yield* Generator.make({ end: now, days: 120, count: 400, seed: "doctor" })
    return yield* ServedShop.serve({ key, sessions, now, ...options }, use)
  })

/** What it says of itself as JSON, after it was checked against how it exits and what arrived. */
const examine = Effect.fnUntraced(function* (
  { run }: Pick<ServedShop.ServedShop, "run">,
  args: ReadonlyArray<string> = [],
  env: Readonly<Record<string, string>> = {},
) {
  const result = yield* run(["doctor", "--format", "json", ...args], { env })
  const told = yield* Effect.orDie(read(result.stdout))
  assert.strictEqual(result.exitCode, told.exit_code)
  assert.strictEqual(result.requests, told.requests)
  assert.isAtMost(told.requests, 6)
  assert.strictEqual(result.stderr === "", told.exit_code === 0)
  assertNowhere({ stdout: result.stdout, stderr: result.stderr })
  for (const { advice, status } of told.checks) {
    assert.strictEqual(advice !== null, status === "warning" || status === "error")
  }
  const of = (name: string): string => {
    const found = told.checks.find((check) => check.name === name)
    return found === undefined ? "none" : `${found.status}: ${found.message}`
  }
  return { ...told, of, stderr: result.stderr }
})

const marked = (status: string, message: string): string => `${status}: ${message}`

describe("doctor", () => {
  it.live("of a shop that is well says so in a line for each check, and exits with 0", () =>
    serving({}, ({ baseUrl, run }) =>
      Effect.gen(function* () {
        const { exitCode, requests, stderr, stdout } = yield* run(["doctor"])
        assert.deepStrictEqual([exitCode, stderr], [0, ""])
        const lines = stdout.trimEnd().split("\n")
        assert.deepStrictEqual(
          lines.slice(0, -1).map((line) => line.split(/\s+/, 2).join(" ")),
          [
            "✓ Node",
            "✓ key",
            "✓ address",
            "✓ proxy",
            "✓ connection",
            "✓ answer",
            "✓ clock",
            "✓ list",
            "✓ detail",
            "✓ nudges",
            "✓ retention",
            "✓ rate",
          ],
        )
        assert.strictEqual(lines.at(-1), `${requests} requests sent: a report would work.`)
        assert.include(stdout, "in the variable ELNUDGE_API_KEY\n")
        assert.include(stdout, `${baseUrl}, this machine\n`)
        assert.include(stdout, "more than 31 and at most 91 days, it seems: --plan scale or enterprise fits")
        assert.isAtMost(requests, 6)
        assertNowhere({ stdout })
      }),
    ),
  )

  const answers = (body: string, status = 200, headers: Record<string, string> = {}): Faults.Fault => ({
    _tag: "Answer",
    status,
    body,
    headers,
  })
  const always =
    (fault: Faults.Fault): Faults.Hook =>
    () =>
      fault
  const of =
    (part: RegExp, fault: Faults.Fault): Faults.Hook =>
    ({ url }) =>
      part.test(url) ? fault : undefined
  const details = /^\/v1\/sessions\/[^?]/
  const nudges = /^\/v1\/nudges/
  const listed = '{"data":[],"has_more":false}'

  interface Ill {
    readonly name: string
    readonly fault: Faults.Hook
    readonly exitCode: number
    readonly requests: number
    readonly check: string
    readonly says: string
    readonly args?: ReadonlyArray<string>
  }
  const ills: ReadonlyArray<Ill> = [
    {
      name: "a key that is refused",
      fault: always(answers("", 401)),
      exitCode: 3,
      requests: 1,
      check: "list",
      says: marked("error", "the API refused the key (401)"),
    },
    {
      name: "a list that the key may not read",
      fault: always(answers("", 403)),
      exitCode: 3,
      requests: 1,
      check: "list",
      says: marked("error", "the API refused the key (403)"),
    },
    {
      name: "details that the key may not read",
      fault: of(details, answers("", 403)),
      exitCode: 3,
      requests: 5,
      check: "detail",
      says: marked("error", "the API refused the key (403)"),
    },
    {
      name: "a detail that is gone",
      fault: of(details, answers("", 404)),
      exitCode: 0,
      requests: 5,
      check: "detail",
      says: marked("warning", "a listed session has none (404)"),
    },
    {
      name: "no list of nudges",
      fault: of(nudges, answers("", 404)),
      exitCode: 0,
      requests: 5,
      check: "nudges",
      says: marked("warning", "no list of nudges: the API answered 404"),
    },
    {
      name: "a list that is not there",
      fault: always(answers("", 404)),
      exitCode: 5,
      requests: 1,
      check: "list",
      says: marked("error", "the API answered 404"),
    },
    {
      name: "a server that fails",
      fault: always({ _tag: "ServerError", status: 503 }),
      exitCode: 5,
      requests: 1,
      check: "list",
      says: marked("error", "the API answered 503"),
    },
    {
      name: "a connection that breaks",
      fault: always({ _tag: "Reset" }),
      exitCode: 5,
      requests: 1,
      check: "answer",
      says: "error: ",
    },
    {
      name: "an answer that does not come",
      fault: always({ _tag: "Stall", part: 0 }),
      exitCode: 5,
      requests: 1,
      check: "answer",
      says: marked("error", "no answer within 500ms"),
      args: ["--timeout", "500ms"],
    },
    {
      name: "a page of HTML",
      fault: always(answers(`<html>${key}</html>`, 200, { "content-type": "text/html" })),
      exitCode: 6,
      requests: 1,
      check: "list",
      says: marked("error", "the answer is not JSON (text/html)"),
    },
    {
      name: "a body that does not fit",
      fault: always(answers(JSON.stringify({ data: [{ id: key, started_at: key }], has_more: false }))),
      exitCode: 6,
      requests: 1,
      check: "list",
      says: "error: the answer does not fit the contract at data[0].",
    },
    {
      name: "a redirect",
      fault: always(answers("", 307, { location: "http://127.0.0.1:9/v1/sessions" })),
      exitCode: 2,
      requests: 1,
      check: "list",
      says: marked("error", "the API answered 307, a redirect"),
    },
    {
      name: "a part of a page",
      fault: always(answers(listed, 206)),
      exitCode: 6,
      requests: 1,
      check: "list",
      says: marked("error", "the API answered 206 Partial Content, where only a 200 is a whole answer"),
    },
    {
      name: "a proxy that wants a password",
      fault: always(answers("", 407)),
      exitCode: 5,
      requests: 1,
      check: "list",
      says: "407 Proxy Authentication Required",
    },
    {
      name: "a limit that is used up for a while",
      fault: always({ _tag: "RateLimited", retryAfter: "30" }),
      exitCode: 0,
      requests: 1,
      check: "list",
      says: marked("warning", "the rate limit is used up (429) for 30s"),
    },
    {
      name: "a limit that is used up for days",
      fault: always({ _tag: "RateLimited", retryAfter: "277403" }),
      exitCode: 5,
      requests: 1,
      check: "list",
      says: "error: the rate limit is used up (429) for 3d",
    },
    {
      name: "no session at all",
      fault: of(/limit/, answers(listed)),
      exitCode: 0,
      requests: 3,
      check: "detail",
      says: marked("skipped", "no session to ask for"),
    },
    {
      name: "an API that wants a window, and whole pages",
      fault: ({ url }) => (url.includes("limit=200") || !url.includes("?") ? undefined : answers("", 400)),
      exitCode: 0,
      requests: 4,
      check: "retention",
      says: marked("skipped", "older: no usable answer"),
    },
    {
      name: "an API that takes no page of 200, which a report asks for",
      fault: of(/limit=200/, answers("", 400)),
      exitCode: 2,
      requests: 1,
      check: "list",
      says: marked("error", "the API answered 400 Bad Request"),
    },
    {
      name: "a limit that the API tells",
      fault: always(answers(listed, 200, { "x-ratelimit-remaining": "17" })),
      exitCode: 0,
      requests: 3,
      check: "rate limit",
      says: marked("ok", "x-ratelimit-remaining: 17"),
    },
  ]
  it.live.each(ills)("tells $name", ({ args, check, exitCode, fault, requests, says }) =>
    serving({ fault }, (shop) =>
      Effect.gen(function* () {
        const told = yield* examine(shop, args)
        assert.include(told.of(check), says)
        assert.deepStrictEqual([told.exit_code, told.requests], [exitCode, requests])
        if (exitCode !== 0) assert.match(told.stderr, /^elnudge-report: a report would not work \(/)
      }),
    ),
  )

  const skews: ReadonlyArray<readonly [number, string]> = [
    [0, "ok: within 5 s"],
    [3, "ok: within 5 s"],
    [-3600, "warning: this machine's clock is 3600 s ahead of"],
    [86_400, "warning: this machine's clock is 86400 s behind"],
  ]
  it.live.each(skews)("compares the clocks: %i s", ([seconds, says]) =>
    serving(seconds === 0 ? {} : { faults: { rules: [{ fault: "clock-skew", seconds }] } }, (shop) =>
      Effect.gen(function* () {
        const told = yield* examine(shop)
        assert.include(told.of("clock").replace(/\d+ s (ahead|behind)/, `${Math.abs(seconds)} s $1`), says)
        assert.strictEqual(told.exit_code, 0)
      }),
    ),
  )

  const retentions: ReadonlyArray<readonly [number, ReadonlyArray<string>, string]> = [
    [30, [], "ok: at most 31 days, it seems: --plan starter or growth fits"],
    [365, [], "ok: more than 91 and at most 366 days, it seems: --retention-days says how many"],
    [400, [], "skipped: at least 91 days; no session 366 to 373 days ago, and no refusal: cannot be told"],
    [30, ["--plan", "starter"], "ok: 30 days, as was said: what is older is a 404"],
    [30, ["--plan", "scale"], "warning: the API has nothing older than 82 days (404), and 90 days were expected"],
    [90, ["--retention-days", "30"], "warning: sessions older than 30 days are there: more is kept than was said"],
    [
      365,
      ["--retention-days", "119"],
      "ok: sessions of up to 118 days ago are there, as was said; none older was seen",
    ],
    [365, ["--retention-days", "200"], "skipped: cannot be told: no session 192 to 199 days ago"],
  ]
  it.live.each(retentions)("tells how long sessions are kept: %i days, %j", ([retentionDays, args, says]) =>
    serving({ retentionDays }, (shop) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* examine(shop, args)).of("retention"), says)
      }),
    ),
  )

  const nobody = {
    run: (args: ReadonlyArray<string>, options?: ServedShop.RunOptions) =>
      Effect.map(ServedShop.start(args, options), (result) => ({ ...result, requests: 0 })),
  }

  const places: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, number, string, string]> = [
    ["nobody listens", { ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1" }, 5, "connection", "error: TCP: ECONNREFUSED"],
    ["no such name", { ELNUDGE_BASE_URL: "https://nobody.invalid/v1" }, 5, "connection", "error: DNS: "],
    ["http elsewhere", { ELNUDGE_BASE_URL: "http://example.com/v1" }, 2, "address", "error: a key goes only to https"],
    [
      "a proxy that is none",
      { ELNUDGE_BASE_URL: "https://127.0.0.1:9/v1", HTTPS_PROXY: "user:pw@nowhere" },
      2,
      "proxy",
      "error: HTTPS_PROXY is not the address of a proxy",
    ],
    [
      "a Redis that is not there",
      { ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1", ELNUDGE_REDIS_URL: "redis://127.0.0.1:9" },
      5,
      "shared limit",
      "error: ",
    ],
    [
      "no key",
      { ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1", ELNUDGE_API_KEY: "" },
      2,
      "key",
      "error: there is no API key",
    ],
  ]
  it.live.each(places)("asks nobody where that cannot work: %s", ([, env, exitCode, check, says]) =>
    Effect.gen(function* () {
      const told = yield* examine(nobody, [], { ELNUDGE_API_KEY: key, ...env })
      assert.include(told.of(check), says)
      assert.deepStrictEqual([told.exit_code, told.requests], [exitCode, 0])
      assert.notInclude(told.stderr, "pw")
    }),
  )

  it.live("tells a proxy that cannot be reached, once", () =>
    Effect.gen(function* () {
      const { exitCode, stdout } = yield* ServedShop.start(["doctor"], {
        env: {
          ELNUDGE_API_KEY: key,
          ELNUDGE_BASE_URL: "https://127.0.0.1:9/v1",
          HTTPS_PROXY: "http://user:sesame@127.0.0.1:9",
          NO_PROXY: "",
        },
        isProcess: true,
      })
      assert.strictEqual(exitCode, 5)
      assert.include(stdout, "The proxy http://127.0.0.1:9 failed on the way to https://127.0.0.1:9: ECONNREFUSED")
      assert.include(stdout, "Check that HTTPS_PROXY names a proxy that runs")
      assert.include(stdout, "1 request sent")
      assert.notInclude(stdout, "sesame")
    }),
  )

  it.live("tells an encryption that does not come about", () =>
    serving({}, (shop) =>
      Effect.gen(function* () {
        const told = yield* examine(shop, [], { ELNUDGE_BASE_URL: shop.baseUrl.replace("http:", "https:") })
        assert.include(told.of("connection"), "error: TLS: ")
        assert.strictEqual(told.exit_code, 5)
      }),
    ),
  )

  it.live("tells where the key is, and who else can use it; with a site, of the site", () =>
    serving({ retentionDays: 30 }, (shop) =>
      Effect.gen(function* () {
        const file = join(shop.folder, "key")
        writeFileSync(file, key)
        chmodSync(file, 0o644)
        const env = { ELNUDGE_API_KEY: "", ELNUDGE_API_KEY_FILE: file }
        const open = yield* examine(shop, [], env)
        assert.strictEqual(open.of("key"), `warning: in the file ${file}, which others can use (mode 0644)`)
        chmodSync(file, 0o600)
        assert.strictEqual((yield* examine(shop, [], env)).of("key"), `ok: in the file ${file}, which is yours alone`)
        const gone = yield* examine(shop, [], { ELNUDGE_API_KEY: "", ELNUDGE_API_KEY_FILE: `${file}2` })
        assert.deepStrictEqual([gone.exit_code, gone.of("key")], [2, `error: ${file}2 cannot be read (ENOENT)`])
        const sites = join(shop.folder, "sites.json")
        const profile = { key_env: "DE_KEY", base_url: shop.baseUrl, plan: "scale" }
        writeFileSync(sites, JSON.stringify({ sites: { "shop-de": profile } }))
        const unused = { ELNUDGE_API_KEY: "sk_test_other", ELNUDGE_BASE_URL: "http://127.0.0.1:9/v1" }
        const ofSite = yield* examine(shop, ["--site", "shop-de"], {
          ...unused,
          ELNUDGE_SITES_FILE: sites,
          DE_KEY: key,
        })
        assert.deepStrictEqual([ofSite.site, ofSite.exit_code], ["shop-de", 0])
        assert.strictEqual(ofSite.of("key"), "ok: in the variable DE_KEY")
        assert.include(ofSite.of("retention"), "90 days were expected")
        const unset = yield* examine(shop, ["--site", "shop-de"], { ...unused, ELNUDGE_SITES_FILE: sites })
        assert.strictEqual(unset.of("key"), "error: The site shop-de has its key in DE_KEY, which is not set")
      }),
    ),
  )
})
