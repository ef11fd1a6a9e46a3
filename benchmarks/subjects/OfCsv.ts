/** Sessions in memory to CSV, page by page where nothing else is said, in a process of its own. */
import { createHash } from "node:crypto"
import { SessionRead } from "@effect-elnudge/core"
import { SessionCsv } from "@effect-elnudge/report"
import { stringify as stringifyStream } from "csv-stringify"
import { stringify } from "csv-stringify/sync"
import * as Shop from "../server/Shop.ts"
import * as Measured from "./Measured.ts"
import * as Reads from "./Reads.ts"

export interface Options extends Measured.Options {
  readonly way: "ours" | "whole" | "pages" | "objects" | "stream"
  readonly sessions: number
  readonly details: boolean
  /** How often they are written while it is measured. */
  readonly times: number
}

/** Of one writing. */
export interface Answer {
  readonly bytes: number
  readonly sha256: string
}

const options: Options = JSON.parse(process.argv[2] ?? "{}")
const { details, sessions, times, way } = options
const reads = Reads.make(new Shop.Shop({ sessions, traffic: "even" }))

const fields = ["id", "started_at", "ended_at", "page_count", "intent_score", "converted", "nudge_count"] as const

// What csv-stringify is best at: rows that are arrays of text and numbers already.
const rows = reads.map((read) => {
  const session = SessionRead.session(read)
  const { detail } = read
  const cells = fields.map((field) => (typeof session[field] === "boolean" ? String(session[field]) : session[field]))
  if (!details) return cells
  const nested =
    detail._tag === "Read"
      ? [JSON.stringify(detail.session.events), JSON.stringify(detail.session.nudges)]
      : [null, null]
  return [...cells, ...nested]
})

const pageSize = 200
const pagesOf = <Row>(all: ReadonlyArray<Row>): ReadonlyArray<ReadonlyArray<Row>> =>
  Array.from({ length: Math.ceil(all.length / pageSize) }, (_, page) =>
    all.slice(page * pageSize, (page + 1) * pageSize),
  )
const pages = { reads: pagesOf(reads), rows: pagesOf(rows) }

type Take = (text: string) => void

const objects = {
  columns: [...fields],
  cast: { boolean: String },
}

const ways: Record<Options["way"], (take: Take) => void | Promise<void>> = {
  ours: (take) => {
    for (const page of pages.reads) take(SessionCsv.rows(page, details))
  },
  whole: (take) => take(stringify(rows)),
  pages: (take) => {
    for (const page of pages.rows) take(stringify([...page]))
  },
  objects: (take) => {
    for (const page of pages.reads) take(stringify(page.map(SessionRead.session), objects))
  },
  stream: async (take) => {
    const stringifier = stringifyStream()
    stringifier.setEncoding("utf8")
    const ended = new Promise((resolve, reject) => stringifier.on("error", reject).once("end", resolve))
    stringifier.on("data", take)
    for (const row of rows) stringifier.write(row)
    stringifier.end()
    await ended
  },
}

const write = ways[way]
const hash = createHash("sha256")
await write((text) => void hash.update(text))
const sha256 = hash.digest("hex")
await write(() => {})
await Measured.print(options, async (): Promise<Answer> => {
  let bytes = 0
  for (let time = 0; time < times; time++) await write((text) => void (bytes += text.length))
  return { bytes: bytes / times, sha256 }
})
