import { AttributionReport, Fold } from "@effect-elnudge/report"

export const report = AttributionReport.make()
export const run = Fold.run
