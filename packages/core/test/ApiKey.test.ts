import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as PlatformError from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import * as ApiKey from "../src/ApiKey.ts"

const files: Readonly<Record<string, string>> = { "/key": "  sk_live_file\n", "/empty": "\n" }

const environment = (env: Record<string, string>) =>
  Layer.merge(
    ConfigProvider.layer(ConfigProvider.fromEnv({ env })),
    FileSystem.layerNoop({
      readFileString: (path) => {
        const content = files[path]
        return content === undefined
          ? Effect.fail(PlatformError.systemError({ _tag: "NotFound", module: "FileSystem", method: "readFileString" }))
          : Effect.succeed(content)
      },
    }),
  )

const load = (env: Record<string, string>) => ApiKey.load().pipe(Effect.provide(environment(env)))

describe("ApiKey", () => {
  it.effect("comes from the environment before a file", () =>
    Effect.gen(function* () {
      const key = yield* load({ ELNUDGE_API_KEY: "sk_live_env", ELNUDGE_API_KEY_FILE: "/key" })
      assert.strictEqual(Redacted.value(key), "sk_live_env")
    }),
  )

  it.effect("comes from a file, without the white space around it, also where the variable is empty", () =>
    Effect.gen(function* () {
      const key = yield* load({ ELNUDGE_API_KEY: "", ELNUDGE_API_KEY_FILE: "/key" })
      assert.strictEqual(Redacted.value(key), "sk_live_file")
      assert.notInclude(JSON.stringify(key), "sk_live_file")
    }),
  )

  it.effect.each<readonly [string, Record<string, string>, RegExp]>([
    ["nothing set", {}, /no API key/],
    ["an empty file", { ELNUDGE_API_KEY_FILE: "/empty" }, /empty/],
    ["no such file", { ELNUDGE_API_KEY_FILE: "/nope" }, /\/nope cannot be read \(NotFound\)/],
    ["a key with a space", { ELNUDGE_API_KEY: "sk live secretvalue" }, /character/],
    ["a key with a line break", { ELNUDGE_API_KEY: "sk_live\nsecretvalue" }, /character/],
  ])("is refused with a reason and never shown: %s", ([, env, reason]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(load(env))
      assert.strictEqual(error._tag, "InvalidRequest")
      assert.match(error.message, reason)
      assert.notInclude(error.message, "secretvalue")
    }),
  )
})
