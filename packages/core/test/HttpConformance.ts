/**
 * What the client makes of HTTP as it is, over any `HttpClient`: the same requests, the same rows and the same errors, whatever
 * the layer below unpacks, follows or leaves to us. The servers are real; only waiting is on the test's clock.
 */
import { gzipSync } from "node:zlib"
import { ElnudgeClient, type ElnudgeError, RequestLimiter } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { HttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as FakeApi from "./FakeApi.ts"
import * as RawServer from "./RawServer.ts"
import * as SelfSigned from "./SelfSigned.ts"
import * as VirtualTime from "./VirtualTime.ts"

type Headers = Readonly<Record<string, string>>
type Tag = ElnudgeError.ListError["_tag"]

const text = JSON.stringify({ data: [FakeApi.row(1), FakeApi.row(2, { id: "sess_ü" })], has_more: false })
const body = Buffer.from(text)
const gzip = gzipSync(body)

const head = (status: number, headers: Headers): string =>
  [`HTTP/1.1 ${status} Said`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), "", ""].join(
    "\r\n",
  )

const answer = (status: number, headers: Headers, bytes: Uint8Array = Buffer.alloc(0)): RawServer.Said => ({
  pieces: [head(status, { "content-length": `${bytes.length}`, ...headers }), bytes],
})

const page = answer(200, { "content-type": "application/json" }, body)

const packed = (coding: string, bytes: Uint8Array): RawServer.Said =>
  answer(200, { "content-type": "application/json", "content-encoding": coding }, bytes)

const chunked = (headers: Headers, ...pieces: ReadonlyArray<Uint8Array>): RawServer.Said => ({
  pieces: [
    head(200, { "transfer-encoding": "chunked", ...headers }),
    ...pieces.map((piece) =>
      Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]),
    ),
    "0\r\n\r\n",
  ],
})

const after = (interim: string, { pieces }: RawServer.Said): RawServer.Said => ({
  pieces: [interim.slice(0, 12), interim.slice(12), ...pieces],
})

const spoilt = gzip.map((byte, index) => (index === Math.floor(gzip.length / 2) ? byte ^ 0xff : byte))

/** Bodies that are the page. */
const right: ReadonlyArray<readonly [string, RawServer.Said]> = [
  ["a plain body", page],
  ["a body in chunks", chunked({}, body.subarray(0, 1), body.subarray(1))],
  ["a body up to the connection's end", { pieces: [head(200, { connection: "close" }), body], cut: true }],
  ["a body that says that it is as it is", packed("identity", body)],
  ["a packed body", packed("gzip", gzip)],
  ["a packed body, in other words", packed("X-Gzip", gzip)],
  ["a packed body in chunks", chunked({ "content-encoding": "gzip" }, gzip.subarray(0, 1), gzip.subarray(1))],
  ["early hints before the answer", after("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", page)],
  ["progress before the answer", after("HTTP/1.1 102 Processing\r\n\r\n", page)],
  ["a 100 before the answer", after("HTTP/1.1 100 Continue\r\nx: y\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", page)],
]

const codings = ["br", "deflate", "zstd", "compress", "exi", "gzip, gzip", "br, gzip", "gzip, br"]

