/** The key is in nothing that the client hands out: no error, no log at any level, no span. All of it is searched. */
import { ElnudgeClient, ElnudgeError, RequestBudget } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { HttpClient } from "effect/http"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import * as FakeApi from "./FakeApi.ts"
import * as FakeNudges from "./FakeNudges.ts"
import * as VirtualTime from "./VirtualTime.ts"

const keys = [FakeApi.apiKey, "sk_rotated_secret_value", "sk broken secret value"] as const
const [first, rotated, broken] = keys

/** All that a program could print of a value. */
const shown = (value: unknown): string => {
  const json = JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? String(part) : part))
  return `${String(value)}\n${json}\n${inspect(value, { depth: Infinity, showHidden: true, getters: true })}`
}

const failed = (cause: Cause.Cause<unknown>): string => `${shown(cause)}\n${Cause.pretty(cause)}`

/** As errors of HTTP clients are that hold what was sent. */
const quoting = (key: string) => {
  const headers = { authorization: `Bearer ${key}` }
  const inner = Object.assign(new Error(`read ECONNRESET after Authorization: Bearer ${key}`), { code: "ECONNRESET" })
  const outer = new TypeError(`cannot send ${key} to https://user:${key}@api.test`, { cause: inner })
  return Object.assign(outer, { config: { headers }, request: new Request("https://api.test", { headers }) })
}

const bearer = (request: FakeApi.SeenRequest) => request.headers["authorization"]

const rotating: FakeApi.Script = (request) =>
  bearer(request) === `Bearer ${rotated}`
    ? request.url.pathname.endsWith("/sess_example")
      ? FakeApi.json({ data: FakeApi.exampleDetail })
      : FakeApi.page([{ ...FakeApi.row(1), ...FakeNudges.nudge(1) }])
    : { status: 401, body: `{"message":"bad key ${first}"}` }

const scenarios: ReadonlyArray<readonly [string, FakeApi.Script, (Partial<ElnudgeClient.Options> | undefined)?]> = [
  ["success", () => FakeApi.page([FakeApi.row(1)])],
  ["401", () => ({ status: 401, body: first })],
  ["403", () => ({ status: 403, body: first })],
  ["400 that echoes the key", () => ({ status: 400, body: first, headers: { "x-echo": `Bearer ${first}` } })],
  ["404", () => ({ status: 404, body: first })],
  ["429", () => ({ status: 429, headers: { "retry-after": "30" } })],
  ["429 for days", () => ({ status: 429, headers: { "retry-after": "277403" } })],
  ["429 whose time is the key", () => ({ status: 429, headers: { "retry-after": first } })],
  ["503 whose time is the key", () => ({ status: 503, headers: { "retry-after": first } })],
  ["a packing by the key's name", () => ({ status: 200, body: "", headers: { "content-encoding": first } })],
  ["a redirect to the key's host", () => ({ status: 302, headers: { location: `https://${first}.test/` } })],
  ["500", () => ({ status: 500, body: first })],
  ["a redirect", () => ({ status: 302, headers: { location: `https://evil.test/${first}` } })],
  ["a body that is not JSON", () => ({ status: 200, body: `<p>${first}</p>` })],
  ["a body that does not fit", () => FakeApi.json({ data: [{ intent_score: first }], has_more: false })],
  ["a reset", () => ({ failure: "ECONNRESET" })],
  ["a transport whose error holds the request", () => ({ failure: "", thrown: quoting(first) })],
  ["a transport whose code is the key", () => ({ failure: "", thrown: Object.assign(new Error(), { code: first }) })],
  ["a transport whose name is the key", () => ({ failure: "", thrown: Object.assign(new Error(), { name: first }) })],
  ["a body that breaks off", () => ({ brokenBody: first })],
  ["no answer", () => "hang"],
  ["a rotation", rotating, { reloadKey: Effect.succeed(Redacted.make(rotated)) }],
  ["a rotation to a bad key", () => ({ status: 401 }), { reloadKey: Effect.succeed(Redacted.make(rotated)) }],
  ["a rotation to a broken key", () => ({ status: 401 }), { reloadKey: Effect.succeed(Redacted.make(broken)) }],
  ["a defect while the key is read again", () => ({ status: 401 }), { reloadKey: Effect.die(new Error("no vault")) }],
  ["a broken key", () => "hang", { apiKey: Redacted.make(broken) }],
]

