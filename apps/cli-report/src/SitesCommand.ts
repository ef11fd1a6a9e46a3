/** `sites`: what the file of sites says, and whether each key can be read. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as DebugLog from "./DebugLog.ts"
import * as Destination from "./Destination.ts"
import * as EventLog from "./EventLog.ts"
import * as SiteKey from "./SiteKey.ts"
import * as SitesFile from "./SitesFile.ts"
import * as TableText from "./TableText.ts"

export interface Flags {
  readonly format: "table" | "json"
}

const rowOf = (site: SitesFile.Site) =>
  Effect.map(SiteKey.look(site), ({ key, openMode }) => ({
    name: site.name,
    key_file: site.key._tag === "File" ? site.key.file : null,
    key_env: site.key._tag === "Variable" ? site.key.name : null,
    key_problem: Result.isFailure(key) ? key.failure : null,
    others_can_use_key: openMode !== undefined,
    base_url: site.baseUrl ?? null,
    plan: site.plan ?? null,
    retention_days: SitesFile.retentionDays(site) ?? null,
    time_zone: site.timeZone ?? null,
    rate_limit: site.rateLimit ?? null,
  }))

type Row = Effect.Success<ReturnType<typeof rowOf>>

const columns: ReadonlyArray<TableText.Column<Row>> = [
  { head: "site", cell: ({ name }) => name },
  { head: "key", cell: ({ key_env, key_file }) => key_env ?? key_file ?? "" },
  {
    head: "can be read",
    cell: ({ key_problem, others_can_use_key }) =>
      key_problem === null ? (others_can_use_key ? "! by others too" : "✓") : `✗ ${key_problem}`,
  },
  { head: "address", cell: ({ base_url }) => base_url ?? "the vendor's" },
  { head: "keeps", cell: ({ retention_days }) => (retention_days === null ? "–" : `${retention_days} days`) },
  { head: "time zone", cell: ({ time_zone }) => time_zone ?? "–" },
  { head: "requests a minute", cell: ({ rate_limit }) => rate_limit ?? "–" },
]

/** Lists them; where there is none, says how to add one. */
export const run = Effect.fn("SitesCommand.run")(
  function* ({ format }: Flags) {
    const { file, sites } = yield* SitesFile.read
    const rows = yield* Effect.forEach(sites ?? [], rowOf)
    if (rows.length === 0) {
      const what = sites === undefined ? "there is no file of sites" : "the file of sites has none yet"
      yield* EventLog.notes([`note: ${what}; ${file} could hold ${SitesFile.example}`])
    }
    const json = () => `${JSON.stringify({ file, sites: rows }, null, 2)}\n`
    const { write } = yield* Destination.prepare(Option.none())
    const text = format === "json" ? json() : rows.length === 0 ? "" : TableText.render(columns, rows)
    if (text !== "") yield* write(Stream.succeed(text))
  },
  Effect.scoped,
  DebugLog.debuggable,
)
