// What a library of somebody's exports without annotations: its declarations must be able to name every type.
import { Coverage, RequestBudget, SessionStream, WalkSample } from "@effect-elnudge/core"
import { Elnudge } from "@effect-elnudge/core/promise"
import { Generator } from "@effect-elnudge/emulator"
import { AttributionReport, CohortReport, Comparison, LiftReport, Report } from "@effect-elnudge/report"
import { Effect } from "effect"
import { from, layer, to } from "./Shop.js"

export const pages = SessionStream.pages({ from, to })
export const summaries = SessionStream.summaries({ from, to })
export const details = SessionStream.details({ from, to, pick: (session) => session.converted })
export const budget = RequestBudget.make({ maxRequests: 5 })
export const sample = WalkSample.take({ from, to })
export const recorder = Coverage.make
export const attribution = AttributionReport.make()
export const reports = Report.zip(CohortReport.make(), LiftReport.make())
export const comparison = Comparison
export const elnudge = (apiKey: string) => Elnudge.make({ apiKey })
export const shop = Effect.map(Generator.make({ end: to, days: 31, count: 10 }), (sessions) => layer({ sessions }))
