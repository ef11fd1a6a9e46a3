/** The list in its order, in several chains or one, in a process of its own. */
import "effect/schema/SchemaJITCompiler/enable"
import { Coverage, SessionStream } from "@effect-elnudge/core"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as OurClient from "../peers/OurClient.ts"
import * as Measured from "./Measured.ts"

export interface Options extends Measured.Options {
  readonly baseUrl: string
  readonly from: string
  readonly to: string
  readonly chains: number
}

export interface Answer {
  readonly sessions: number
  /** Ids that do not come right after the one before them. */
  readonly misplaced: number
}

const options: Options = JSON.parse(process.argv[2] ?? "{}")

const walk = Effect.gen(function* () {
  const recorder = yield* Coverage.make
  let [sessions, misplaced, previous] = [0, 0, ""]
  yield* SessionStream.pages({
    from: DateTime.makeUnsafe(options.from),
    to: DateTime.makeUnsafe(options.to),
    listConcurrency: options.chains,
  }).pipe(
    Stream.runForEach((page) =>
      Effect.sync(() => {
        for (const { id } of page.sessions) {
          sessions++
          // The shop numbers its sessions from the newest on.
          if (id <= previous) misplaced++
          previous = id
        }
      }),
    ),
    Effect.provideService(Coverage.Current, recorder),
  )
  const answer: Answer = { sessions, misplaced }
  return answer
}).pipe(Effect.provide(OurClient.layer(options.baseUrl)))

await fetch(new URL("/control/reset", options.baseUrl))
await Measured.print(options, () => Effect.runPromise(walk))
