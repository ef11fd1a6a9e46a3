/** Details, sixteen at once, for so many seconds against a limit of the server, in a process of its own. */
import "effect/schema/SchemaJITCompiler/enable"
import { SessionStream } from "@effect-elnudge/core"
import { NodeHttpClient } from "@effect/platform-node"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import * as Layer from "effect/Layer"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Stream from "effect/Stream"
import PQueue from "p-queue"
import * as OurClient from "../peers/OurClient.ts"
import * as Peer from "../peers/Peer.ts"
import type * as Server from "../server/Server.ts"
import * as Measured from "./Measured.ts"

export interface Options extends Measured.Options {
  readonly baseUrl: string
  readonly from: string
  readonly to: string
  readonly way: "told" | "auto" | "with-rate-limiter" | "p-queue"
  /** What all but `auto` are told. */
  readonly perSecond: number
  readonly seconds: number
}

export interface Answer {
  readonly details: number
  /** What the server had counted halfway. */
  readonly halfway: Server.Counts
}

const options: Options = JSON.parse(process.argv[2] ?? "{}")
const { baseUrl, from, perSecond, seconds, to, way } = options
const concurrency = 16

let details = 0

const ours = (requestsPerMinute: number | "auto") =>
  SessionStream.details({
    from: DateTime.makeUnsafe(from),
    to: DateTime.makeUnsafe(to),
    concurrency,
    unordered: true,
  }).pipe(
    Stream.runForEach(() => Effect.sync(() => details++)),
    Effect.timeoutOption(Duration.seconds(seconds)),
    Effect.provide(OurClient.layer(baseUrl, requestsPerMinute)),
    Effect.runPromise,
  )

interface Page {
  readonly data: ReadonlyArray<{ readonly id: string }>
  readonly next_cursor: string | null
  readonly has_more: boolean
}

const listPath = (cursor: string) => `/sessions?from=${from}&to=${to}&limit=200${cursor}`

/** The pages of the list and the details of each, forever, with whatever sends a request. */
const forever = <E, R>(get: (path: string) => Effect.Effect<string, E, R>) =>
  Effect.gen(function* () {
    let cursor = ""
    while (true) {
      const page: Page = JSON.parse(yield* get(listPath(cursor)))
      yield* Effect.forEach(
        page.data,
        ({ id }) =>
          Effect.map(get(`/sessions/${id}`), () => {
            details++
          }),
        { concurrency, discard: true },
      )
      cursor = page.has_more ? `&cursor=${page.next_cursor}` : ""
    }
  })

const withRateLimiter = Effect.gen(function* () {
  const limiter = yield* RateLimiter.RateLimiter
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.mapRequest((request) =>
      request.pipe(HttpClientRequest.prependUrl(baseUrl), HttpClientRequest.bearerToken(Peer.key)),
    ),
    HttpClient.withRateLimiter({ limiter, key: "elnudge", limit: perSecond, window: "1 second" }),
    HttpClient.filterStatusOk,
  )
  return yield* forever((path) => Effect.flatMap(client.get(path), (response) => response.text))
}).pipe(
  Effect.timeoutOption(Duration.seconds(seconds)),
  Effect.provide(
    Layer.mergeAll(NodeHttpClient.layerUndici, RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))),
  ),
)

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

const pQueue = async () => {
  const queue = new PQueue({ concurrency, intervalCap: perSecond, interval: 1_000 })
  const endsAt = performance.now() + seconds * 1_000
  const send = async (path: string): Promise<string> => {
    const response = await fetch(`${baseUrl}${path}`, { headers: { authorization: `Bearer ${Peer.key}` } })
    if (response.ok) return await response.text()
    if (response.status !== 429) throw new Error(`${path}: ${response.status}`)
    await response.body?.cancel()
    await pause(1_000 * Number(response.headers.get("retry-after")))
    return await queue.add(() => send(path), { priority: 1 })
  }
  let cursor = ""
  while (performance.now() < endsAt) {
    const page: Page = JSON.parse(await queue.add(() => send(listPath(cursor))))
    await Promise.all(
      page.data.map(async ({ id }) => {
        await queue.add(() => send(`/sessions/${id}`))
        details++
      }),
    )
    cursor = page.has_more ? `&cursor=${page.next_cursor}` : ""
  }
}

const ways: Record<Options["way"], () => Promise<unknown>> = {
  told: () => ours(perSecond * 60),
  auto: () => ours("auto"),
  "with-rate-limiter": () => Effect.runPromise(withRateLimiter),
  "p-queue": () => Promise.race([pQueue(), pause(seconds * 1_000)]),
}

const countHalfway = async (): Promise<Server.Counts> => {
  await pause(seconds * 500)
  const response = await fetch(new URL("/control/counts", baseUrl))
  const counts: Server.Counts = await response.json()
  return counts
}

await fetch(new URL("/control/reset", baseUrl))
await Measured.print(options, async (): Promise<Answer> => {
  const [halfway] = await Promise.all([countHalfway(), ways[way]()])
  return { details, halfway }
})
// What is under way is of no interest any more.
process.exit()
