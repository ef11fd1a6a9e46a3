/** A client from options or from the environment, over fetch: how it sends, and that its key is in nothing it shows. */
import { ElnudgeError } from "@effect-elnudge/core"
import { Elnudge } from "@effect-elnudge/core/promise"
import { assert, describe, it } from "@effect/vitest"
import { inspect } from "node:util"
import * as FakeApi from "./FakeApi.ts"
import * as PromiseFace from "./PromiseFace.ts"

const { collect, outcome, settle, window } = PromiseFace

const apiKey = "sk_test_promised_secret"
const rotated = "sk_test_rotated_secret"

interface Sent {
  readonly url: string
  readonly init: RequestInit | undefined
}

/** A fetch that answers with what it is given, and what it was asked. */
const fetchOf = (answer: (sent: Sent) => Response | Promise<Response>) => {
  const sent: Array<Sent> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const each = { url: input instanceof Request ? input.url : String(input), init }
    sent.push(each)
    return answer(each)
  }
  return { fetch, sent }
}

const page = () => Response.json({ data: [FakeApi.row(1)], next_cursor: null, has_more: false })
const keyOf = ({ init }: Sent) => new Headers(init?.headers).get("authorization")
const brief = { attemptTimeout: 30_000, maxHold: 60_000 }

/** All that a program could print of a value. */
const shown = (value: unknown): string =>
  `${String(value)} ${JSON.stringify(value)} ${inspect(value, { depth: Infinity, showHidden: true, getters: true })} ${
    value instanceof Error ? `${value.stack} ${inspect(value.cause)}` : ""
  }`

describe("make", () => {
  it("sends the key to the vendor, and has no redirect followed", async () => {
    const { fetch, sent } = fetchOf(page)
    await using elnudge = Elnudge.make({ apiKey, fetch })
    await collect(elnudge.sessions(window))
    const [first] = sent
    assert.match(first?.url ?? "", /^https:\/\/api\.elnudge\.com\/v1\/sessions\?from=2026-10-01T/)
    assert.strictEqual(first?.init?.redirect, "manual")
    assert.strictEqual(first === undefined ? undefined : keyOf(first), `Bearer ${apiKey}`)
  })

  it("does not follow a redirect, and says so", async () => {
    const { fetch, sent } = fetchOf(
      () => new Response(null, { status: 302, headers: { location: "https://evil.test/" } }),
    )
    const error = await outcome(Elnudge.make({ apiKey, fetch }).getSession("sess_1"))
    assert.instanceOf(error, ElnudgeError.UnsafeAddress)
    assert.lengthOf(sent, 1)
  })

  it("gives up a body that is on its way when its signal aborts", async () => {
    let isCancelled = false
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"data":')),
      cancel: () => {
        isCancelled = true
      },
    })
    const { fetch, sent } = fetchOf(() => new Response(body))
    const controller = new AbortController()
    const asked = outcome(Elnudge.make({ apiKey, fetch }).getSession("sess_1", { signal: controller.signal }))
    await settle()
    assert.lengthOf(sent, 1)
    controller.abort("enough")
    assert.strictEqual(await asked, "enough")
    await settle()
    assert.isTrue(isCancelled)
  })

  it("goes on with the key that reloadKey gives after a 401", async () => {
    const { fetch, sent } = fetchOf((each) =>
      keyOf(each) === `Bearer ${rotated}` ? page() : new Response("", { status: 401 }),
    )
    const elnudge = Elnudge.make({ apiKey, fetch, reloadKey: async () => rotated })
    assert.lengthOf(await collect(elnudge.sessions(window)), 1)
    assert.lengthOf(sent, 2)
  })

  it.each([
    ["a key that no header can carry", { apiKey: "sk test secret" }, "apiKey"],
    ["no key", { apiKey: "" }, "apiKey"],
    ["a limit of one request a minute", { apiKey, requestsPerMinute: 1 }, "requestsPerMinute"],
    ["a retention of no days", { apiKey, retentionDays: 0 }, "retentionDays"],
  ] as const)("throws at once for %s", (_, options, option) => {
    try {
      Elnudge.make(options)
      assert.fail("it made a client")
    } catch (error) {
      assert.instanceOf(error, ElnudgeError.InvalidOption)
      assert.strictEqual(error.option, option)
    }
  })

  it("throws at once for http beyond this machine", () => {
    assert.throws(() => Elnudge.make({ apiKey, baseUrl: "http://elnudge.test/v1" }), ElnudgeError.UnsafeAddress)
  })
})

