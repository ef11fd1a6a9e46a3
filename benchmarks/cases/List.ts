/** The list alone: CPU for each session that is read, checked and counted. */
import * as Case from "../Case.ts"
import * as Contest from "../Contest.ts"
import * as Spread from "../Spread.ts"

const contestants: ReadonlyArray<Contest.Contestant> = [
  { name: "floor", what: "undici pool, JSON.parse, no checks" },
  { name: "fetch-zod", what: "fetch, zod, async generator" },
  { name: "sdk", what: "SDK-style auto-paginator, no checks" },
  { name: "ours", what: "ours" },
]

export const list: Case.Case = {
  name: "list",
  title: "The list: read, check and fold every session",
  run: async (settings) => {
    const sessions = settings.quick ? 20_000 : 200_000
    const measured = await Contest.run(
      {
        task: "list",
        server: { sessions, traffic: "even" },
        contestants,
        concurrency: 1,
        warmUpSessions: settings.quick ? 5_000 : 50_000,
        warmUps: settings.quick ? 1 : 2,
      },
      settings,
    )
    const cpu = (name: string) => Case.spreadOf(measured, name, ({ cpu_us }) => cpu_us / sessions)
    return {
      about: `${Spread.number(sessions, 0)} sessions in pages of 200, one chain of requests, no latency.`,
      columns: ["", "CPU µs a session", "× floor", "sessions a second", "peak RSS, MB"],
      rows: contestants.map(({ name, what }) => [
        what,
        Spread.text(cpu(name), 2),
        Spread.number(Case.ratio(cpu(name), cpu("floor")), 2),
        Spread.median(
          Case.spreadOf(measured, name, ({ wall_ms }) => (sessions * 1000) / wall_ms),
          0,
        ),
        Spread.median(
          Case.spreadOf(measured, name, ({ max_rss_bytes }) => max_rss_bytes / 1e6),
          0,
        ),
      ]),
      aims: [
        Case.atMostTimes(
          "list + decode + fold, CPU per session, against the raw unchecked loop",
          Case.ratio(cpu("ours"), cpu("floor")),
          1.5,
        ),
        Case.atMostTimes("the same against fetch + zod", Case.ratio(cpu("ours"), cpu("fetch-zod")), 1),
      ],
      measurements: Object.fromEntries(measured),
    }
  },
}
