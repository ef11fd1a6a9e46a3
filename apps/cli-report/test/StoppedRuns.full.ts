import { describe, it } from "@effect/vitest"
import * as StoppedRuns from "./StoppedRuns.ts"

const cases: ReadonlyArray<readonly [StoppedRuns.Name, ReadonlyArray<StoppedRuns.Stop>]> = [
  ["attribution", [{ way: "SIGTERM", afterRequests: 1 }]],
  ["attribution", [{ way: "SIGKILL", afterRequests: 90 }]],
  [
    "attribution",
    [
      { way: "SIGINT", afterRequests: 3 },
      { way: "SIGTERM", afterRequests: 60 },
    ],
  ],
  ["attribution", [{ way: "full disk", afterRequests: 30 }]],
  ["cohorts", [{ way: "max requests", afterRequests: 70 }]],
  [
    "run",
    [
      { way: "SIGKILL", afterRequests: 150 },
      { way: "SIGINT", afterRequests: 30 },
    ],
  ],
  ["run", [{ way: "full disk", afterRequests: 20 }]],
  [
    "sessions csv",
    [
      { way: "SIGKILL", afterRequests: 200 },
      { way: "SIGKILL", afterRequests: 100 },
    ],
  ],
  [
    "sessions ndjson",
    [
      { way: "SIGTERM", afterRequests: 33 },
      { way: "max requests", afterRequests: 250 },
    ],
  ],
]

describe("runs that were stopped and gone on with", () => {
  it.live.each(cases)("%s ends as one that was not: %j", ([name, stops]) => StoppedRuns.check(name, stops))
})
