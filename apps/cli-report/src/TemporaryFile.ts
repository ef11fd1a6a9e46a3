/**
 * A hidden file beside the place that it will be put in. Its name says for which place it is and which process made it, so
 * that a later run for the same place clears what was left there by one that was killed, and nothing else.
 */
import type { Lease } from "@effect-elnudge/core"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as RunningProcesses from "./RunningProcesses.ts"

const suffix = ".elnudge-tmp"

/** Of a process elsewhere nobody here can say whether it has ended: what it has not written to for so long was left. */
const leftAfter = Duration.days(1)

const hash = (text: string): string => (Hash.string(text) >>> 0).toString(36)

// What file systems allow a name to have.
const maxNameBytes = 255

/** What all names for a place begin with. */
const prefixOf = (name: string, rest: number): string => {
  const prefix = `.${name}.`
  return new TextEncoder().encode(prefix).length + rest <= maxNameBytes ? prefix : `.${hash(name)}.`
}

// The longest: two hashes, a number of a process, when it started, a random number, and what stands between.
const markLength = 60 + suffix.length

const markOf = ({ pid, startedAt, system }: Lease.Process): string => `${hash(system)}-${pid}-${startedAt ?? ""}`

interface Mark {
  readonly system: string
  readonly pid: number
  /** Empty where that was not known. */
  readonly startedAt: string
}

const markIn = (name: string, prefix: string): Mark | undefined => {
  if (!name.startsWith(prefix) || !name.endsWith(suffix)) return undefined
  const [, system, pid, startedAt] =
    /^([0-9a-z]+)-(\d+)-(\d*)-[0-9a-z]+$/.exec(name.slice(prefix.length, -suffix.length)) ?? []
  return system === undefined || startedAt === undefined ? undefined : { system, pid: Number(pid), startedAt }
}

export interface TemporaryFiles {
  /** Makes an empty one, which only its owner can read; it is gone with the scope, unless it was renamed. */
  readonly make: Effect.Effect<string, PlatformError, Scope.Scope>
  /** Removes what runs that have ended left. `made` was just made there: by its time others are dated. */
  readonly clear: (made: string) => Effect.Effect<void>
}

/** Those beside the place. */
export const of = Effect.fn("TemporaryFile.of")(function* (place: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { find, self } = yield* RunningProcesses.make
  const folder = path.dirname(place)
  const prefix = prefixOf(path.basename(place), markLength)

  const writtenAt = (file: string) =>
    Effect.map(fileSystem.stat(file), ({ mtime }) => Option.map(mtime, (date) => date.getTime()))

  const isLeft = Effect.fnUntraced(function* (file: string, mark: Mark, now: Option.Option<number>) {
    if (mark.system === hash(self.system)) {
      const found = yield* find(mark.pid)
      if (Option.isNone(found)) return true
      const { startedAt } = found.value
      if (startedAt !== null && mark.startedAt !== "") return startedAt !== mark.startedAt
    }
    const silent = Option.zipWith(now, yield* writtenAt(file), (now, written) => now - written)
    return Option.exists(silent, (millis) => millis >= Duration.toMillis(leftAfter))
  })

  const temporaryFiles: TemporaryFiles = {
    make: Effect.gen(function* () {
      const random = Math.abs(yield* Random.nextInt).toString(36)
      const temporary = path.join(folder, `${prefix}${markOf(self)}-${random}${suffix}`)
      return yield* Effect.acquireRelease(
        Effect.as(fileSystem.writeFileString(temporary, "", { flag: "wx", mode: 0o600 }), temporary),
        () => Effect.ignore(fileSystem.remove(temporary, { force: true })),
      )
    }),
    // What cannot be cleared costs nothing but its room.
    clear: (made) =>
      Effect.gen(function* () {
        const now = yield* writtenAt(made)
        for (const name of yield* fileSystem.readDirectory(folder)) {
          const mark = markIn(name, prefix)
          const file = path.join(folder, name)
          if (mark !== undefined && (yield* isLeft(file, mark, now))) yield* fileSystem.remove(file, { force: true })
        }
      }).pipe(Effect.ignore),
  }
  return temporaryFiles
})
