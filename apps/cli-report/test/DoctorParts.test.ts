import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as DoctorAnswer from "../src/DoctorAnswer.ts"
import * as DoctorLocal from "../src/DoctorLocal.ts"
import * as ServedShop from "./ServedShop.ts"

describe("doctor", () => {
  it.live("passes where reports do: an API that takes no fraction of a second", () =>
    ServedShop.serve({ faults: { rules: [{ fault: "refused-fractions" }] } }, (shop) =>
      Effect.gen(function* () {
        const reports = [
          ["doctor"],
          ["cohorts", "--since", "40d"],
          ["attribution", "--nudges-from", "list", "--list-concurrency", "3", "--page-size", "200"],
          ["plan", "all"],
        ]
        const runs = yield* Effect.forEach(reports, (words) => shop.run(words))
        assert.deepStrictEqual(
          runs.map(({ exitCode, stderr }) => (exitCode === 0 ? 0 : stderr)),
          [0, 0, 0, 0],
        )
      }),
    ),
  )

  it("takes an answer of more than five seconds for slow", () => {
    const answer = { status: 200, headers: {}, sentAt: 0, receivedAt: 0 }
    assert.strictEqual(DoctorAnswer.time({ ...answer, millis: 4_999 }).status, "ok")
    assert.deepInclude(DoctorAnswer.time({ ...answer, millis: 5_000 }), {
      status: "warning",
      message: "HTTP 200 in 5000 ms",
    })
    assert.strictEqual(DoctorAnswer.clock({ ...answer, millis: 1 }).status, "skipped")
  })

  const proxies: ReadonlyArray<readonly [Readonly<Record<string, string>>, string, boolean]> = [
    [{}, "none", false],
    [{ HTTPS_PROXY: "http://user:secret@proxy.example:8080" }, "http://proxy.example:8080, of HTTPS_PROXY", true],
    [{ HTTPS_PROXY: "http://a.example", https_proxy: "http://b.example" }, "http://b.example, of HTTPS_PROXY", true],
    [{ HTTPS_PROXY: "http://a.example", NO_PROXY: "x, .elnudge.com" }, "none: NO_PROXY names this address", false],
    [{ HTTPS_PROXY: "http://a.example", NO_PROXY: "*" }, "none: NO_PROXY names this address", false],
    [{ HTTPS_PROXY: "http://a.example", NO_PROXY: "elnudge.com:8443 api" }, "http://a.example, of HTTPS_PROXY", true],
  ]
  it.effect.each(proxies)("tells the proxy without its password: %j", ([env, says, isProxied]) =>
    Effect.gen(function* () {
      const way = yield* DoctorLocal.way({ href: "https://api.elnudge.com/v1", origin: "https://api.elnudge.com" })
      assert.deepStrictEqual([way.check.message, way.isProxied], [says, isProxied])
    }).pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env }))),
  )
})
