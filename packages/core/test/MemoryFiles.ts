/** Files in memory whose times are the test clock's, as far as a lock needs them; each step can be made to wait for its turn. */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import { systemError } from "effect/PlatformError"
import { TestClock } from "effect/testing"

interface Inode {
  bytes: Uint8Array
  mtime: number
}

export interface MemoryFiles {
  readonly names: () => ReadonlyArray<string>
  readonly text: (name: string) => string | undefined
  /** A file that somebody left, last written at this time of the clock. */
  readonly put: (name: string, text: string, mtime: number) => void
  /** The same files for one of several who use them; `before` runs before each step of theirs. */
  readonly of: (before: (step: string) => Effect.Effect<void>) => FileSystem.FileSystem
  /** Whether nothing more can be written. */
  isFull: boolean
}

const fail = (tag: "NotFound" | "AlreadyExists" | "Unknown", path: string, code?: string) =>
  Effect.fail(
    systemError({ _tag: tag, module: "FileSystem", method: "memory", pathOrDescriptor: path, cause: code && { code } }),
  )

const unused = Effect.die("nothing needs it")

export const make = (): MemoryFiles => {
  const inodes = new Map<string, Inode>()
  const write = (path: string, inode: Inode, bytes: Uint8Array) =>
    Effect.gen(function* () {
      if (memory.isFull) return yield* fail("Unknown", path, "ENOSPC")
      inode.bytes = bytes
      inode.mtime = yield* Clock.currentTimeMillis
    })
  const open = (path: string, inode: Inode): FileSystem.File => {
    let at = 0
    return {
      [FileSystem.FileTypeId]: FileSystem.FileTypeId,
      stat: Effect.sync(() => ({
        type: "File",
        mtime: Option.some(new Date(inode.mtime)),
        atime: Option.none(),
        birthtime: Option.none(),
        dev: 1n,
        ino: Option.none(),
        mode: 0o600,
        nlink: Option.none(),
        uid: Option.none(),
        gid: Option.none(),
        rdev: Option.none(),
        size: ByteSize.bytes(inode.bytes.length),
        blksize: Option.none(),
        blocks: Option.none(),
      })),
      seek: (offset) => Effect.sync(() => BigInt((at = Number(offset)))),
      readAlloc: (size) =>
        Effect.sync(() => {
          const bytes = inode.bytes.slice(at, at + size)
          at += bytes.length
          return bytes.length === 0 ? Option.none() : Option.some(bytes)
        }),
      writeAll: (bytes) => write(path, inode, bytes),
      read: () => unused,
      write: () => unused,
      truncate: () => unused,
      sync: unused,
    }
  }
  const memory: MemoryFiles = {
    isFull: false,
    names: () => [...inodes.keys()].toSorted(),
    text: (name) => {
      const inode = inodes.get(name)
      return inode && new TextDecoder().decode(inode.bytes)
    },
    put: (name, text, mtime) => void inodes.set(name, { bytes: new TextEncoder().encode(text), mtime }),
    of: (before) =>
      FileSystem.makeNoop({
        stat: (path) => {
          const inode = inodes.get(path)
          return inode === undefined ? fail("NotFound", path) : open(path, inode).stat
        },
        writeFileString: (path, text) =>
          Effect.gen(function* () {
            yield* before(`make ${path}`)
            if (inodes.has(path)) return yield* fail("AlreadyExists", path)
            const inode: Inode = { bytes: new Uint8Array(), mtime: yield* Clock.currentTimeMillis }
            inodes.set(path, inode)
            // As the system does it: made first, and filled in a second step.
            yield* before(`fill ${path}`)
            yield* write(path, inode, new TextEncoder().encode(text))
          }),
        open: (path) =>
          Effect.gen(function* () {
            yield* before(`open ${path}`)
            const inode = inodes.get(path)
            return inode === undefined ? yield* fail("NotFound", path) : open(path, inode)
          }),
        rename: (from, to) =>
          Effect.gen(function* () {
            yield* before(`rename ${from}`)
            const inode = inodes.get(from)
            if (inode === undefined) return yield* fail("NotFound", from)
            inodes.delete(from)
            inodes.set(to, inode)
          }),
        remove: (path) =>
          Effect.gen(function* () {
            yield* before(`remove ${path}`)
            inodes.delete(path)
          }),
      }),
  }
  return memory
}

/** Lets steps happen one at a time, in the order that is chosen. */
export interface Turns {
  /** What was waited for, in the order in which it was allowed. */
  readonly steps: ReadonlyArray<string>
  readonly before: (step: string) => Effect.Effect<void>
  /**
   * Runs until all are done. `choose` picks whose step is next, of so many that wait. Everything runs in memory, so that what
   * neither waits nor is done after some turns of the scheduler waits for the clock, which is then moved.
   */
  readonly run: (isDone: () => boolean, choose: (waiting: number) => Effect.Effect<number>) => Effect.Effect<void>
}

const turnsToSettle = 40
const pauseMillis = 10

export const turns = (): Turns => {
  const waiting: Array<{ readonly step: string; readonly turn: Deferred.Deferred<void> }> = []
  const steps: Array<string> = []
  let isOpen = false
  return {
    steps,
    before: (step) =>
      Effect.suspend(() => {
        if (isOpen) return Effect.void
        const turn = Deferred.makeUnsafe<void>()
        waiting.push({ step, turn })
        return Deferred.await(turn)
      }),
    run: Effect.fnUntraced(function* (isDone, choose) {
      for (;;) {
        for (let turn = 0; turn < turnsToSettle; turn++) yield* Effect.yieldNow
        if (isDone()) break
        const [next] = waiting.length === 0 ? [] : waiting.splice(yield* choose(waiting.length), 1)
        if (next === undefined) {
          yield* TestClock.adjust(pauseMillis)
          continue
        }
        steps.push(next.step)
        Deferred.doneUnsafe(next.turn, Effect.void)
      }
      isOpen = true
      for (const { turn } of waiting.splice(0)) Deferred.doneUnsafe(turn, Effect.void)
    }),
  }
}
