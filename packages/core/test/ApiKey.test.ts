import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as ByteSize from "effect/ByteSize"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as PlatformError from "effect/PlatformError"
import * as Redacted from "effect/Redacted"
import * as ApiKey from "../src/ApiKey.ts"

const files: Readonly<Record<string, string>> = { "/key": "  sk_live_file\n", "/empty": "\n" }

const environment = (env: Record<string, string>) =>
  Layer.merge(
    ConfigProvider.layer(ConfigProvider.fromEnv({ env })),
    FileSystem.layerNoop({
      readFile: (path) => {
        const content = files[path]
        return content === undefined
          ? Effect.fail(PlatformError.systemError({ _tag: "NotFound", module: "FileSystem", method: "readFile" }))
          : Effect.succeed(new TextEncoder().encode(content))
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
      assert.strictEqual(error._tag, "InvalidOption")
      assert.match(error.message, reason)
      assert.notInclude(error.message, "secretvalue")
    }),
  )
})

const inFile = (file: string, env: Record<string, string> = {}) =>
  ApiKey.source().pipe(
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ELNUDGE_API_KEY_FILE: file, ...env } }))),
  )

const reload = ({ reload: read }: ApiKey.Source) => read ?? Effect.die("there is nothing to read again")

/** The lines that an effect logs. */
const logged = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
  yield* Effect.provide(effect, Logger.layer([logger]))
  return lines
})

const keyFile = Effect.fnUntraced(function* (mode: number, content = "sk_live_first\n") {
  const fileSystem = yield* FileSystem.FileSystem
  const file = `${yield* fileSystem.makeTempDirectoryScoped()}/key`
  const write = (text: string) => fileSystem.writeFileString(file, text)
  yield* write(content)
  yield* fileSystem.chmod(file, mode)
  return { file, write, chmod: (changed: number) => fileSystem.chmod(file, changed), remove: fileSystem.remove(file) }
})

describe("A key file", () => {
  it.effect("is read again, and may hold another key by then", () =>
    Effect.gen(function* () {
      const { file, write } = yield* keyFile(0o600)
      const source = yield* inFile(file)
      yield* write("  sk_live_second  \n")
      assert.strictEqual(Redacted.value(source.key), "sk_live_first")
      assert.strictEqual(Redacted.value(yield* reload(source)), "sk_live_second")
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("says why it cannot be read again", () =>
    Effect.gen(function* () {
      const { file, remove, write } = yield* keyFile(0o600)
      const source = yield* inFile(file)
      yield* write("sk_live second")
      const malformed = yield* Effect.flip(reload(source))
      yield* remove
      const gone = yield* Effect.flip(reload(source))
      assert.strictEqual(malformed.reason, "the API key has a character that no key can have")
      assert.strictEqual(gone.reason, `the key file ${file} cannot be read (NotFound)`)
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("is read only once where it is a pipe: the next reader would wait for ever", () =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      let readings = 0
      const { file } = yield* keyFile(0o600)
      const info: FileSystem.File.Info = { ...(yield* fileSystem.stat(file)), type: "FIFO", mode: 0o644 }
      const pipe = FileSystem.layerNoop({
        stat: () => Effect.succeed(info),
        readFile: () => Effect.sync(() => new TextEncoder().encode(`sk_live_${readings++}`)),
      })
      const lines = yield* logged(
        Effect.gen(function* () {
          const error = yield* Effect.flip(reload(yield* inFile("/dev/fd/63")))
          assert.match(error.reason, /fd\/63 is not a regular file/)
        }).pipe(Effect.provide(pipe)),
      )
      assert.deepStrictEqual([readings, lines], [1, []])
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )

  it.effect.each<readonly [string, Partial<FileSystem.File.Info>, RegExp]>([
    ["is of a gigabyte", { size: ByteSize.bytes(2 ** 30) }, /the key file \/dev\/zero is larger than 65536 bytes/],
    [
      "never ends",
      { type: "CharacterDevice", size: ByteSize.bytes(0) },
      /the key file \/dev\/zero is a device, not a file/,
    ],
  ])("that %s is not read", ([, more, reason]) =>
    Effect.gen(function* () {
      const fileSystem = yield* FileSystem.FileSystem
      const info: FileSystem.File.Info = { ...(yield* fileSystem.stat((yield* keyFile(0o600)).file)), ...more }
      const large = FileSystem.layerNoop({
        stat: () => Effect.succeed(info),
        readFileString: () => Effect.die("it was read"),
        readFile: () => Effect.die("it was read"),
      })
      const error = yield* Effect.flip(Effect.provide(inFile("/dev/zero"), large))
      assert.match(error.message, reason)
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )

  it.effect.each([0o640, 0o604, 0o644, 0o620])("that others can read or write gives one warning: %i", (mode) =>
    Effect.gen(function* () {
      const { file } = yield* keyFile(mode)
      const lines = yield* logged(
        Effect.gen(function* () {
          const source = yield* inFile(file)
          yield* reload(source)
          yield* inFile(file)
        }),
      )
      assert.deepStrictEqual(lines, [
        `Warn others can use the key file ${file} (mode 0${mode.toString(8)}): chmod 600 makes it yours alone`,
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )

  it.effect("warns when others can read it later on", () =>
    Effect.gen(function* () {
      const { chmod, file } = yield* keyFile(0o600)
      const source = yield* inFile(file)
      yield* chmod(0o644)
      assert.lengthOf(yield* logged(reload(source)), 1)
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )

  it.effect.each<readonly [string, number, Record<string, string>]>([
    ["of its owner alone", 0o600, {}],
    ["of its owner alone, not to be written", 0o400, {}],
    ["on Windows, where a mode says nothing", 0o666, { OS: "Windows_NT" }],
  ])("gives no warning %s", ([, mode, env]) =>
    Effect.gen(function* () {
      const { file } = yield* keyFile(mode)
      assert.deepStrictEqual(yield* logged(inFile(file, env)), [])
    }).pipe(Effect.scoped, Effect.provide(NodeFileSystem.layer)),
  )
})