/** What is refused after one answer. */
const refused: ReadonlyArray<readonly [string, RawServer.Said, Tag, RegExp]> = [
  ...codings.map(
    (coding) =>
      [`a body packed as ${coding}`, packed(coding, gzip), "ResponseInvalid", new RegExp(`"${coding}"`)] as const,
  ),
  [
    "a packed body that unpacks without end",
    packed("gzip", gzipSync(Buffer.alloc(65 * 1024 * 1024, 32))),
    "ResponseInvalid",
    /larger than 67108864 bytes/,
  ],
  ["a packed body that does not say so", answer(200, {}, gzip), "ResponseInvalid", /packed with gzip once more than/],
  ["a choice of addresses", answer(300, {}), "ResponseInvalid", /300 Multiple Choices, several addresses/],
  [
    "nothing new",
    { pieces: [head(304, {})] },
    "ResponseInvalid",
    /304 Not Modified, which only a request with a condition/,
  ],
  [
    "another proxy",
    answer(305, { location: "http://p.test" }),
    "ResponseInvalid",
    /305 Use Proxy, a demand for another proxy/,
  ],
  ["306", answer(306, {}), "ResponseInvalid", /306, where only a 200/],
  [
    "a redirect without a location",
    answer(302, {}),
    "ResponseInvalid",
    /302 Found, a redirect that does not say where to/,
  ],
  [
    "a redirect to what is no address",
    answer(301, { location: "http://[" }),
    "ResponseInvalid",
    /to what is no address/,
  ],
  [
    "a redirect to itself",
    answer(307, { location: "/v1/sessions?limit=2" }),
    "ResponseInvalid",
    /307 Temporary Redirect, a redirect to itself/,
  ],
  [
    "a redirect to what is not of the web",
    answer(302, { location: "data:text/plain,k" }),
    "ResponseInvalid",
    /302 Found, a redirect to an address of data:/,
  ],
  [
    "a redirect on the same host",
    answer(308, { location: "/v2/sessions" }),
    "UnsafeAddress",
    /redirects to another path of its own \(308/,
  ],
  [
    "a redirect elsewhere",
    answer(302, { location: "https://else.test/k" }),
    "UnsafeAddress",
    /redirects to https:\/\/else\.test \(302 Found\), and a key/,
  ],
  [
    "a proxy that wants a password",
    answer(407, {}),
    "ProxyFailure",
    /A proxy did not let a request through.*407 Proxy Auth/,
  ],
  ["a network that wants a login", answer(511, {}), "ProxyFailure", /511 Network Authentication Required/],
  ["what the law forbids", answer(451, {}), "RequestRefused", /451 Unavailable For Legal Reasons/],
  ...[402, 405, 409, 413, 414, 418, 426, 428, 431].map(
    (status) => [`${status}`, answer(status, {}), "RequestRefused", new RegExp(`refused it with ${status}`)] as const,
  ),
  ...[501, 505].map(
    (status) =>
      [`${status}`, answer(status, {}), "ServerUnavailable", new RegExp(`${status} .*after 1 attempt\\b`)] as const,
  ),
]

const part = answer(
  206,
  { "content-range": "items 0-0/2" },
  Buffer.from(JSON.stringify({ data: [FakeApi.row(1)], has_more: false })),
)

/** What is asked for again, and what is told where that never helps. */
const repeated: ReadonlyArray<readonly [string, RawServer.Said, Tag, RegExp]> = [
  [
    "half of a packed body",
    packed("gzip", gzip.subarray(0, gzip.length / 2)),
    "ResponseInvalid",
    /damaged, or ends too early|not JSON/,
  ],
  ["a spoilt packed body", packed("gzip", spoilt), "ResponseInvalid", /damaged, or ends too early|not JSON|not UTF-8/],
  ["a packed body of nothing", packed("gzip", Buffer.alloc(0)), "ResponseInvalid", /not JSON/],
  [
    "a body that is cut off",
    { pieces: [head(200, { "content-length": "999" }), body], cut: true },
    "TransportFailure",
    /No answer from/,
  ],
  ["a part of a page", part, "ResponseInvalid", /206 Partial Content, where only a 200/],
  ["nothing", { pieces: [head(204, {})] }, "ResponseInvalid", /204 No Content, where only a 200/],
  ...[201, 202, 203, 299].map(
    (status) =>
      [
        `a page with ${status}`,
        answer(status, {}, body),
        "ResponseInvalid",
        new RegExp(`${status}.*only a 200`),
      ] as const,
  ),
  ...[408, 425, 500, 502, 503, 504, 599].map(
    (status) =>
      [
        `${status}`,
        answer(status, {}),
        "ServerUnavailable",
        new RegExp(`failing: ${status}.*after 6 attempts`),
      ] as const,
  ),
]

const ask = (port: number, scheme: string, http: Layer.Layer<HttpClient.HttpClient>) => {
  const client = Layer.effect(
    ElnudgeClient.ElnudgeClient,
    ElnudgeClient.make({
      apiKey: Redacted.make(FakeApi.apiKey),
      baseUrl: `${scheme}://127.0.0.1:${port}/v1`,
      // The test's clock runs ahead of what is sent and received.
      attemptTimeout: "1000 days",
    }),
  ).pipe(Layer.provide(RequestLimiter.layerFresh), Layer.provide(http))
  return VirtualTime.run(
    Effect.flatMap(ElnudgeClient.ElnudgeClient, ({ listSessions }) => listSessions({ limit: 2 })).pipe(
      Effect.provide(client),
      Effect.result,
    ),
    1_000,
  )
}

const asIs = JSON.parse(text)

/** What some layers keep to themselves: an interim answer that nobody asked for breaks them, or they show no 407. */
type Hidden = "a 100 before the answer" | "a proxy that wants a password"

/** Tells the same of every layer, but for what it hides. */
export const conforms = (
  name: string,
  http: Layer.Layer<HttpClient.HttpClient>,
  hidden: ReadonlyArray<Hidden> = [],
) => {
  const isShown = ([of]: readonly [string, ...ReadonlyArray<unknown>]): boolean => !hidden.some((each) => each === of)

  describe(`HTTP over ${name}`, () => {
    it.effect.each(right.filter(isShown))("takes %s for the page", ([, said]) =>
      Effect.gen(function* () {
        const server = yield* RawServer.make([said])
        // Twice, over one connection where it stays open.
        for (const requests of [1, 2]) {
          assert.deepStrictEqual(yield* ask(server.port, "http", http), Result.succeed(asIs))
          assert.lengthOf(server.heads, requests)
        }
        for (const each of server.heads) assert.match(each, /\r\naccept-encoding: gzip(?:\r\n|$)/i)
      }),
    )

    const fails = Effect.fnUntraced(function* (
      server: RawServer.RawServer,
      tag: Tag,
      says: RegExp,
      { requests, scheme = "http" }: { readonly requests: number; readonly scheme?: string },
    ) {
      const result = yield* ask(server.port, scheme, http)
      if (Result.isSuccess(result)) return assert.fail("a page")
      const { _tag, advice, message } = result.failure
      assert.strictEqual(_tag, tag, message)
      assert.match(message, says)
      assert.notMatch(advice, /the window and the page size/)
      assert.strictEqual(scheme === "http" ? server.heads.length : server.connections(), requests)
    })

    it.effect.each(refused.filter(isShown))("refuses %s after one answer", ([, said, tag, says]) =>
      Effect.gen(function* () {
        yield* fails(yield* RawServer.make([said]), tag, says, { requests: 1 })
      }),
    )

    it.effect.each(repeated)("asks again for %s, five times at most", ([, said, tag, says]) =>
      Effect.gen(function* () {
        const once = yield* RawServer.make([said, page])
        assert.deepStrictEqual(yield* ask(once.port, "http", http), Result.succeed(asIs))
        assert.lengthOf(once.heads, 2)
        yield* fails(yield* RawServer.make([said]), tag, says, { requests: 6 })
      }),
    )

    const insecure: ReadonlyArray<readonly [string, () => Parameters<typeof RawServer.make>, RegExp]> = [
      ["a self-signed certificate", () => [[page], SelfSigned.make()], /self-signed \(DEPTH_ZERO_SELF_SIGNED_CERT\)/],
      ["an expired certificate", () => [[page], SelfSigned.make("20210101000000Z")], /certificate .*\([A-Z_]+\)/],
      ["a server without a certificate", () => [[page], {}], /do not agree on the encryption \([A-Z0-9_/]+\)/],
    ]
    it.effect.each(insecure)("tries %s once", ([, served, says]) =>
      Effect.gen(function* () {
        yield* fails(yield* RawServer.make(...served()), "TlsFailure", says, { requests: 1, scheme: "https" })
      }),
    )
  })
}
