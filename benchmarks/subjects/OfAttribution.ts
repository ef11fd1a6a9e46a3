/** Attribution over one window, in a process of its own: what it answers, and at the server how many requests it took. */
import "effect/schema/SchemaJITCompiler/enable"
import { SessionStream } from "@effect-elnudge/core"
import { AttributionReport, Fold } from "@effect-elnudge/report"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Pool } from "undici"
import * as OurClient from "../peers/OurClient.ts"
import * as Peer from "../peers/Peer.ts"
import * as Measured from "./Measured.ts"

export interface Options extends Measured.Options {
  readonly baseUrl: string
  readonly from: string
  readonly to: string
  /** `every`: pages of 50 and the detail of each session, by hand. The others are ours. */
  readonly way: "every" | "details" | "nudges"
}

export interface Answer {
  /** Displays of nudges, and conversions that the rule gives to one. */
  readonly shown: number
  readonly attributed: number
}

const options: Options = JSON.parse(process.argv[2] ?? "{}")

interface Nudge {
  readonly shown_at: string
  readonly outcome: string
}

interface Detail {
  readonly converted: boolean
  readonly events: ReadonlyArray<{ readonly type: string; readonly occurred_at: string }>
  readonly nudges: ReadonlyArray<Nudge>
}

interface Page {
  readonly data: ReadonlyArray<{ readonly id: string }>
  readonly next_cursor: string | null
  readonly has_more: boolean
}

const isAttributed = ({ converted, events, nudges }: Detail): boolean => {
  const purchase = events.find(({ type }) => type === "PURCHASE")
  if (!converted || purchase === undefined) return false
  const boughtAt = Date.parse(purchase.occurred_at)
  return nudges.some(({ outcome, shown_at }) => {
    const passed = boughtAt - Date.parse(shown_at)
    return outcome !== "shown" && passed >= 0 && passed <= 30 * 60_000
  })
}

const every = async (): Promise<Answer> => {
  const { origin } = new URL(options.baseUrl)
  const pool = new Pool(origin, { connections: 16 })
  const headers = { authorization: `Bearer ${Peer.key}` }
  const get = async (path: string) => {
    const { body } = await pool.request({ path: `/v1${path}`, method: "GET", headers })
    return await body.text()
  }
  let [shown, attributed, cursor] = [0, 0, ""]
  while (true) {
    const page: Page = JSON.parse(await get(`/sessions?from=${options.from}&to=${options.to}${cursor}`))
    const bodies = await Promise.all(page.data.map(({ id }) => get(`/sessions/${id}`)))
    for (const body of bodies) {
      const { data }: { readonly data: Detail } = JSON.parse(body)
      shown += data.nudges.length
      if (isAttributed(data)) attributed++
    }
    if (!page.has_more) break
    cursor = `&cursor=${page.next_cursor}`
  }
  await pool.close()
  return { shown, attributed }
}

const ours = (way: "details" | "nudges") =>
  Effect.gen(function* () {
    const report = AttributionReport.make()
    const walk: SessionStream.NudgeOptions = {
      from: DateTime.makeUnsafe(options.from),
      to: DateTime.makeUnsafe(options.to),
      concurrency: 16,
      pick: report.needsDetail,
      needsEvents: report.needsEvents,
      onUnavailable: "emit",
      unordered: true,
    }
    const reads = way === "nudges" ? SessionStream.nudges(walk) : SessionStream.details(walk)
    const rows = yield* reads.pipe(Stream.run(Fold.toSink(report)))
    const all = rows.find(({ nudge_type }) => nudge_type === "(all)")
    const answer: Answer = { shown: all?.shown ?? 0, attributed: all?.attributed_lower ?? 0 }
    return answer
  }).pipe(Effect.provide(OurClient.layer(options.baseUrl)), Effect.runPromise)

await fetch(new URL("/control/reset", options.baseUrl))
await Measured.print(options, () => (options.way === "every" ? every() : ours(options.way)))
