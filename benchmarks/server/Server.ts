/**
 * The API for the measurements, in a process of its own: plain node:http, every body made once and then sent as bytes.
 * `node benchmarks/server/Server.ts '{"sessions":100000,"traffic":"even","port":4321}'` prints its port as JSON.
 * `/control/reset` starts its counts anew, `/control/counts` gives them.
 */
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Limit from "./Limit.ts"
import * as Shop from "./Shop.ts"
import * as Wire from "./Wire.ts"

export interface Options extends Shop.Spec {
  /** @default a free one */
  readonly port?: number | undefined
  /** How long each answer takes, in milliseconds. @default 0 */
  readonly latencyMillis?: number | undefined
  /** @default none */
  readonly limit?: Limit.Limit | undefined
}

/** Since the last reset. */
export interface Counts {
  readonly list: number
  readonly details: number
  readonly nudges: number
  /** 429 answers, which are not among the others. */
  readonly refused: number
}

const options: Options = JSON.parse(process.argv[2] ?? "{}")
const { latencyMillis = 0 } = options
const shop = new Shop.Shop(options)

const noCounts: Counts = { list: 0, details: 0, nudges: 0, refused: 0 }
let counts = { ...noCounts }
let gate = options.limit && Limit.gate(options.limit)

// Bodies are kept up to here; beyond, each is made anew.
const maxKeptBytes = 512 * 1024 * 1024
const kept = new Map<string, Buffer>()
let keptBytes = 0

const bodyOf = (key: string, make: () => string): Buffer => {
  const known = kept.get(key)
  if (known !== undefined) return known
  const body = Buffer.from(make())
  if (keptBytes + body.length <= maxKeptBytes) {
    kept.set(key, body)
    keptBytes += body.length
  }
  return body
}

const write = (response: ServerResponse, status: number, body: Buffer, headers?: Record<string, string>): void => {
  response.writeHead(status, { "content-type": "application/json", "content-length": body.length, ...headers })
  response.end(body)
}

const answer = (response: ServerResponse, status: number, body: Buffer): void => {
  if (latencyMillis === 0) write(response, status, body)
  else setTimeout(() => write(response, status, body), latencyMillis)
}

const errorBody = (error: string) => Buffer.from(JSON.stringify({ error, message: error }))

const seconds = (text: string | null, otherwise: number): number =>
  text === null ? otherwise : Math.ceil(Date.parse(text) / 1000)

interface Slice {
  readonly start: number
  readonly end: number
  readonly last: number
}

/** `countFrom` says how many of the list are at or after an instant. */
const sliceOf = (query: URLSearchParams, countFrom: (second: number) => number): Slice | undefined => {
  const limit = Number(query.get("limit") ?? 50)
  const text = query.get("cursor")
  const cursor =
    text === null
      ? {
          next: countFrom(seconds(query.get("to"), Shop.lastSecond)),
          last: countFrom(seconds(query.get("from"), Shop.firstSecond)),
        }
      : Wire.parseCursor(text)
  if (cursor === undefined || !(limit >= 1 && limit <= 200)) return undefined
  const { last, next } = cursor
  return { start: next, end: Math.min(next + limit, last), last }
}

let displays: ReadonlyArray<Wire.Displayed> | undefined

/** Newest first. */
const allDisplays = (): ReadonlyArray<Wire.Displayed> => {
  displays ??= Array.from({ length: shop.spec.sessions }, (_, index) => index)
    .flatMap((index) => shop.nudges(index).map((nudge) => ({ sessionId: Shop.idOf(index), nudge })))
    .sort((a, b) => b.nudge.shownAt - a.nudge.shownAt)
  return displays
}

const displaysOf = (query: URLSearchParams): ReadonlyArray<Wire.Displayed> => {
  const [type, session] = [query.get("type"), query.get("session_id")]
  if (type === null && session === null) return allDisplays()
  return allDisplays().filter(
    ({ nudge, sessionId }) => (type === null || nudge.type === type) && (session === null || sessionId === session),
  )
}

const countDisplaysFrom = (all: ReadonlyArray<Wire.Displayed>) => (second: number) => {
  let low = 0
  let high = all.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((all[middle]?.nudge.shownAt ?? 0) >= second) low = middle + 1
    else high = middle
  }
  return low
}

const control = (path: string, response: ServerResponse): void => {
  if (path === "/control/reset") {
    counts = { ...noCounts }
    gate = options.limit && Limit.gate(options.limit)
  }
  write(response, 200, Buffer.from(JSON.stringify(counts)))
}

const route = (path: string, query: URLSearchParams, response: ServerResponse): void => {
  if (path === "/v1/sessions") {
    counts.list++
    const slice = sliceOf(query, (second) => shop.countFrom(second))
    if (slice === undefined) return answer(response, 400, errorBody("BadRequest"))
    const { end, last, start } = slice
    const body = bodyOf(`${start} ${end} ${last}`, () => Wire.page(shop, start, end, last))
    return answer(response, 200, body)
  }
  if (path === "/v1/nudges") {
    counts.nudges++
    const all = displaysOf(query)
    const slice = sliceOf(query, countDisplaysFrom(all))
    if (slice === undefined) return answer(response, 400, errorBody("BadRequest"))
    const body = bodyOf(`nudges ${query.toString()}`, () => Wire.nudgePage(all, slice.start, slice.end, slice.last))
    return answer(response, 200, body)
  }
  counts.details++
  const index = Shop.indexOf(path.slice("/v1/sessions/".length))
  if (!path.startsWith("/v1/sessions/") || !(index >= 0 && index < shop.spec.sessions)) {
    return answer(response, 404, errorBody("NotFound"))
  }
  answer(
    response,
    200,
    bodyOf(path, () => Wire.detail(shop, index)),
  )
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const url = request.url ?? "/"
  const mark = url.indexOf("?")
  const path = mark < 0 ? url : url.slice(0, mark)
  if (path.startsWith("/control/")) return control(path, response)
  if (request.headers.authorization?.startsWith("Bearer ") !== true) {
    return answer(response, 401, errorBody("Unauthorized"))
  }
  const wait = gate?.(performance.now()) ?? 0
  if (wait > 0) {
    counts.refused++
    return write(response, 429, errorBody("RateLimitExceeded"), { "retry-after": String(Math.ceil(wait / 1000)) })
  }
  route(path, new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)), response)
})

const isAddress = (address: string | AddressInfo | null): address is AddressInfo =>
  address !== null && typeof address !== "string"

server.listen(options.port ?? 0, "127.0.0.1", () => {
  const address = server.address()
  if (isAddress(address)) process.stdout.write(`${JSON.stringify({ port: address.port })}\n`)
})
