/** Where the key comes from: the environment or a file, never the command line. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { InvalidOption } from "./ElnudgeError.ts"
import * as TextFile from "./TextFile.ts"

const sources = Config.all({
  key: Config.option(Config.Redacted("ELNUDGE_API_KEY")),
  file: Config.option(Config.String("ELNUDGE_API_KEY_FILE")),
  // Windows sets it, where a file's mode does not say who can use it.
  system: Config.option(Config.String("OS")),
})

/** A key and, where it is in a file, how it is read again. */
export interface Source {
  readonly key: Redacted.Redacted
  /** Reads the key file again: it may hold another key by now. Undefined for a key of the environment. */
  readonly reload: Effect.Effect<Redacted.Redacted, InvalidOption> | undefined
}

const refuse = (reason: string) =>
  new InvalidOption({
    option: "apiKey",
    reason,
    advice: "Set ELNUDGE_API_KEY to the site's secret key, or ELNUDGE_API_KEY_FILE to a file that holds it.",
  })

/** Refuses a key that no header can carry, before it can stand in the error of a header; the key is never shown. */
export const check = (key: Redacted.Redacted): Effect.Effect<Redacted.Redacted, InvalidOption> => {
  const text: unknown = Redacted.value(key)
  // Without types anything can stand here, and it must not be shown.
  if (typeof text !== "string") return Effect.fail(refuse("there is no API key"))
  if (/^[\x21-\x7e]+$/.test(text)) return Effect.succeed(key)
  return Effect.fail(refuse(text === "" ? "the API key is empty" : "the API key has a character that no key can have"))
}

/** Which data a key opens, as its prefix says: the vendor's sandbox has keys of its own. */
export const mode = (key: Redacted.Redacted): "live" | "test" | "other" => {
  const [, name] = /^sk_(live|test)_/.exec(Redacted.value(key)) ?? []
  return name === "live" || name === "test" ? name : "other"
}

/**
 * Tells keys apart without giving one away: two 32-bit hashes, of the key and of the key backwards, because one of them is
 * met by chance too soon.
 */
export const fingerprint = (apiKey: Redacted.Redacted): string => {
  const key = Redacted.value(apiKey)
  const hashes = [key, key.split("").reverse().join("")].map((text) => (Hash.string(text) >>> 0).toString(36))
  return hashes.join("-")
}

// By file system, so that a process says it once for a file, however often a client is built.
const warned = new WeakMap<FileSystem.FileSystem, Set<string>>()

const warnOnce = (fileSystem: FileSystem.FileSystem, file: string, mode: number) =>
  Effect.suspend(() => {
    const files = warned.get(fileSystem) ?? new Set<string>()
    if (files.has(file)) return Effect.void
    warned.set(fileSystem, files.add(file))
    const octal = (mode & 0o777).toString(8).padStart(4, "0")
    return Effect.logWarning(`others can use the key file ${file} (mode ${octal}): chmod 600 makes it yours alone`)
  })

// Many times what a key has: whatever is larger is another file.
const maxBytes = 65_536

const ofFile = Effect.fnUntraced(function* (file: string, isWindows: boolean) {
  const fileSystem = yield* FileSystem.FileSystem
  // What cannot be looked at may still be read; if not, the reading says why.
  const look = Effect.option(fileSystem.stat(file))

  const read = Effect.fnUntraced(function* (info: Option.Option<FileSystem.File.Info>) {
    if (!isWindows && Option.isSome(info) && info.value.type === "File" && (info.value.mode & 0o077) !== 0) {
      yield* warnOnce(fileSystem, file, info.value.mode)
    }
    const content = yield* TextFile.read(file, maxBytes).pipe(
      Effect.provideService(FileSystem.FileSystem, fileSystem),
      Effect.mapError((error) =>
        refuse(
          error._tag === "NotText"
            ? `the key file ${file} ${error.message}`
            : `the key file ${file} cannot be read (${error.reason._tag})`,
        ),
      ),
    )
    return yield* check(Redacted.make(content.trim()))
  })

  const source: Source = {
    key: yield* Effect.flatMap(look, read),
    reload: Effect.flatMap(look, (info) =>
      // A pipe gives its content once, and the next reader would wait for ever.
      Option.isSome(info) && info.value.type !== "File"
        ? refuse(`the key file ${file} is not a regular file, and is read only once`)
        : read(info),
    ),
  }
  return source
})

/**
 * `ELNUDGE_API_KEY`, or the content of the file named by `ELNUDGE_API_KEY_FILE` (white space around it is dropped).
 * Logs one warning where others than its owner can read or write that file. Fails with `InvalidOption`.
 */
export const source = Effect.fn("ApiKey.source")(function* () {
  const { file, key, system } = yield* sources
  if (Option.isSome(key) && Redacted.value(key.value) !== "") {
    const inEnvironment: Source = {
      key: yield* check(Redacted.make(Redacted.value(key.value).trim())),
      reload: undefined,
    }
    return inEnvironment
  }
  if (Option.isNone(file) || file.value === "") return yield* refuse("there is no API key")
  return yield* ofFile(file.value, Option.getOrUndefined(system) === "Windows_NT")
})

/** The key of {@link source} alone. */
export const load = Effect.fn("ApiKey.load")(function* () {
  return (yield* source()).key
})
