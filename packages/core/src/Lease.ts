/**
 * One run at a time: a lock file beside another says who uses it, for as long as the scope lasts. Its holder says every
 * {@link beat} that it is still there. The lock of a holder that is gone is taken over: at once where the system can tell
 * that its process has ended, else (another host, another container) when nothing was heard of it for a {@link term}.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as TextFile from "./TextFile.ts"
import * as WallClock from "./WallClock.ts"

/** A process, told apart from others that have its number elsewhere or had it before. */
export interface Process {
  /** Where its number means something: host, boot, and what else has numbers of its own. Never the same for two such places. */
  readonly system: string
  /** For people. */
  readonly host: string
  readonly pid: number
  /** When it started, as its system says; null where that is not known. */
  readonly startedAt: string | null
}

/** Who runs this, and who else runs here: what a platform has to say. */
export class Processes extends Context.Service<
  Processes,
  {
    readonly self: Process
    /** The process that has this number on our own system now, if there is one. */
    readonly find: (pid: number) => Effect.Effect<Option.Option<Pick<Process, "startedAt">>>
  }
>()("@effect-elnudge/core/Lease/Processes") {}

/** How often a holder says that it is still there. */
export const beat = Duration.seconds(10)

/** After how long without a word a holder that cannot be looked for counts as gone. */
export const term = Duration.seconds(60)

// Nobody takes over what was heard of just now. The wall clock tells, because it goes on while a machine is suspended.
const sureMillis = 1_000

/** Another run has it. */
export class LeaseHeld extends Data.TaggedError("LeaseHeld")<{
  readonly file: string
  readonly lock: string
  /** Undefined where the lock does not say who has it. */
  readonly holder: Pick<Process, "pid"> | Process | undefined
  /** How long ago it was heard of, in milliseconds, where only that can tell whether it is still there. */
  readonly silentMillis: number | undefined
}> {
  override get message(): string {
    return this.holder === undefined && this.silentMillis === undefined
      ? `${this.file} cannot be used: ${this.lock}, which says who uses it, is no run's.`
      : `${this.file} is in use: another run, ${told(this.holder)}, goes on from it.`
  }
  get advice(): string {
    const left = this.silentMillis === undefined ? 0 : Duration.toMillis(term) - this.silentMillis
    if (this.holder === undefined && this.silentMillis === undefined) {
      return `Give another file, or look at ${this.lock} and move it away.`
    }
    return this.silentMillis === undefined
      ? `Wait for it, or give another file; if there is no such run, look at ${this.lock} and delete it.`
      : `Wait for it, or give another file; if it is gone, this works in ${Math.max(1, Math.ceil(left / 1_000))} s, or when ${this.lock} is deleted.`
  }
}

/** The holder has it no more: it was silent for too long, suspended perhaps, or its lock was deleted. Nothing was written. */
export class LeaseLost extends Data.TaggedError("LeaseLost")<{
  readonly file: string
  readonly lock: string
  /** Who has it now; undefined where nobody does, or the lock does not say. */
  readonly holder: Pick<Process, "pid"> | Process | undefined
}> {
  override get message(): string {
    return this.holder === undefined
      ? `${this.file} is no longer this run's: ${this.lock} was deleted or replaced while it went on.`
      : `${this.file} is no longer this run's: another run, ${told(this.holder)}, took it over while this one was silent.`
  }
  get advice(): string {
    return "Nothing of the other run was touched. Wait for it, then run this again: it goes on from where that one is."
  }
}

const told = (holder: LeaseHeld["holder"]): string =>
  holder === undefined
    ? "which has only just begun"
    : `process ${holder.pid}${"host" in holder ? ` on ${holder.host}` : ""}`

/** What is held. */
export interface Lease {
  /** Fails with `LeaseLost` where another has it: call it before each write that the lease is for. Also says that it is still there, and asks at most once a second. */
  readonly check: Effect.Effect<void, LeaseLost | PlatformError>
}

const Lock = Schema.fromJsonString(
  Schema.Struct({
    format: Schema.Literal("elnudge-lease-1"),
    system: Schema.String,
    host: Schema.String,
    pid: Schema.Int,
    started_at: Schema.NullOr(Schema.String),
    /** Of this taking alone. */
    id: Schema.String,
  }),
)
const decodeLock = Schema.decodeResult(Lock)
const encodeLock = Schema.encodeSync(Lock)

