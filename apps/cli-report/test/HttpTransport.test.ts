import { ElnudgeClient, ElnudgeError, RequestLimiter } from "@effect-elnudge/core"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as HttpConformance from "../../../packages/core/test/HttpConformance.ts"
import * as RawServer from "../../../packages/core/test/RawServer.ts"
import * as SelfSigned from "../../../packages/core/test/SelfSigned.ts"
import * as VirtualTime from "../../../packages/core/test/VirtualTime.ts"
import * as DoctorReach from "../src/DoctorReach.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as UndiciDispatcher from "../src/UndiciDispatcher.ts"

HttpConformance.conforms("the program's own transport", Layer.orDie(HttpTransport.layer))

const baseUrl = "https://api.example:8443/v1"

/** The error of a request through a proxy. */
const through = (httpsProxy: string) => {
  const dispatcher = Layer.orDie(UndiciDispatcher.make({ httpsProxy, noProxy: "" }))
  const client = Layer.effect(
    ElnudgeClient.ElnudgeClient,
    ElnudgeClient.make({ apiKey: Redacted.make("sk_test_proxy"), baseUrl, attemptTimeout: "1000 days" }),
  ).pipe(
    Layer.provide(RequestLimiter.layerFresh),
    Layer.provide(NodeHttpClient.layerUndiciNoDispatcher),
    Layer.provide(dispatcher),
  )
  return VirtualTime.run(
    Effect.flatMap(ElnudgeClient.ElnudgeClient, ({ listSessions }) => Effect.flip(listSessions())).pipe(
      Effect.provide(client),
    ),
    1_000,
  )
}

describe("A proxy", () => {
  const refusals: ReadonlyArray<readonly [number, number, RegExp]> = [
    [407, 1, /HTTPS_PROXY its user and password/],
    [403, 1, /whoever runs the proxy to let it through/],
    [451, 1, /whoever runs the proxy/],
    [429, 6, /whoever runs the proxy/],
    [502, 6, /The proxy cannot reach the API/],
    [503, 6, /The proxy cannot reach the API/],
  ]
  it.effect.each(refusals)("that refuses with %i is told as the proxy, and asked %i times", ([status, times, advice]) =>
    Effect.gen(function* () {
      const server = yield* RawServer.make([
        { pieces: [`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`], cut: true },
      ])
      const error = yield* through(`http://user:sesame@127.0.0.1:${server.port}`)
      const proxy = `http://127.0.0.1:${server.port}`
      assert.deepInclude(error, { _tag: "ProxyFailure", proxy, status, attempts: times })
      assert.include(
        error.message,
        `The proxy ${proxy} did not let a request through to https://api.example:8443: ${status} `,
      )
      assert.match(error.advice, advice)
      assert.notInclude(JSON.stringify(error) + error.message, "sesame")
      assert.lengthOf(server.heads, times)
      for (const head of server.heads) assert.match(head, /^CONNECT api\.example:8443 /)
    }),
  )

  const dead: ReadonlyArray<readonly [string, string, Parameters<typeof RawServer.make>, number]> = [
    ["breaks off", "http", [[{ pieces: [], cut: true }]], 6],
    ["is not trusted", "https", [[], SelfSigned.make()], 1],
  ]
  it.effect.each(dead)("that %s is told as the proxy", ([, scheme, served, attempts]) =>
    Effect.gen(function* () {
      const { port } = yield* RawServer.make(...served)
      const error = yield* through(`${scheme}://localhost:${port}`)
      const proxy = `${scheme}://localhost:${port}`
      assert.deepInclude(error, { _tag: "ProxyFailure", proxy, status: undefined, attempts })
      assert.include(error.message, `The proxy ${proxy} failed on the way to https://api.example:8443: `)
    }),
  )

  it.effect("where nobody listens is told as the proxy", () =>
    Effect.gen(function* () {
      const error = yield* through("http://user:sesame@127.0.0.1:9")
      assert.include(
        error.message,
        "The proxy http://127.0.0.1:9 failed on the way to https://api.example:8443: ECONNREFUSED",
      )
      assert.deepInclude(error, { _tag: "ProxyFailure", attempts: 6 })
    }),
  )

  it.effect("that lets the request through has no part in what is wrong with the certificate behind it", () =>
    Effect.gen(function* () {
      const { cert, key } = SelfSigned.make()
      const server = yield* RawServer.makeProxy({ cert, key })
      const error = yield* through(`http://127.0.0.1:${server.port}`)
      assert.strictEqual(error._tag, "TlsFailure")
      assert.include(error.message, "to https://api.example:8443: the certificate is self-signed")
    }),
  )
})

describe("A certificate that is not trusted", () => {
  it.live("is told by doctor in the words and with the advice of a report", () =>
    Effect.gen(function* () {
      const { port } = yield* RawServer.make([], SelfSigned.make())
      const { advice, message } = yield* DoctorReach.check(`https://127.0.0.1:${port}`, Duration.minutes(5))
      const error = new ElnudgeError.TlsFailure({ reason: message.replace("TLS: ", ""), origin: "" })
      assert.deepStrictEqual(
        [advice, error.reason],
        [error.advice, "the certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)"],
      )
    }),
  )
})
