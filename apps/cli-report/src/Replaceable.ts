/** Whether a rename can put another file into a place: what the system would refuse after the work is refused before it. */
import { reasonOf } from "@effect-elnudge/core/FileFailure"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as SystemFile from "./SystemFile.ts"
import type { WriteFailure } from "./WriteFailure.ts"

// Linux writes blanks and backslashes of a path as three octal digits.
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

/** The places where something is mounted, of a table as in proc(5), in bytes as it has them. */
export const mountPoints = (table: string): ReadonlySet<string> =>
  new Set(table.split("\n").map((line) => unescaped(line.split(" ")[4] ?? "")))

const mounted: WriteFailure = {
  reason: "it is mounted by itself, and what is mounted cannot be replaced",
  advice: "Mount its folder instead, or give a name in another folder.",
}

const anothers: WriteFailure = {
  reason: "it is another user's, in a folder where only its owner may replace it",
  advice: "Give another name, or a folder of your own.",
}

const fixed: WriteFailure = {
  reason: "the system does not let it be changed, whatever its permissions",
  advice: "Take the mark that protects it away (chattr -i on Linux), or give another name.",
}

/** Who runs this; undefined on Windows, where files have no such owners. */
export const self = Effect.sync(() => process.geteuid?.())

/** Why the file, which no part of its path links to, cannot be replaced. */
export const problem = Effect.fn("Replaceable.problem")(function* (place: string, self: number | undefined) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const [file, folder] = [yield* fileSystem.stat(place), yield* fileSystem.stat(path.dirname(place))]
  const table = yield* Effect.option(SystemFile.read("/proc/self/mountinfo"))
  // A file of a layered file system may be of another device than its folder without being mounted: the table knows better.
  const isMounted = Option.match(table, {
    onNone: () => file.dev !== folder.dev,
    onSome: (text) => mountPoints(text).has(SystemFile.bytesOf(place)),
  })
  if (isMounted) return mounted
  const isOwn = (info: FileSystem.File.Info) => Option.getOrUndefined(info.uid) === self
  if (self !== undefined && self !== 0 && (folder.mode & 0o1000) !== 0 && !isOwn(file) && !isOwn(folder)) {
    return anothers
  }
  // Its own permissions do not count for a rename: a refusal that is not theirs (EACCES) does.
  const writing = yield* Effect.flip(fileSystem.access(place, { writable: true })).pipe(Effect.option)
  return Option.isSome(writing) && reasonOf(writing.value) === "EPERM" ? fixed : undefined
})
