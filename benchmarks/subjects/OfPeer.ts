/**
 * A peer in a process of its own: warms up, then measures itself, and prints one line of JSON.
 * `node --conditions=@effect-elnudge/source benchmarks/subjects/OfPeer.ts '{"peer":"ours","task":"list",…}'`
 */
import type * as Peer from "../peers/Peer.ts"
import * as Measured from "./Measured.ts"

export interface Options extends Peer.Options, Measured.Options {
  readonly peer: "floor" | "fetch-zod" | "sdk" | "ours"
  readonly task: keyof Peer.Peer
  /** Where the window of the warm-up begins; it ends where the other one does. */
  readonly warmUpFrom: string
  readonly warmUps: number
}

const peers: Record<Options["peer"], () => Promise<Peer.Peer>> = {
  floor: () => import("../peers/Floor.ts"),
  "fetch-zod": () => import("../peers/FetchZod.ts"),
  sdk: () => import("../peers/Sdk.ts"),
  ours: () => import("../peers/Ours.ts"),
}

const options: Options = JSON.parse(process.argv[2] ?? "{}")
const peer = await peers[options.peer]()
const task = peer[options.task]
for (let time = 0; time < options.warmUps; time++) await task({ ...options, from: options.warmUpFrom })
await fetch(new URL("/control/reset", options.baseUrl))
await Measured.print(options, () => task(options))
