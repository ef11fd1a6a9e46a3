/** The right answers, worked out from the shop without a request. */
import { isDeepStrictEqual } from "node:util"
import type * as Peer from "./peers/Peer.ts"
import type * as Shop from "./server/Shop.ts"

/** Without `details` as the list alone gives it. */
export const answer = (shop: Shop.Shop, details: boolean): Peer.Answer => {
  const bands = Array.from({ length: 5 }, (): [number, number] => [0, 0])
  let [events, nudges] = [0, 0]
  for (let index = 0; index < shop.spec.sessions; index++) {
    const { converted, nudgeCount, pageCount, score } = shop.session(index)
    const band = bands[Math.min(4, Math.floor(score / 20))]
    if (band !== undefined) {
      band[0]++
      if (converted) band[1]++
    }
    if (!details) continue
    events += pageCount + (converted ? 2 : 0)
    nudges += nudgeCount
  }
  return { bands, events, nudges }
}

/** Throws where an answer is not the right one. */
export const check = (subject: string, given: unknown, right: unknown): void => {
  if (isDeepStrictEqual(given, right)) return
  throw new Error(`${subject} answers ${JSON.stringify(given)}, and right is ${JSON.stringify(right)}`)
}
