// More of them: StoppedRuns.full.ts and StoppedRuns.slow.ts.
import { describe, it } from "@effect/vitest"
import * as StoppedRuns from "./StoppedRuns.ts"

const cases: ReadonlyArray<readonly [StoppedRuns.Name, ReadonlyArray<StoppedRuns.Stop>]> = [
  [
    "cohorts",
    [
      { way: "SIGTERM", afterRequests: 120 },
      { way: "SIGKILL", afterRequests: 40 },
    ],
  ],
  ["sessions csv", [{ way: "full disk", afterRequests: 120 }]],
  ["sessions ndjson", [{ way: "SIGINT", afterRequests: 400 }]],
]

describe("a run that was stopped and gone on with", () => {
  it.live.each(cases)("%s ends as one that was not: %j", ([name, stops]) => StoppedRuns.check(name, stops))
})
