/** The command line itself, with all its reports in one walk: how its peak of memory grows with the sessions. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as Case from "../Case.ts"
import * as Child from "../Child.ts"
import * as Command from "../Command.ts"
import * as Peer from "../peers/Peer.ts"
import * as Right from "../Right.ts"
import * as Shop from "../server/Shop.ts"
import * as Wire from "../server/Wire.ts"
import * as Spread from "../Spread.ts"

const sizesOf = ({ quick }: Case.Settings): ReadonlyArray<number> =>
  quick ? [5_000, 20_000] : [100_000, 1_000_000, 5_000_000]

// Few are nudged: details cost time, and memory none that a list of them would show.
const nudgedShare = 0.02

/** What `run all` is to write of the cohorts: sessions and conversions by band. */
const bandsOf = (csv: string): Peer.Bands => {
  const [head = "", ...lines] = csv.trim().split("\n")
  const columns = head.split(",")
  return lines
    .map((line) => line.split(","))
    .filter((cells) => cells[columns.indexOf("intent_band")] !== "(all)")
    .map(
      (cells) => [Number(cells[columns.indexOf("sessions")]), Number(cells[columns.indexOf("conversions")])] as const,
    )
}

interface Peak {
  readonly max_rss_bytes: number
  readonly max_live_bytes: number
}

const walk = async (sessions: number) => {
  const spec: Shop.Spec = { sessions, traffic: "skewed", nudgedShare }
  const folder = mkdtempSync(join(tmpdir(), "elnudge-bench-"))
  try {
    return await Child.withServer(spec, async ({ baseUrl }) => {
      const peak = join(folder, "peak")
      const walk = ["run", "all", "--quiet", "--rate-limit", "100000000", "--concurrency", "16"]
      const window = ["--from", Wire.instant(Shop.firstSecond), "--to", Wire.instant(Shop.lastSecond)]
      const preload = `--import=${pathToFileURL(join(Command.root, "benchmarks/PeakMemory.ts")).href}`
      const source = ["--conditions=@effect-elnudge/source", preload, "apps/cli-report/src/bin.ts"]
      const { wall_ms } = await Command.node([...source, ...walk, ...window, "--output-dir", join(folder, "reports")], {
        ELNUDGE_API_KEY: Peer.key,
        ELNUDGE_BASE_URL: baseUrl,
        BENCH_PEAK_MEMORY: peak,
      })
      const bands = bandsOf(readFileSync(join(folder, "reports/cohorts.csv"), "utf8"))
      Right.check(`${sessions} sessions`, bands, Right.answer(new Shop.Shop(spec), false).bands)
      const memory: Peak = JSON.parse(readFileSync(peak, "utf8"))
      return { wall_ms, ...memory }
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export const memory: Case.Case = {
  name: "memory",
  title: "Memory",
  run: async (settings) => {
    const sizes = sizesOf(settings).map((sessions) => ({ sessions, name: Spread.number(sessions, 0) }))
    const measured = await Case.inTurn(
      sizes,
      { ...settings, repetitions: Math.min(3, settings.repetitions) },
      ({ sessions }) => walk(sessions),
    )
    const peak = (name: string | undefined) =>
      Case.spreadOf(measured, name ?? "", ({ max_rss_bytes }) => max_rss_bytes / 1e6)
    const ratio = Case.ratio(peak(sizes.at(-1)?.name), peak(sizes[0]?.name))
    return {
      about: `\`elnudge-report run all\`: all seven reports in one walk; ${100 * nudgedShare} % of the sessions are nudged, and have their details read.`,
      columns: ["sessions", "peak RSS, MB", "× the first", "left by a full collection, MB", "seconds"],
      rows: sizes.map(({ name }) => [
        name,
        Spread.text(peak(name), 0),
        Spread.number(Case.ratio(peak(name), peak(sizes[0]?.name)), 2),
        Spread.median(
          Case.spreadOf(measured, name, ({ max_live_bytes }) => max_live_bytes / 1e6),
          0,
        ),
        Spread.median(
          Case.spreadOf(measured, name, ({ wall_ms }) => wall_ms / 1000),
          0,
        ),
      ]),
      aims: [
        {
          what: `peak RSS, ${sizes[0]?.name} → ${sizes.at(-1)?.name} sessions through all reports, grows`,
          aim: "< 10 %",
          reached: ratio === undefined ? "not measured" : `${Spread.number(100 * (ratio - 1), 1)} %`,
          holds: ratio === undefined ? undefined : ratio < 1.1,
        },
      ],
      measurements: Object.fromEntries(measured),
    }
  },
}
