import { assert, describe, it } from "@effect/vitest"
import * as TransportReason from "../src/TransportReason.ts"

const failed = (code: string | undefined, more: object = {}) =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("sk_test_hidden"), { code, ...more }) })

describe("TransportReason", () => {
  const lasting: ReadonlyArray<readonly [string, string]> = [
    ["CERT_HAS_EXPIRED", "the certificate has expired"],
    ["CERT_NOT_YET_VALID", "the certificate is not valid yet"],
    ["CERT_REVOKED", "the certificate is revoked"],
    ["CERT_SIGNATURE_FAILURE", "the certificate is not accepted"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "the certificate is self-signed"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "the certificate is of an authority that is not trusted here"],
    ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "the certificate is of an authority that is not trusted here"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "the certificate is of an authority that is not trusted here"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "the certificate is for another name"],
    ["HOSTNAME_MISMATCH", "the certificate is for another name"],
    ["INVALID_PURPOSE", "the certificate is not accepted"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "what answers there speaks no TLS"],
    ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "the two sides do not agree on the encryption"],
    ["ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE", "the two sides do not agree on the encryption"],
    ["ERR_SSL_TLSV1_UNRECOGNIZED_NAME", "the two sides do not agree on the encryption"],
    ["EPROTO", "the two sides do not agree on the encryption"],
  ]
  it.each(lasting)("knows that %s lasts: %s", (code, words) => {
    const reason = `${words} (${code})`
    assert.deepStrictEqual(TransportReason.classify(failed(code)), { _tag: "Tls", reason, isLasting: true })
  })

  it.each([
    "ECONNRESET",
    "ENOTFOUND",
    "ETIMEDOUT",
    "UND_ERR_SOCKET",
    "ERR_SSL_BAD_RECORD_MAC",
    "ERR_TLS_HANDSHAKE_TIMEOUT",
  ])("takes %s for what may pass", (reason) =>
    assert.deepStrictEqual(TransportReason.classify(failed(reason)), { _tag: "Network", reason, isLasting: false }),
  )

  it("looks into what several addresses of a host met", () => {
    const both = new AggregateError([failed("ECONNREFUSED"), failed("ENETUNREACH")])
    assert.strictEqual(TransportReason.of(both), "ECONNREFUSED")
    assert.strictEqual(TransportReason.classify(undefined).reason, "the connection failed")
  })

  const refusal = (status: number) => new Error(`Proxy response (${status}) !== 200 when HTTP Tunneling`)

  it("knows a proxy's refusal by undici and by Node, and a proxy's certificate as the proxy's", () => {
    const ofProxy = { _tag: "Proxy", proxy: undefined } as const
    const undici = new TypeError("fetch failed", { cause: Object.assign(refusal(407), { code: "UND_ERR_ABORTED" }) })
    assert.deepInclude(TransportReason.classify(undici), { ...ofProxy, status: 407, isLasting: true })
    for (const status of [403, 501, 505, 511]) {
      const lasting = failed("ERR_PROXY_TUNNEL", { statusCode: status })
      assert.deepInclude(TransportReason.classify(lasting), { ...ofProxy, status, isLasting: true })
    }
    const node = failed("ERR_PROXY_TUNNEL", { statusCode: 502 })
    assert.deepInclude(TransportReason.classify(node), { ...ofProxy, status: 502, isLasting: false })
    assert.deepInclude(TransportReason.classify(failed("UND_ERR_PRX_CONN")), { ...ofProxy, isLasting: false })
    const named = new TransportReason.ProxyCause("http://p.test", undefined, failed("CERT_HAS_EXPIRED"))
    assert.deepInclude(TransportReason.classify(new Error("outer", { cause: named })), {
      _tag: "Proxy",
      proxy: "http://p.test",
      isLasting: true,
    })
  })
})