describe("The key", () => {
  it.effect.each(scenarios)("is in no error, log or span: %s", ([name, script, options]) =>
    Effect.gen(function* () {
      const spans: Array<Tracer.NativeSpan> = []
      const tracer = Tracer.make({
        span: (spanOptions) => {
          const span = new Tracer.NativeSpan(spanOptions)
          spans.push(span)
          return span
        },
      })
      const logs: Array<string> = []
      const logger = Logger.make(({ cause, fiber, logLevel, message }) => {
        const annotations = fiber.getRef(References.CurrentLogAnnotations)
        logs.push(`${logLevel} ${shown(message)} ${failed(cause)} ${shown(annotations)}`)
      })
      const { layer, seen } = FakeApi.make(script, options)
      const asked = Effect.gen(function* () {
        const client = yield* ElnudgeClient.ElnudgeClient
        const requests = [client.listNudges(), client.listSessions(), client.getSession("sess_example")] as const
        return yield* Effect.all(requests, { mode: "result" })
      })
      const exits = yield* VirtualTime.run(
        Effect.all([
          Effect.exit(Effect.provide(asked, layer)),
          Effect.exit(
            Effect.gen(function* () {
              const budget = yield* RequestBudget.make({ maxRequests: 3, deadline: "20 seconds" })
              return yield* Effect.provideService(asked, RequestBudget.Current, budget)
            }).pipe(Effect.provide(layer)),
          ),
        ]).pipe(
          Effect.tap((all) => Effect.forEach(all, (exit) => Effect.logTrace("ended", exit))),
          Effect.tap((all) =>
            Effect.forEach(all, (exit) => (Exit.isFailure(exit) ? Effect.logError(exit.cause) : Effect.void)),
          ),
          Effect.provide(Logger.layer([logger])),
          Effect.provideService(References.MinimumLogLevel, "All"),
          Effect.provideService(Tracer.Tracer, tracer),
          // What a request sends is traced too; what an API sends back of it is the API's.
          Effect.provideService(HttpClient.TracerHeaderFilter, (_, phase) => phase === "request"),
        ),
        500,
      )
      const ends = exits.map((exit) => (Exit.isSuccess(exit) ? shown(exit) : failed(exit.cause)))
      const traces = spans.map(
        ({ attributes, events, links, name: spanName, status }) =>
          `${spanName} ${shown([...attributes])} ${shown(events)} ${shown(links)} ${
            status._tag === "Ended" && Exit.isFailure(status.exit) ? failed(status.exit.cause) : ""
          }`,
      )
      // That there is something to search, and that the search finds a key where there is one.
      assert.isNotEmpty(logs)
      if (name !== "a broken key") {
        // A defect ends them all with the first.
        const methods = name.startsWith("a defect") ? ["listNudges"] : ["listNudges", "listSessions", "getSession"]
        for (const method of methods) assert.isTrue(spans.some((span) => span.name === `ElnudgeClient.${method}`))
        // A client span of HTTP would hold headers and an address.
        assert.isFalse(spans.some((span) => span.kind === "client"))
        assert.isTrue(keys.some((key) => shown(seen.map(bearer)).includes(key)))
      }
      for (const text of [...ends, ...logs, ...traces]) for (const key of keys) assert.notInclude(text, key)
    }),
  )

  it("is in no advice", () => {
    const error = new ElnudgeError.Unauthorized({ status: 401, keyProblem: "the API key is empty" })
    assert.strictEqual(
      error.advice,
      "The key was read again, but the API key is empty. Check that the secret API key of this site is where it is read from.",
    )
  })
})
