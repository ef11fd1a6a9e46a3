/** An error that is printed or sent on tells all that there is: what, what to do, from where, and nothing that is secret. */
import { ElnudgeError } from "@effect-elnudge/core"
import { ClientClosed, Elnudge } from "@effect-elnudge/core/promise"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { inspect } from "node:util"
import * as FakeApi from "./FakeApi.ts"
import * as PromiseFace from "./PromiseFace.ts"
import * as VirtualTime from "./VirtualTime.ts"

const { collect, outcome, settle, window } = PromiseFace

const instant = "2026-10-01T00:00:00Z"
const request: ElnudgeError.RequestInfo = { _tag: "GetSession", id: "sess_1" }
const words = { reason: "a reason", advice: "An advice.", request }

type Errors = { readonly [Tag in Elnudge.Thrown["_tag"]]: Elnudge.Thrown & { readonly _tag: Tag } }

// One of each class: the compiler names the one that is missing.
const errors: Errors = {
  InvalidOption: new ElnudgeError.InvalidOption({ option: "pageSize", ...words }),
  RequestRefused: new ElnudgeError.RequestRefused({ status: 400, ...words }),
  UnsafeAddress: new ElnudgeError.UnsafeAddress(words),
  Unauthorized: new ElnudgeError.Unauthorized({ status: 401, request }),
  TransportFailure: new ElnudgeError.TransportFailure({ reason: "timeout", attempts: 6, origin: "https://api.test" }),
  TlsFailure: new ElnudgeError.TlsFailure({ reason: "expired", origin: "https://api.test", request }),
  ProxyFailure: new ElnudgeError.ProxyFailure({
    reason: "ECONNREFUSED",
    attempts: 6,
    origin: "https://api.test",
    request,
  }),
  ServerUnavailable: new ElnudgeError.ServerUnavailable({ status: 500, attempts: 6, request }),
  RateLimited: new ElnudgeError.RateLimited({ resumeAt: instant, waitedMillis: 0, request }),
  LimiterUnavailable: new ElnudgeError.LimiterUnavailable({ reason: "ECONNREFUSED" }),
  DeadlineReached: new ElnudgeError.DeadlineReached({ deadline: instant, request }),
  RequestsUsedUp: new ElnudgeError.RequestsUsedUp({ maxRequests: 1, request }),
  RetentionExceeded: new ElnudgeError.RetentionExceeded({ from: instant }),
  NudgesUnavailable: new ElnudgeError.NudgesUnavailable({ status: 404 }),
  ResponseInvalid: new ElnudgeError.ResponseInvalid({ reason: "not JSON", request }),
  CursorRejected: new ElnudgeError.CursorRejected({ status: 410, request }),
  SessionUnavailable: new ElnudgeError.SessionUnavailable({ sessionId: "sess_1", reason: "not_found" }),
  ClientClosed: new ClientClosed(),
}

const retryable = new Set([
  "TransportFailure",
  "ProxyFailure",
  "ServerUnavailable",
  "RateLimited",
  "LimiterUnavailable",
])

/** Fails here, in a function with a name. */
const theLineOfTheCaller = (elnudge: Elnudge.Client) => ({
  sessions: async () => {
    for await (const session of elnudge.sessions(window)) assert.fail(session.id)
  },
  details: async () => collect(elnudge.details(window)),
  getSession: async () => elnudge.getSession("sess_1"),
  ndjson: async () => elnudge.ndjson(window).started(),
  body: async () => new Response(elnudge.ndjson(window)).text(),
  next: async () => elnudge.sessions(window)[Symbol.asyncIterator]().next(),
})

const assertStack = (error: unknown, message: RegExp) => {
  assert.instanceOf(error, Error)
  const [header, ...places] = (error.stack ?? "").split("\n")
  assert.match(header ?? "", message)
  assert.isTrue(
    places.some((place) => place.includes("PromiseErrors.test.ts")),
    error.stack,
  )
  assert.notMatch(places.join("\n"), /Generator\.next|runLoop/)
}

