/** Many p values read together. */

/**
 * Benjamini and Hochberg's q of each p, in the order of the input. A null stays null and is no test: it does not count.
 * Benjamini Y, Hochberg Y (1995) JRSS B 57:289–300, as adjusted p.
 */
export const benjaminiHochberg = (ps: ReadonlyArray<number | null>): ReadonlyArray<number | null> => {
  const descending = ps.flatMap((p, index) => (p === null ? [] : [{ p, index }])).sort((a, b) => b.p - a.p)
  const qs = ps.map((): number | null => null)
  let least = 1
  for (const [above, { index, p }] of descending.entries()) {
    // p × (m/rank), not p × m / rank: a factor of at least 1 keeps q ≥ p under rounding.
    least = Math.min(least, p * (descending.length / (descending.length - above)))
    qs[index] = least
  }
  return qs
}

/**
 * Holm's adjusted p of each p, in the order of the input. A null stays null and is no test: it does not count.
 * Holm S (1979) Scand J Stat 6:65–70.
 */
export const holm = (ps: ReadonlyArray<number | null>): ReadonlyArray<number | null> => {
  const ascending = ps.flatMap((p, index) => (p === null ? [] : [{ p, index }])).sort((a, b) => a.p - b.p)
  const adjusted = ps.map((): number | null => null)
  let most = 0
  for (const [below, { index, p }] of ascending.entries()) {
    most = Math.min(1, Math.max(most, p * (ascending.length - below)))
    adjusted[index] = most
  }
  return adjusted
}