// Ours has a tenth of it. What is larger is somebody's file that happens to be called like this.
const maxBytes = 4_096

interface Seen {
  readonly text: string
  readonly at: number | undefined
}

/** What no run made. */
const foreign: Seen = { text: " ".repeat(maxBytes + 1), at: undefined }

/** Who stands in a lock: an earlier version wrote its number alone. */
const holderIn = ({ text }: Seen): LeaseHeld["holder"] => {
  const lock = decodeLock(text)
  if (Result.isSuccess(lock)) {
    const { host, pid, started_at: startedAt, system } = lock.success
    return { system, host, pid, startedAt }
  }
  const pid = Number(text)
  return Number.isSafeInteger(pid) && pid > 0 ? { pid } : undefined
}

type Judgement = { readonly _tag: "Gone" } | { readonly _tag: "Held"; readonly silentMillis: number | undefined }

const gone: Judgement = { _tag: "Gone" }
const held: Judgement = { _tag: "Held", silentMillis: undefined }

/** Whether the holder of a lock is gone. `now` is by the clock that dates the lock, which may be another machine's. */
const judge = Effect.fnUntraced(function* (seen: Seen, now: number | undefined) {
  const { find, self } = yield* Processes
  const holder = holderIn(seen)
  const silentMillis = Math.max(0, (now ?? 0) - (seen.at ?? now ?? 0))
  const bySilence: Judgement = silentMillis >= Duration.toMillis(term) ? gone : { _tag: "Held", silentMillis }
  // Nothing in it yet: whoever made it is about to say who it is, unless it was cut off there.
  if (holder === undefined) return seen.text === "" ? bySilence : gone
  if (!("system" in holder)) {
    return holder.pid !== self.pid && Option.isSome(yield* find(holder.pid)) ? held : gone
  }
  if (holder.system !== self.system) return bySilence
  const found = yield* find(holder.pid)
  if (Option.isNone(found)) return gone
  const { startedAt } = found.value
  if (holder.startedAt === null || startedAt === null) return bySilence
  return startedAt === holder.startedAt ? held : gone
})

// What is no text is no lock of ours, whatever it is.
const textOf = (bytes: Uint8Array): string => Result.getOrElse(TextFile.decode(bytes), () => "")

/** What stands in the file, and when that was written; undefined where there is none. */
const look = Effect.fnUntraced(function* (lock: string) {
  const fileSystem = yield* FileSystem.FileSystem
  return yield* Effect.gen(function* () {
    // Whoever opens a pipe waits for another who does; nothing ends that.
    const { type } = yield* fileSystem.stat(lock)
    if (type !== "File" && type !== "Directory") return foreign
    const opened = yield* fileSystem.open(lock, { flag: "r" })
    const bytes = Option.getOrElse(yield* opened.readAlloc(maxBytes + 1), () => new Uint8Array())
    const { mtime } = yield* opened.stat
    const seen: Seen = {
      text: textOf(bytes),
      at: Option.getOrUndefined(Option.map(mtime, (date) => date.getTime())),
    }
    return seen
  }).pipe(
    Effect.scoped,
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(undefined)),
  )
})

const remove = (lock: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fileSystem) => Effect.ignore(fileSystem.remove(lock, { force: true })))

/** Makes the file with this text; gives whether it was not there before. */
const create = Effect.fnUntraced(function* (lock: string, text: string) {
  const fileSystem = yield* FileSystem.FileSystem
  return yield* fileSystem.writeFileString(lock, text, { flag: "wx", mode: 0o600 }).pipe(
    Effect.as(true),
    Effect.catchReason("PlatformError", "AlreadyExists", () => Effect.succeed(false)),
    // A full disk lets it be made, and takes no text.
    Effect.tapError(() => remove(lock)),
  )
})

// Each is the successor of the one before it: only after crashes in the very moment of a takeover there is more than one.
const maxSuccessors = 3
const maxTries = 5
// To judge a lock takes less.
const judgingTime = Duration.millis(50)

/**
 * Makes the lock ours, with this text in it. Who finds one there becomes its successor first, by a lock of its own: only a
 * successor may judge a lock and put its own into its place, so that of two who find the lock of a holder that is gone one
 * gets it.
 */
