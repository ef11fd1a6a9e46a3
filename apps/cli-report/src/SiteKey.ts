/** Where the key is, and whether it can be read: said by name, never by content. */
import { ApiKey } from "@effect-elnudge/core"
import { reasonOf } from "@effect-elnudge/core/FileFailure"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Result from "effect/Result"
import * as SiteInUse from "./SiteInUse.ts"
import type * as SitesFile from "./SitesFile.ts"

export interface Look {
  /** Undefined where nobody says where it is. */
  readonly place: SitesFile.KeyPlace | undefined
  /** The key itself, or why there is none. */
  readonly key: Result.Result<Redacted.Redacted, string>
  /** Of the file, where others can use it; such as 0644. */
  readonly openMode: string | undefined
}

const sources = Config.all({
  key: Config.option(Config.String("ELNUDGE_API_KEY")),
  file: Config.option(Config.String("ELNUDGE_API_KEY_FILE")),
  system: Config.option(Config.String("OS")),
})

const placeInEnvironment = Effect.map(sources, ({ file, key }): SitesFile.KeyPlace | undefined => {
  if (Option.getOrElse(key, () => "") !== "") return { _tag: "Variable", name: "ELNUDGE_API_KEY" }
  const name = Option.getOrElse(file, () => "")
  return name === "" ? undefined : { _tag: "File", file: name }
})

const lookAtFile = Effect.fnUntraced(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const { system } = yield* sources
  const found = yield* Effect.result(fileSystem.stat(file))
  if (Result.isFailure(found))
    return { problem: `${file} cannot be read (${reasonOf(found.failure)})`, openMode: undefined }
  const { mode, type } = found.success
  // To read a pipe would take the key away from the run that it is meant for.
  if (type !== "File") return { problem: `${file} is not a regular file`, openMode: undefined }
  const isOpen = Option.getOrUndefined(system) !== "Windows_NT" && (mode & 0o077) !== 0
  return { problem: undefined, openMode: isOpen ? (mode & 0o777).toString(8).padStart(4, "0") : undefined }
})

/** Looks for the key of the site, or that of the environment. */
export const look = Effect.fn("SiteKey.look")(function* (site: SitesFile.Site | undefined) {
  const place = site?.key ?? (yield* placeInEnvironment)
  const { openMode, problem } =
    place?._tag === "File" ? yield* lookAtFile(place.file) : { problem: undefined, openMode: undefined }
  const source = Effect.result(site === undefined ? ApiKey.source() : SiteInUse.asking(site)(ApiKey.source()))
  const read = source.pipe(
    // What it warns of is told here.
    Effect.provideService(References.MinimumLogLevel, "Error"),
    Effect.map(
      Result.mapBoth({
        onSuccess: ({ key }) => key,
        onFailure: (error) =>
          error._tag === "InvalidOption"
            ? error.reason
            : (error.message
                .split("\n")[0]
                ?.replace(/^\w+Error: /, "")
                .replace(/\.$/, "") ?? ""),
      }),
    ),
  )
  const looked: Look = { place, openMode, key: problem === undefined ? yield* read : Result.fail(problem) }
  return looked
})
