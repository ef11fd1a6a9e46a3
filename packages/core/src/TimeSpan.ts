/** Stretches of time in epoch milliseconds: which sessions a walk, or several of them, covers. */

export interface TimeSpan {
  readonly from: number
  /** Exclusive. */
  readonly to: number
}

/** In order and apart from each other: what touches is one span. */
export type TimeSpans = ReadonlyArray<TimeSpan>

/** The earliest and the latest of some instants; infinite where there are none. Any number of them will do. */
export const extent = (instants: Iterable<number>): { readonly earliest: number; readonly latest: number } => {
  let earliest = Number.POSITIVE_INFINITY
  let latest = Number.NEGATIVE_INFINITY
  for (const instant of instants) {
    if (instant < earliest) earliest = instant
    if (instant > latest) latest = instant
  }
  return { earliest, latest }
}

/** The spans with one more taken in. */
export const join = (spans: TimeSpans, span: TimeSpan): TimeSpans => {
  if (spans.some(({ from, to }) => from <= span.from && to >= span.to)) return spans
  const apart = spans.filter(({ from, to }) => to < span.from || from > span.to)
  const joined = spans.filter((other) => !apart.includes(other))
  const hull = {
    from: Math.min(span.from, ...joined.map(({ from }) => from)),
    to: Math.max(span.to, ...joined.map(({ to }) => to)),
  }
  return [...apart, hull].sort((a, b) => a.from - b.from)
}

/** What lies between the spans. */
export const gaps = (spans: TimeSpans): TimeSpans =>
  spans.slice(1).map(({ from }, index) => ({ from: spans[index]?.to ?? from, to: from }))

/** The first stretch that both cover, or undefined. */
export const overlap = (left: TimeSpans, right: TimeSpans): TimeSpan | undefined =>
  left
    .flatMap((a) => right.map((b) => ({ from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) })))
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from - b.from)[0]
