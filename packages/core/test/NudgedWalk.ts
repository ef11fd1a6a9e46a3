/** A walk that takes its nudges from their list, or from the details, to its end on the test's clock. */
import { Coverage, type ElnudgeError, Session, SessionRead, SessionStream } from "@effect-elnudge/core"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as FakeNudges from "./FakeNudges.ts"
import * as VirtualTime from "./VirtualTime.ts"

export const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
export const to = DateTime.makeUnsafe("2026-11-01T00:00:00Z")
/** Long after the window. */
export const later = Date.UTC(2026, 10, 2)

export const isNudged = ({ nudge_count }: Session.Summary) => nudge_count > 0
export const isBuyer = ({ converted }: Session.Summary) => converted

interface Options extends SessionStream.NudgeOptions {
  /** Reads the details instead. */
  readonly byDetails?: boolean
  /** What the client believes the time is. @default after the window */
  readonly now?: number
}

/** Reads all sessions and tells what came, what was asked, and how it ended. */
export const read = (script: FakeApi.Script, { byDetails = false, now = later, ...options }: Options = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const { layer, seen } = FakeApi.make(script, { requestsPerMinute: 1_000_000 })
    const recorder = yield* Coverage.make
    const reads: Array<SessionRead.SessionRead> = []
    const asked = { from, to, pick: isNudged, ...options }
    const stream: Stream.Stream<SessionRead.SessionRead, ElnudgeError.ElnudgeError, Client> = byDetails
      ? SessionStream.details(asked)
      : SessionStream.nudges(asked)
    const result = yield* VirtualTime.run(
      stream.pipe(
        Stream.runForEach((each) => Effect.sync(() => reads.push(each))),
        Effect.provideService(Coverage.Current, recorder),
        Effect.provide(layer),
        Effect.result,
      ),
    )
    const failure = result._tag === "Failure" ? result.failure : undefined
    const ofNudges = seen.filter(FakeNudges.isOfNudges)
    const details = seen.filter(FakeNudges.isDetail).map(({ url }) => url.pathname.split("/").at(-1))
    return { reads, failure, seen, ofNudges, details, coverage: recorder.snapshot() }
  })

type Client = Stream.Services<ReturnType<typeof SessionStream.details>>

/** A session's nudges in an order that is none of the API's. */
export const nudgesOf = (each: SessionRead.SessionRead) =>
  SessionRead.nudges(each)?.toSorted((a, b) => (a.nudge_id < b.nudge_id ? -1 : 1))

export const byId = (reads: ReadonlyArray<SessionRead.SessionRead>) =>
  reads.map((each) => [each.summary.id, nudgesOf(each)] as const)

export const tags = (reads: ReadonlyArray<SessionRead.SessionRead>) =>
  Object.fromEntries(reads.map(({ detail, summary }) => [summary.id, detail._tag]))
