/** Details, sixteen at once: CPU for each request. */
import * as Case from "../Case.ts"
import * as Contest from "../Contest.ts"
import * as Spread from "../Spread.ts"

const contestants: ReadonlyArray<Contest.Contestant> = [
  { name: "floor", what: "undici pool, JSON.parse, no checks" },
  { name: "fetch-zod", what: "fetch, zod, p-queue" },
  { name: "sdk", what: "SDK-style client, p-queue, no checks" },
  { name: "ours", what: "ours" },
]

export const details: Case.Case = {
  name: "details",
  title: "Details: sixteen at once",
  run: async (settings) => {
    const sessions = settings.quick ? 2_000 : 20_000
    const measured = await Contest.run(
      {
        task: "details",
        server: { sessions, traffic: "even" },
        contestants,
        concurrency: 16,
        warmUpSessions: settings.quick ? 500 : 4_000,
        warmUps: settings.quick ? 1 : 2,
      },
      settings,
    )
    const cpu = (name: string) => Case.spreadOf(measured, name, ({ cpu_us, requests }) => cpu_us / requests)
    return {
      about: `${Spread.number(sessions, 0)} details and the list's pages of 200 that name them, no latency.`,
      columns: ["", "CPU µs a request", "× floor", "requests a second", "peak RSS, MB"],
      rows: contestants.map(({ name, what }) => [
        what,
        Spread.text(cpu(name), 1),
        Spread.number(Case.ratio(cpu(name), cpu("floor")), 2),
        Spread.median(
          Case.spreadOf(measured, name, ({ requests, wall_ms }) => (requests * 1000) / wall_ms),
          0,
        ),
        Spread.median(
          Case.spreadOf(measured, name, ({ max_rss_bytes }) => max_rss_bytes / 1e6),
          0,
        ),
      ]),
      aims: [
        Case.atMostTimes(
          "details at concurrency 16, CPU per request, against a raw undici pool",
          Case.ratio(cpu("ours"), cpu("floor")),
          2,
        ),
      ],
      measurements: Object.fromEntries(measured),
    }
  },
}
