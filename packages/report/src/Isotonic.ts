/** Conversion by score, made to rise with it. `bins[s]` are the sessions of score s, or of the s-th band of scores. */
import type * as Comparison from "./Comparison.ts"
import * as Proportion from "./Proportion.ts"

interface Block extends Comparison.Arm {
  readonly bins: number
}

/**
 * The rates that never fall and are nearest to the bins' own, by least squares weighted with sessions: neighbours that
 * fall are pooled. Bins without a session have none: null.
 * Pool adjacent violators: Ayer M et al. (1955) Ann Math Stat 26:641–647.
 */
export const rates = (bins: ReadonlyArray<Comparison.Arm>): ReadonlyArray<number | null> => {
  const blocks: Array<Block> = []
  for (const { conversions, sessions } of bins) {
    if (sessions === 0) continue
    let block: Block = { conversions, sessions, bins: 1 }
    let before = blocks.at(-1)
    // On whole numbers, so that equal rates are equal.
    while (before !== undefined && before.conversions * block.sessions >= block.conversions * before.sessions) {
      blocks.pop()
      block = {
        conversions: before.conversions + block.conversions,
        sessions: before.sessions + block.sessions,
        bins: before.bins + block.bins,
      }
      before = blocks.at(-1)
    }
    blocks.push(block)
  }
  const fitted = blocks
    .flatMap((block) => Array.from({ length: block.bins }, () => block))
    .map(({ conversions, sessions }) => Proportion.rate(conversions, sessions))
    .values()
  return bins.map(({ sessions }) => (sessions === 0 ? null : (fitted.next().value ?? null)))
}

/** Per bin, whether its rate is below that of the last bin before it with a session; null for bins without one. */
export const inversions = (bins: ReadonlyArray<Comparison.Arm>): ReadonlyArray<boolean | null> => {
  let before: Comparison.Arm | null = null
  return bins.map((bin) => {
    if (bin.sessions === 0) return null
    const isInverted = before !== null && bin.conversions * before.sessions < before.conversions * bin.sessions
    before = bin
    return isInverted
  })
}
