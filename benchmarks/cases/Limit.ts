/** How much of a limit is used, and how often it is overstepped. */
import * as Case from "../Case.ts"
import * as Child from "../Child.ts"
import type * as ServerLimit from "../server/Limit.ts"
import type * as Server from "../server/Server.ts"
import * as Shop from "../server/Shop.ts"
import * as Wire from "../server/Wire.ts"
import * as Spread from "../Spread.ts"
import type * as Measured from "../subjects/Measured.ts"
import type * as OfLimit from "../subjects/OfLimit.ts"

const perSecond = 50
const concurrency = 16

interface Way {
  readonly name: OfLimit.Options["way"]
  readonly what: string
}

const ways: ReadonlyArray<Way> = [
  { name: "told", what: "ours, told the limit" },
  { name: "auto", what: "ours, auto" },
  { name: "with-rate-limiter", what: "effect's withRateLimiter, told the limit" },
  { name: "p-queue", what: "p-queue with intervalCap, told the limit; waits as Retry-After says" },
]

interface Subject extends Way {
  readonly limit: ServerLimit.Limit
}

const answered = ({ details, list }: Server.Counts): number => list + details

interface Outcome {
  readonly utilisation: number
  readonly utilisation_second_half: number
  readonly refused: number
  readonly counts: Server.Counts
}

const run = async ({ limit, name: way }: Subject, seconds: number, settings: Case.Settings): Promise<Outcome> => {
  const server: Server.Options = { sessions: 20_000, traffic: "even", latencyMillis: 20, limit }
  return await Child.withServer(server, async ({ baseUrl, counts }) => {
    const window = { from: Wire.instant(Shop.firstSecond), to: Wire.instant(Shop.lastSecond) }
    const profile = Case.profileOf(settings, `limit-${limit.kind}-${way}`)
    const options: OfLimit.Options = { baseUrl, ...window, way, perSecond, seconds, profile }
    const { answer } = await Child.run<Measured.Measurement<OfLimit.Answer>>("subjects/OfLimit.ts", options)
    const { details, halfway } = answer
    const end = await counts()
    // Those that were under way at the end were answered to nobody.
    if (details > end.details || details < end.details - concurrency) {
      throw new Error(`${way} counts ${details} details, the server ${end.details}`)
    }
    return {
      utilisation: answered(end) / ((limit.kind === "token-bucket" ? limit.burst : 0) + perSecond * seconds),
      utilisation_second_half: (answered(end) - answered(halfway)) / (perSecond * (seconds / 2)),
      refused: end.refused,
      counts: end,
    }
  })
}

const kinds = {
  "token-bucket": "token bucket",
  "fixed-window": "fixed window",
} satisfies Record<ServerLimit.Limit["kind"], string>

export const limit: Case.Case = {
  name: "limit",
  title: "The rate limit",
  run: async (settings) => {
    const seconds = settings.quick ? 4 : 120
    const windowMillis = settings.quick ? 2_000 : 60_000
    const limits: ReadonlyArray<ServerLimit.Limit> = [
      { kind: "token-bucket", perSecond, burst: 10 },
      { kind: "fixed-window", requests: (perSecond * windowMillis) / 1_000, windowMillis },
    ]
    const subjects = limits
      .flatMap((limit) => ways.map((way): Subject => ({ ...way, limit })))
      .filter(({ name }) => settings.only.length === 0 || settings.only.includes(name))
    settings.say(`${subjects.length} clients, each with a server of its own, at the same time for ${seconds} s`)
    // They wait for most of the time: none is in another's way.
    const outcomes = await Promise.all(
      subjects.map(async (subject) => ({ ...subject, ...(await run(subject, seconds, settings)) })),
    )
    const find = (kind: ServerLimit.Limit["kind"], way: string) =>
      outcomes.find(({ limit, name }) => limit.kind === kind && name === way)
    const refusals = (kind: ServerLimit.Limit["kind"]): Case.Aim => {
      const told = find(kind, "told")
      return {
        what: `refusals when told, ${kinds[kind]}`,
        aim: "0",
        reached: told === undefined ? "not measured" : String(told.refused),
        holds: told === undefined ? undefined : told.refused === 0,
      }
    }
    const utilisation = (kind: ServerLimit.Limit["kind"]) => [
      Case.share(`utilisation when told, ${kinds[kind]}`, find(kind, "told")?.utilisation, { atLeast: 98 }),
      refusals(kind),
      Case.share(`utilisation with \`auto\`, ${kinds[kind]}`, find(kind, "auto")?.utilisation, { atLeast: 90 }),
    ]
    return {
      about: `${perSecond} requests a second, as a token bucket with a burst of 10 and as a fixed window of ${windowMillis / 1_000} s; details 16 at once, ${seconds} s, 20 ms for each answer. Utilisation is what was answered of what the limit would have let through.`,
      columns: ["", "server", "utilisation, %", "in the second half, %", "answered", "refused"],
      rows: outcomes.map(({ counts, limit, refused, utilisation, utilisation_second_half, what }) => [
        what,
        kinds[limit.kind],
        Spread.number(utilisation * 100, 1),
        Spread.number(utilisation_second_half * 100, 1),
        Spread.number(answered(counts), 0),
        Spread.number(refused, 0),
      ]),
      aims: [...utilisation("token-bucket"), ...utilisation("fixed-window")],
      measurements: Object.fromEntries(outcomes.map((outcome) => [`${outcome.name}, ${outcome.limit.kind}`, outcome])),
    }
  },
}
