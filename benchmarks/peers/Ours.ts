/** This project, as its command line uses it: the client, the coverage, the budget and a report's fold. */
import "effect/schema/SchemaJITCompiler/enable"
import { Coverage, RequestBudget, type Session, type SessionRead, SessionStream } from "@effect-elnudge/core"
import { CohortReport } from "@effect-elnudge/report"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as OurClient from "./OurClient.ts"
import type * as Peer from "./Peer.ts"

const walk = (options: Peer.Options, pick: (session: Session.Summary) => boolean) =>
  Effect.gen(function* () {
    const report = CohortReport.make()
    const recorder = yield* Coverage.make
    const budget = yield* RequestBudget.make()
    let state = report.initial()
    let events = 0
    let nudges = 0
    const take = (read: SessionRead.SessionRead): void => {
      state = report.step(state, read)
      if (read.detail._tag !== "Read") return
      events += read.detail.session.events.length
      nudges += read.detail.session.nudges.length
    }
    yield* SessionStream.details({
      from: DateTime.makeUnsafe(options.from),
      to: DateTime.makeUnsafe(options.to),
      pageSize: options.pageSize,
      concurrency: options.concurrency,
      pick,
      onUnavailable: "emit",
      unordered: true,
    }).pipe(
      Stream.runForEachArray((reads) => Effect.sync(() => reads.forEach(take))),
      Effect.provideService(RequestBudget.Current, budget),
      Effect.provideService(Coverage.Current, recorder),
    )
    const bands = report
      .done(state)
      .filter(({ intent_band }) => intent_band !== "(all)")
      .map(({ conversions, sessions }) => [sessions, conversions] as const)
    const answer: Peer.Answer = { bands, events, nudges }
    return answer
  }).pipe(Effect.provide(OurClient.layer(options.baseUrl)), Effect.runPromise)

export const list: Peer.Peer["list"] = (options) => walk(options, () => false)

export const details: Peer.Peer["details"] = (options) => walk(options, () => true)
