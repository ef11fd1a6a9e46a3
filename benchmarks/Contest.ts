/** Peers over one server: run in turn, again and again, and held to the right answer. */
import * as Case from "./Case.ts"
import * as Child from "./Child.ts"
import type * as Peer from "./peers/Peer.ts"
import * as Right from "./Right.ts"
import * as Shop from "./server/Shop.ts"
import type * as Server from "./server/Server.ts"
import * as Wire from "./server/Wire.ts"
import type * as Measured from "./subjects/Measured.ts"
import type * as OfPeer from "./subjects/OfPeer.ts"

export interface Contestant {
  readonly name: OfPeer.Options["peer"]
  /** What it is, for the table. */
  readonly what: string
}

export interface Contest {
  readonly task: OfPeer.Options["task"]
  readonly server: Server.Options
  readonly contestants: ReadonlyArray<Contestant>
  readonly concurrency: number
  /** How many of the newest sessions the warm-up reads. */
  readonly warmUpSessions: number
  readonly warmUps: number
}

export type Measurement = Measured.Measurement<Peer.Answer> & { readonly requests: number }

/** Runs the contest. Throws where a contestant fails, or does not answer right. */
export const run = async (
  { concurrency, contestants, server, task, warmUpSessions, warmUps }: Contest,
  settings: Case.Settings,
): Promise<ReadonlyMap<string, ReadonlyArray<Measurement>>> => {
  const shop = new Shop.Shop(server)
  const right = Right.answer(shop, task === "details")
  const from = Wire.instant(Shop.firstSecond)
  const to = Wire.instant(Shop.lastSecond)
  const warmUpFrom = Wire.instant(shop.session(Math.min(warmUpSessions, server.sessions) - 1).startedAt)
  return await Child.withServer(server, ({ baseUrl, counts }) =>
    Case.inTurn(contestants, settings, async ({ name: peer }) => {
      const profile = Case.profileOf(settings, `${task}-${peer}`)
      const walk: Peer.Options = { baseUrl, from, to, pageSize: 200, concurrency }
      const options: OfPeer.Options = { peer, task, ...walk, warmUpFrom, warmUps, profile }
      const measurement = await Child.run<Measured.Measurement<Peer.Answer>>("subjects/OfPeer.ts", options)
      Right.check(peer, measurement.answer, right)
      const { details, list, nudges } = await counts()
      return { ...measurement, requests: list + details + nudges }
    }),
  )
}
