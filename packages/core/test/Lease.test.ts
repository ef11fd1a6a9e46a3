import { execFileSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import * as Lease from "../src/Lease.ts"
import * as MemoryFiles from "./MemoryFiles.ts"

const process = (more: Partial<Lease.Process> = {}): Lease.Process => ({
  system: "web-1 boot-1 pid:[1]",
  host: "web-1",
  pid: 100,
  startedAt: "5000",
  ...more,
})

/** Of one container: each has a first process. */
const inContainer = (host: string): Lease.Process => process({ host, system: `${host} boot-1 pid:[${host}]`, pid: 1 })

/** Takes the lease of `place` as this process; `others` run on its system. */
const takeAs = (
  files: MemoryFiles.MemoryFiles,
  self: Lease.Process,
  others: ReadonlyArray<Pick<Lease.Process, "pid" | "startedAt">> = [],
  before: (step: string) => Effect.Effect<void> = () => Effect.void,
) =>
  Lease.take("place").pipe(
    Effect.provideService(FileSystem.FileSystem, files.of(before)),
    Effect.provideService(Lease.Processes, {
      self,
      find: (pid) => Effect.sync(() => Option.fromUndefinedOr([self, ...others].find((each) => each.pid === pid))),
    }),
  )

/** What a process that was killed left: its scope never ends, and nothing of it runs on. */
const leave = (files: MemoryFiles.MemoryFiles, self: Lease.Process, name = "place.lock") =>
  Effect.gen(function* () {
    const other = MemoryFiles.make()
    const text = yield* Effect.scoped(
      Effect.andThen(
        takeAs(other, self),
        Effect.sync(() => other.text("place.lock")),
      ),
    )
    files.put(name, text ?? "", yield* Clock.currentTimeMillis)
  }).pipe(Effect.orDie)

const refusedOf = <A, R>(take: Effect.Effect<A, Lease.LeaseHeld | Lease.LeaseLost | PlatformError, R>) =>
  Effect.flatMap(Effect.flip(take), (error) => (error._tag === "LeaseHeld" ? Effect.succeed(error) : Effect.die(error)))

const pastTerm = Duration.sum(Lease.term, Duration.seconds(1))

describe("a lease", () => {
  it.effect("is had by one, and by the next when the first is done; nothing is left", () =>
    Effect.gen(function* () {
      const files = MemoryFiles.make()
      const first = yield* Scope.make()
      yield* Scope.provide(takeAs(files, process()), first)
      const other = process({ pid: 101, startedAt: "6000" })
      const refused = yield* refusedOf(Effect.scoped(takeAs(files, other, [process()])))
      assert.strictEqual(refused.message, "place is in use: another run, process 100 on web-1, goes on from it.")
      assert.include(refused.advice, "delete it")
      assert.deepStrictEqual(files.names(), ["place.lock"])
      yield* Scope.close(first, Exit.void)
      assert.deepStrictEqual(files.names(), [])
      yield* Effect.scoped(Effect.flatMap(takeAs(files, other), ({ check }) => check))
      assert.deepStrictEqual(files.names(), [])
    }),
  )

  it.effect("is not had by one process twice, whatever its system tells", () =>
    Effect.gen(function* () {
      for (const startedAt of ["5000", null]) {
        const files = MemoryFiles.make()
        const self = process({ startedAt })
        const first = yield* Scope.make()
        const lease = yield* Scope.provide(takeAs(files, self), first)
        yield* TestClock.adjust(pastTerm)
        yield* refusedOf(Effect.scoped(takeAs(files, self)))
        yield* lease.check
        yield* Scope.close(first, Exit.void)
        assert.deepStrictEqual(files.names(), [])
      }
    }),
  )

  it.effect("of another container, where the first process has the same number, holds as long as it is heard of", () =>
    Effect.gen(function* () {
      const files = MemoryFiles.make()
      const holder = yield* Effect.forkChild(
        Effect.scoped(Effect.andThen(takeAs(files, inContainer("a")), Effect.never)),
      )
      yield* TestClock.adjust(Duration.hours(2))
      yield* TestClock.adjust(Duration.seconds(3))
      const refused = yield* refusedOf(Effect.scoped(takeAs(files, inContainer("b"))))
      assert.include(refused.message, "process 1 on a,")
      assert.include(refused.advice, "if it is gone, this works in 57 s")
      yield* Fiber.interrupt(holder)
      yield* Effect.scoped(takeAs(files, inContainer("b")))
    }),
  )

  it.effect("of another container that was killed is taken over after the term, and not before", () =>
    Effect.gen(function* () {
      const files = MemoryFiles.make()
      yield* leave(files, inContainer("a"))
      yield* TestClock.adjust(Duration.subtract(Lease.term, Duration.millis(1)))
      yield* refusedOf(Effect.scoped(takeAs(files, inContainer("b"))))
      yield* TestClock.adjust(Duration.millis(1))
      yield* Effect.scoped(Effect.flatMap(takeAs(files, inContainer("b")), ({ check }) => check))
      assert.deepStrictEqual(files.names(), [])
    }),
  )

  it.effect("that was lost while its holder was suspended is noticed before a write, and left to the other", () =>
    Effect.gen(function* () {
      const files = MemoryFiles.make()
      const resumed = yield* Deferred.make<void>()
      let isSuspended = false
      const suspendable = Effect.suspend(() => (isSuspended ? Deferred.await(resumed) : Effect.void))
      const first = yield* Scope.make()
      const lease = yield* Scope.provide(
        takeAs(files, inContainer("a"), [], () => suspendable),
        first,
      )
      isSuspended = true
      yield* TestClock.adjust(pastTerm)
      const second = yield* Scope.make()
      const other = yield* Scope.provide(takeAs(files, inContainer("b")), second)
      const taken = files.text("place.lock")
      isSuspended = false
      yield* Deferred.succeed(resumed, undefined)
      const lost = yield* Effect.flip(lease.check)
      assert.strictEqual(lost._tag, "LeaseLost")
      assert.include(lost.message, "another run, process 1 on b, took it over while this one was silent")
      yield* TestClock.adjust(Lease.beat)
      yield* Scope.close(first, Exit.void)
      assert.strictEqual(files.text("place.lock"), taken)
      yield* other.check
      yield* Scope.close(second, Exit.void)
      assert.deepStrictEqual(files.names(), [])
    }),
  )

  it.effect("whose lock was deleted is lost too", () =>
    Effect.gen(function* () {
      const files = MemoryFiles.make()
      const lease = yield* takeAs(files, process())
      yield* files.of(() => Effect.void).remove("place.lock")
      yield* TestClock.adjust(Duration.seconds(1))
      assert.include((yield* Effect.flip(lease.check)).message, "place.lock was deleted or replaced while it went on")
    }).pipe(Effect.scoped),
  )

  const crashes: ReadonlyArray<readonly [string, "at once" | "after the term" | "never", Lease.Process]> = [
    ["whose number nobody has now", "at once", process({ pid: 99 })],
    ["whose number another process has now", "at once", process({ pid: 7, startedAt: "1" })],
    ["whose number we have now", "at once", process({ startedAt: "1" })],
    ["that is still there, though it was not heard of", "never", process({ pid: 7, startedAt: "70" })],
    ["whose number is had, where nobody knows since when", "after the term", process({ pid: 8, startedAt: null })],
    ["of which alone it is known when it began", "after the term", process({ pid: 8, startedAt: "80" })],
    ["of an earlier boot", "after the term", process({ pid: 7, startedAt: "70", system: "web-1 boot-0 pid:[1]" })],
  ]
  it.effect.each(crashes)("of a process %s is taken over %s", ([, when, left]) =>
    Effect.gen(function* () {
      const files = MemoryFiles.make()
      const running = [
        { pid: 7, startedAt: "70" },
        { pid: 8, startedAt: null },
      ]
      const take = Effect.scoped(Effect.flatMap(takeAs(files, process(), running), ({ check }) => check))
      yield* leave(files, left)
      if (when === "at once") return yield* take
      yield* refusedOf(take)
      yield* TestClock.adjust(pastTerm)
      if (when === "never") yield* refusedOf(take)
      else yield* take
    }),
  )

  const earlier: ReadonlyArray<readonly [string, string, "taken" | "refused"]> = [
    ["a process that is gone", "99\n", "taken"],
    ["a process that is there", "7\n", "refused"],
    ["our own number, which another had then", "100\n", "taken"],
    ["no number of a process", "0", "taken"],
    ["no number", "no number", "taken"],
    ["nothing yet", "", "refused"],
    ["so much that it is no lock of ours", "x".repeat(5_000), "refused"],
  ]
  it.effect.each(earlier)("understands what an earlier version left: %s", ([, text, outcome]) =>
    Effect.gen(function* () {
      const files = MemoryFiles.make()
      files.put("place.lock", text, 0)
      const take = Effect.scoped(takeAs(files, process(), [{ pid: 7, startedAt: "70" }]))
      if (outcome === "taken") yield* take
      else yield* refusedOf(take)
      assert.deepStrictEqual(files.names(), outcome === "taken" ? [] : ["place.lock"])
    }),
  )

  it.effect("says that what stands in its place is no run's, and opens no pipe there", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "elnudge-test-"))
      const file = join(folder, "place")
      const refused = refusedOf(Effect.scoped(Lease.take(file))).pipe(
        Effect.provideService(Lease.Processes, { self: process(), find: () => Effect.succeedNone }),
        Effect.provide(NodeServices.layer),
      )
      execFileSync("mkfifo", [`${file}.lock`])
      const { advice, message } = yield* refused
      assert.strictEqual(message, `${file} cannot be used: ${file}.lock, which says who uses it, is no run's.`)
      assert.strictEqual(advice, `Give another file, or look at ${file}.lock and move it away.`)
      assert.deepStrictEqual(readdirSync(folder), ["place.lock"])
      rmSync(`${file}.lock`)
      writeFileSync(`${file}.lock`, "x".repeat(5_000))
      assert.strictEqual((yield* refused).message, message)
    }),
  )

  it.effect("is not taken by a run that was cut off in taking it, for ever", () =>
    Effect.gen(function* () {
      const files = MemoryFiles.make()
      files.put("place.lock", "", 0)
      const take = Effect.scoped(takeAs(files, process()))
      yield* refusedOf(take)
      yield* TestClock.adjust(Lease.term)
      yield* take
      assert.deepStrictEqual(files.names(), [])
    }),
  )

  it.effect("leaves nothing where the disk is full, and is kept where it becomes full", () =>
    Effect.gen(function* () {
      const files = MemoryFiles.make()
      files.isFull = true
      assert.strictEqual((yield* Effect.flip(Effect.scoped(takeAs(files, process()))))._tag, "PlatformError")
      assert.deepStrictEqual(files.names(), [])
      files.isFull = false
      const lease = yield* takeAs(files, process())
      files.isFull = true
      yield* TestClock.adjust(Duration.seconds(1))
      yield* lease.check
    }).pipe(Effect.scoped),
  )
})

