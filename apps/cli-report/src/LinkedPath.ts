/** A path, step by step from its root, with every link on the way followed: also one whose file is not there yet. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import { systemError } from "effect/PlatformError"

/** A folder, a link or a file on the way. */
export interface Step {
  readonly path: string
  readonly info: FileSystem.File.Info
}

export interface LinkedPath {
  /** What the path is in the end: no part of it is a link. */
  readonly place: string
  /** Whether something is there. */
  readonly isThere: boolean
  /** All that is there, from the root on; the folders of links too. */
  readonly steps: ReadonlyArray<Step>
}

// What Linux follows.
const maxLinks = 40

/** Follows it; fails with ELOOP where links lead to each other. */
export const follow = Effect.fn("LinkedPath.follow")(function* (file: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const namesOf = (text: string): ReadonlyArray<string> =>
    text
      .slice(path.parse(text).root.length)
      .split(path.sep)
      .filter((name) => name !== "" && name !== ".")
  const absolute = path.resolve(file)
  const steps: Array<Step> = []
  let place = path.parse(absolute).root
  let left = namesOf(absolute)
  let links = 0
  steps.push({ path: place, info: yield* fileSystem.lstat(place) })
  for (let [name, ...rest] = left; name !== undefined; [name, ...rest] = left) {
    left = rest
    const next = path.join(place, name)
    if (name === "..") {
      place = next
      continue
    }
    const info = yield* Effect.catchReason(fileSystem.lstat(next), "PlatformError", "NotFound", () =>
      Effect.succeed(undefined),
    )
    if (info === undefined) {
      const missing: LinkedPath = { place: path.join(next, ...left), isThere: false, steps }
      return missing
    }
    steps.push({ path: next, info })
    if (info.type !== "SymbolicLink") {
      place = next
      continue
    }
    if (++links > maxLinks) {
      const why = { _tag: "Unknown", module: "FileSystem", method: "realPath", cause: { code: "ELOOP" } } as const
      return yield* Effect.fail(systemError({ ...why, pathOrDescriptor: file }))
    }
    const named = yield* fileSystem.readLink(next)
    if (path.isAbsolute(named)) place = path.parse(named).root
    left = [...namesOf(named), ...left]
  }
  const found: LinkedPath = { place, isThere: true, steps }
  return found
})