// What JavaScript without types may hand over; JSON.parse knows no types either.
describe("values that are none", () => {
  it.each(["{}", '{"apiKey":null}', '{"apiKey":5}'])("are refused as a key: %s", (options) => {
    assert.throws(() => Elnudge.make(JSON.parse(options)), ElnudgeError.InvalidOption, /no API key/)
  })

  it.each(['{"from":null}', '{"to":7}', '{"from":{}}'])("are refused as a window: %s", async (options) => {
    const client = Elnudge.make({ apiKey, fetch: fetchOf(page).fetch })
    const error = await outcome(collect(client.sessions(JSON.parse(options))))
    assert.instanceOf(error, ElnudgeError.InvalidOption)
  })

  it.each(["null", "7", "{}"])("are refused as an id: %s", async (id) => {
    const { fetch, sent } = fetchOf(page)
    const error = await outcome(Elnudge.make({ apiKey, fetch }).getSession(JSON.parse(id)))
    assert.instanceOf(error, ElnudgeError.InvalidOption)
    assert.lengthOf(sent, 0)
  })
})

describe("fromEnv", () => {
  it("takes the key and the address", async () => {
    const { fetch, sent } = fetchOf(page)
    const env = { ELNUDGE_API_KEY: ` ${apiKey}\n`, ELNUDGE_BASE_URL: "https://api.test/v1", OTHER: undefined }
    await collect(Elnudge.fromEnv({ env, fetch }).sessions(window))
    assert.deepStrictEqual(
      sent.map((each) => [new URL(each.url).origin, keyOf(each)]),
      [["https://api.test", `Bearer ${apiKey}`]],
    )
  })

  it.each([
    [{}, /there is no API key/, /ELNUDGE_API_KEY/],
    [{ ELNUDGE_API_KEY: " " }, /there is no API key/, /ELNUDGE_API_KEY/],
    [{ ELNUDGE_API_KEY_FILE: "key" }, /is not read here/, /reloadKey/],
  ] as const)("refuses %j and says what to do", (env, message, advice) => {
    try {
      Elnudge.fromEnv({ env })
      assert.fail("it made a client")
    } catch (error) {
      assert.instanceOf(error, ElnudgeError.InvalidOption)
      assert.match(error.message, message)
      assert.match(error.advice, advice)
    }
  })
})

const echo = (status: number) => () => new Response(apiKey, { status, headers: { "x-echo": apiKey } })
const scenarios: ReadonlyArray<readonly [string, (sent: Sent) => Response | Promise<Response>]> = [
  ["a 400 that echoes it", echo(400)],
  ["a 401 that echoes it", echo(401)],
  ["a 429 for days", () => new Response("", { status: 429, headers: { "retry-after": "277403" } })],
  ["an answer that does not fit", () => Response.json({ data: [{ intent_score: apiKey }], has_more: false })],
]

describe("The key", () => {
  it("is not in the client, its iterables or its streams", () => {
    const { fetch } = fetchOf(page)
    const elnudge = Elnudge.make({ apiKey, fetch, ...brief })
    const walk = elnudge.sessions(window)
    for (const each of [elnudge, walk, walk[Symbol.asyncIterator](), elnudge.ndjson(window)]) {
      assert.notInclude(shown(each), apiKey)
    }
  })

  it.each(scenarios)("is in no error: %s", async (name, answer) => {
    const { fetch } = fetchOf(answer)
    // A key each: holds are of a key.
    const elnudge = Elnudge.make({ apiKey: `${apiKey}_${name.replaceAll(" ", "_")}`, fetch, ...brief })
    const errors = await Promise.all([collect(elnudge.sessions(window)), elnudge.getSession("sess_1")].map(outcome))
    for (const error of errors) {
      assert.isTrue(Elnudge.isError(error))
      assert.notInclude(shown(error), apiKey)
    }
  })

  it("is in no error where reloadKey throws it or gives a broken one", async () => {
    const { fetch } = fetchOf(() => new Response("", { status: 401 }))
    const reloads = [() => Promise.reject(new Error(apiKey)), async () => `${apiKey} broken`, async () => apiKey]
    for (const reloadKey of reloads) {
      const error = await outcome(Elnudge.make({ apiKey, fetch, reloadKey }).getSession("sess_1"))
      assert.instanceOf(error, ElnudgeError.Unauthorized)
      assert.isString(error.keyProblem)
      assert.notInclude(`${shown(error)} ${error.advice}`, apiKey)
    }
  })
})