describe("a lease that several want at once", () => {
  /** How many have it in the end, where their steps follow each other as chosen. */
  const race = (
    files: MemoryFiles.MemoryFiles,
    takers: ReadonlyArray<Lease.Process>,
    choose: (waiting: number) => Effect.Effect<number>,
  ) =>
    Effect.gen(function* () {
      const turns = MemoryFiles.turns()
      const fibers = yield* Effect.forEach(takers, (self) =>
        Effect.forkChild(Effect.result(takeAs(files, self, takers, (step) => turns.before(`${self.pid}: ${step}`)))),
      )
      yield* turns.run(() => fibers.every((fiber) => fiber.pollUnsafe() !== undefined), choose)
      const results = yield* Effect.forEach(fibers, Fiber.join)
      const leases = results.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))
      yield* TestClock.adjust(Duration.seconds(1))
      for (const { check } of leases) yield* check
      return { leases: leases.length, steps: turns.steps }
    }).pipe(Effect.scoped)

  const left: ReadonlyArray<readonly [string, (files: MemoryFiles.MemoryFiles) => Effect.Effect<void>]> = [
    ["is free", () => Effect.void],
    ["was left", (files) => Effect.andThen(leave(files, process({ pid: 99 })), TestClock.adjust(pastTerm))],
    ["was left, as only some of them can tell", (files) => leave(files, process({ pid: 99 }))],
    [
      "was left, and so was its successor's lock",
      (files) =>
        Effect.andThen(leave(files, process({ pid: 99 })), leave(files, process({ pid: 98 }), "place.lock.next")),
    ],
  ]
  const two = [process({ pid: 1, startedAt: "1" }), inContainer("b")]
  const three = [...two, process({ pid: 2, startedAt: "2" })]

  it.effect.each(left)(
    "is had by exactly one of two and of three, in 60 orders of their steps, where it %s",
    ([, prepare]) =>
      Effect.gen(function* () {
        for (let run = 0; run < 60; run++) {
          const files = MemoryFiles.make()
          yield* prepare(files)
          const had = yield* race(files, run % 2 === 0 ? two : three, (of) => Random.nextIntBetween(0, of - 1)).pipe(
            Random.withSeed(`${run}`),
          )
          assert.strictEqual(had.leases, 1, `run ${run}: ${had.steps.join()}`)
          assert.deepStrictEqual(files.names(), [])
        }
      }),
  )
})