const acquire = (
  file: string,
  lock: string,
  text: string,
  successors = 0,
): Effect.Effect<void, LeaseHeld | PlatformError, FileSystem.FileSystem | Processes> =>
  Effect.gen(function* () {
    const fileSystem = yield* FileSystem.FileSystem
    const refused = (seen: Seen | undefined, silentMillis?: number) =>
      new LeaseHeld({ file, lock, holder: seen === undefined ? undefined : holderIn(seen), silentMillis })
    for (let tries = 0; tries < maxTries; tries++) {
      if (yield* create(lock, text)) return
      if (successors === maxSuccessors) return yield* refused(yield* look(lock), 0)
      const successor = `${lock}.next`
      const succession = yield* Effect.result(acquire(file, successor, text, successors + 1))
      if (Result.isFailure(succession)) {
        if (succession.failure._tag !== "LeaseHeld" || successors > 0) return yield* Effect.fail(succession.failure)
        // Somebody else judges it just now, and may leave it as it is.
        yield* Effect.sleep(judgingTime)
        continue
      }
      const [own, seen] = [yield* look(successor), yield* look(lock)]
      if (seen !== undefined) {
        if (seen.text.length > maxBytes) {
          yield* remove(successor)
          return yield* refused(undefined)
        }
        const judgement = yield* judge(seen, own?.at)
        if (judgement._tag === "Held") {
          yield* remove(successor)
          return yield* refused(seen, judgement.silentMillis)
        }
        // One that was itself silent for too long finds here that its place as a successor went to another.
        yield* Effect.catchReason(fileSystem.rename(successor, lock), "PlatformError", "NotFound", () => Effect.void)
        if ((yield* look(lock))?.text === text) return
        continue
      }
      yield* remove(successor)
    }
    return yield* refused(yield* look(lock), 0)
  })

/** Says that we are still there, in the file that was looked at, whatever takes its place meanwhile. */
const renew = Effect.fnUntraced(function* (lock: string, text: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const bytes = new TextEncoder().encode(text)
  return yield* Effect.gen(function* () {
    const opened = yield* fileSystem.open(lock, { flag: "r+" })
    const found = Option.getOrElse(yield* opened.readAlloc(maxBytes), () => new Uint8Array())
    const seen: Seen = { text: textOf(found), at: undefined }
    if (seen.text !== text) return seen
    yield* opened.seek(0n, "start")
    // A full disk must not cost the lease.
    yield* Effect.ignore(opened.writeAll(bytes))
    return "ours" as const
  }).pipe(
    Effect.scoped,
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(undefined)),
  )
})

/**
 * Takes the lease of a file, by `FILE.lock` beside it, until the scope ends. Fails with `LeaseHeld` where another run has
 * it, also one of this very process. A lock that an earlier version left is understood.
 */
export const take: (
  file: string,
) => Effect.Effect<Lease, LeaseHeld | PlatformError, FileSystem.FileSystem | Processes | Scope.Scope> = Effect.fn(
  "Lease.take",
)(function* (file) {
  const { self } = yield* Processes
  const fileSystem = yield* FileSystem.FileSystem
  const provided = Effect.provideService(FileSystem.FileSystem, fileSystem)
  const lock = `${file}.lock`
  const { host, pid, startedAt, system } = self
  const id = `${yield* Random.nextInt}${yield* Random.nextInt}`
  const text = `${encodeLock({ format: "elnudge-lease-1", system, host, pid, started_at: startedAt, id })}\n`
  let renewedAt = Number.NEGATIVE_INFINITY
  const isOurs = Effect.gen(function* () {
    const now = yield* WallClock.now
    const found = yield* provided(renew(lock, text))
    if (found === "ours") renewedAt = now
    return found
  })
  const release = Effect.flatMap(isOurs, (found) => (found === "ours" ? provided(remove(lock)) : Effect.void))
  yield* Effect.acquireRelease(acquire(file, lock, text), () => Effect.ignore(release))
  // What goes wrong here is told by the check before a write.
  yield* Effect.forkScoped(Effect.repeat(Effect.ignore(isOurs), Schedule.spaced(beat)))
  const lease: Lease = {
    check: Effect.gen(function* () {
      const since = (yield* WallClock.now) - renewedAt
      if (since >= 0 && since < sureMillis) return
      const found = yield* isOurs
      if (found === "ours") return
      return yield* new LeaseLost({ file, lock, holder: found === undefined ? undefined : holderIn(found) })
    }),
  }
  return lease
})
