/** Which processes run here, as this system tells: a number alone is had by others elsewhere, and by others later. */
import { hostname } from "node:os"
import { Lease } from "@effect-elnudge/core"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as SystemFile from "./SystemFile.ts"

/** What Linux says; elsewhere there is no such file, and nothing is said. */
const told = <E>(reading: Effect.Effect<string, E>): Effect.Effect<string | undefined> =>
  Effect.orElseSucceed(
    Effect.map(reading, (text) => text.trim()),
    () => undefined,
  )

// The name before it may hold anything, a closing parenthesis too.
const fieldsOf = (stat: string): ReadonlyArray<string> => stat.slice(stat.lastIndexOf(")") + 2).split(" ")

// As in proc(5), where the state is the third field and the start the 22nd.
const state = 0
const start = 19

/** A signal of 0 is none: it only asks. One that may not be sent to it still tells that the process is there. */
const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** Asks the system. */
export const make: Effect.Effect<Lease.Processes["Service"], never, FileSystem.FileSystem> = Effect.gen(function* () {
  const fileSystem = yield* FileSystem.FileSystem
  const read = (file: string) => Effect.provideService(SystemFile.read(file), FileSystem.FileSystem, fileSystem)
  const statOf = (pid: number) =>
    Effect.map(told(read(`/proc/${pid}/stat`)), (stat) => (stat === undefined ? undefined : fieldsOf(stat)))
  const boot = yield* told(read("/proc/sys/kernel/random/boot_id"))
  // Containers on one machine number their processes each for itself, and may share the host's name.
  const numbers = yield* told(fileSystem.readLink("/proc/self/ns/pid"))
  const host = hostname()
  return {
    self: {
      system: [host, boot, numbers].filter((part) => part !== undefined).join(" "),
      host,
      pid: process.pid,
      startedAt: (yield* statOf(process.pid))?.[start] ?? null,
    },
    find: Effect.fnUntraced(function* (pid: number) {
      if (!Number.isSafeInteger(pid) || pid <= 0 || !isThere(pid)) return Option.none()
      const fields = yield* statOf(pid)
      // One that has ended keeps its number until its parent looks at it.
      if (fields?.[state] === "Z" || fields?.[state] === "X") return Option.none()
      return Option.some({ startedAt: fields?.[start] ?? null })
    }),
  }
})