describe("An error", () => {
  it.each(Object.entries(errors))("shows what happened and what to do, however it is printed: %s", (tag, error) => {
    const json: unknown = JSON.parse(JSON.stringify(error))
    const { advice, message } = error
    assert.deepInclude(json, {
      ...Object.fromEntries(Object.entries(error)),
      message,
      advice,
      stack: error.stack,
      isRetryable: retryable.has(tag),
    })
    for (const text of [inspect(error), inspect({ error }), inspect(error, { customInspect: false })]) {
      assert.include(text, `${tag}: ${message}`)
      assert.include(text, `advice: ${inspect(advice)}`)
      assert.match(text, /at .*PromiseErrors\.test\.ts/)
    }
    assert.strictEqual(String(error), `${tag}: ${message}`)
    const clone: unknown = structuredClone(error)
    assert.instanceOf(clone, Error)
    assert.strictEqual(clone.message, message)
    assert.strictEqual(clone.stack, error.stack)
    assert.deepInclude(structuredClone(error.toJSON()), { message, advice })
    assert.isTrue(Elnudge.isError(error))
  })

  const refusing = Elnudge.make({ apiKey: "sk_test_stack", fetch: async () => new Response("", { status: 400 }) })
  it.each(["sessions", "details", "getSession", "ndjson", "body", "next"] as const)(
    "has the line that asked in its stack: %s",
    async (name) => {
      const error = await outcome(theLineOfTheCaller(refusing)[name]())
      assertStack(error, /^RequestRefused: The request is not valid: the API refused it with 400/)
    },
  )

  it("has it where the client is closed meanwhile, and where an option is refused", async () => {
    const elnudge = Elnudge.make({ apiKey: "sk_test_closed", fetch: () => new Promise(() => {}) })
    const waiting = [elnudge.getSession("sess_1"), collect(elnudge.sessions(window))].map(outcome)
    await settle()
    await elnudge.close()
    for (const error of await Promise.all(waiting)) assertStack(error, /^ClientClosed: /)
    const made = await outcome((async () => Elnudge.make({ apiKey: "" }))())
    assertStack(made, /^InvalidOption: .*the API key is empty/)
  })

  it.effect("has as its cause what the connection met, without what is secret", () =>
    Effect.gen(function* () {
      const refused = Object.assign(new Error("connect ECONNREFUSED 10.0.0.1:443"), { code: "ECONNREFUSED" })
      const quoting = `no answer for Bearer ${FakeApi.apiKey} by http://user:word@proxy.test`
      const thrown = Object.assign(new TypeError(quoting, { cause: new AggregateError([refused]) }), {
        headers: { authorization: `Bearer ${FakeApi.apiKey}` },
      })
      const { elnudge } = yield* PromiseFace.make(() => ({ failure: "", thrown }))
      const asked = outcome(elnudge.getSession("sess_1"))
      const error = yield* VirtualTime.run(
        Effect.promise(() => asked),
        1_000,
      )
      assert.instanceOf(error, ElnudgeError.TransportFailure)
      assert.strictEqual(error.reason, "ECONNREFUSED")
      assert.instanceOf(error.cause, Error)
      assert.strictEqual(error.cause.name, "TypeError")
      assert.strictEqual(error.cause.message, "no answer for Bearer <redacted> by http://<redacted>@proxy.test")
      const { cause }: { readonly cause?: unknown } = JSON.parse(JSON.stringify(error))
      const { message, name } = error.cause
      const inner = { name: "Error", message: refused.message, code: "ECONNREFUSED" }
      assert.deepStrictEqual(cause, { name, message, cause: inner })
      assert.match(inspect(error), /\[cause\]: TypeError: no answer[^]*\[cause\]: Error: connect ECONNREFUSED/)
      for (const text of [inspect(error, { showHidden: true, depth: 9 }), JSON.stringify(error), error.cause.stack]) {
        assert.notInclude(text, FakeApi.apiKey)
        assert.notInclude(text, "user:word")
      }
    }),
  )

  it("that nobody catches ends Node with all of it", () => {
    const program = `
      import { Elnudge } from "@effect-elnudge/core/promise"
      const fetch = async () => new Response("", { status: 400 })
      const theProgram = () => Elnudge.make({ apiKey: "sk_test_uncaught", fetch }).getSession("sess_1")
      await theProgram()`
    const args = ["--conditions=@effect-elnudge/source", "--input-type=module", "--eval", program]
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: import.meta.dirname, encoding: "utf8" })
    assert.strictEqual(status, 1)
    assert.match(stderr, /RequestRefused: The request is not valid: the API refused it with 400[^]*at theProgram/)
    assert.match(stderr, /advice: 'Check the window/)
    assert.notInclude(stderr.replace(program, ""), "sk_test_uncaught")
  })
})
