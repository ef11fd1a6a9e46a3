/** Where the key comes from: the environment or a file, never the command line. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { InvalidRequest } from "./ElnudgeError.ts"

const sources = Config.all({
  key: Config.option(Config.Redacted("ELNUDGE_API_KEY")),
  file: Config.option(Config.String("ELNUDGE_API_KEY_FILE")),
})

const refuse = (reason: string) =>
  new InvalidRequest({
    reason,
    advice: "Set ELNUDGE_API_KEY to the site's secret key, or ELNUDGE_API_KEY_FILE to a file that holds it.",
  })

/** Refuses a key that no header can carry, before it can stand in the error of a header; the key is never shown. */
export const check = (key: Redacted.Redacted): Effect.Effect<Redacted.Redacted, InvalidRequest> => {
  const text = Redacted.value(key)
  if (/^[\x21-\x7e]+$/.test(text)) return Effect.succeed(key)
  return Effect.fail(refuse(text === "" ? "the API key is empty" : "the API key has a character that no key can have"))
}

/** `ELNUDGE_API_KEY`, or the content of the file named by `ELNUDGE_API_KEY_FILE` (white space around it is dropped). */
export const load = Effect.fn("ApiKey.load")(function* () {
  const { file, key } = yield* sources
  const source = Option.isSome(key) && Redacted.value(key.value) !== "" ? key : Option.none()
  let text: string
  if (Option.isSome(source)) {
    text = Redacted.value(source.value).trim()
  } else if (Option.isSome(file) && file.value !== "") {
    const fileSystem = yield* FileSystem.FileSystem
    const content = yield* fileSystem
      .readFileString(file.value)
      .pipe(Effect.mapError((error) => refuse(`the key file ${file.value} cannot be read (${error.reason._tag})`)))
    text = content.trim()
  } else {
    return yield* refuse("there is no API key")
  }
  return yield* check(Redacted.make(text))
})
