/**
 * What a few pages tell of a whole window before it is walked: how many sessions there are, and how much of anything that
 * their rows say. A window of few pages is read whole; of a longer one, pages are read at instants that are spread over its
 * days and over the hours of the day, because traffic has both.
 */
import * as Effect from "effect/Effect"
import { ElnudgeClient } from "./ElnudgeClient.ts"
import * as ElnudgeError from "./ElnudgeError.ts"
import * as OptionCheck from "./OptionCheck.ts"
import * as Session from "./Session.ts"
import * as SessionsApi from "./SessionsApi.ts"
import { gaps, type TimeSpan, type TimeSpans } from "./TimeSpan.ts"
import * as TimeWindow from "./TimeWindow.ts"
import * as Trace from "./Trace.ts"

export interface Options extends TimeWindow.Options {
  /** Pages of 200 that it may ask for, 3–30; a window that they hold is read whole. @default 9 */
  readonly pages?: number | undefined
}

/** A stretch of the window that was read. Instants are epoch milliseconds. */
export interface Probe extends TimeSpan {
  /** All that start in it. */
  readonly sessions: ReadonlyArray<Session.Summary>
  /** Whether the API refused it (404), as it does with what is older than the plan keeps. */
  readonly isRefused: boolean
}

/** What was read of the window, and what was not. */
export interface WalkSample {
  readonly window: TimeSpan
  /** The earliest first; they do not overlap. */
  readonly probes: ReadonlyArray<Probe>
  /** What of the window was not read; empty where the sample is the whole window. */
  readonly unread: TimeSpans
}

/** A total over all sessions of the window. */
export interface Estimate {
  readonly value: number
  /** The square root of the estimate's variance; 0 where it is exact. */
  readonly standardError: number
  /** The interval that holds the true total nine times out of ten, or more often. */
  readonly low: number
  readonly high: number
  /** Whether the whole window was read. */
  readonly isExact: boolean
}

const second = 1_000
const day = 86_400_000

// With these steps neither the days nor the hours come in clusters, however many probes there are.
const dayStep = Math.SQRT2 - 1
const hourStep = (Math.sqrt(5) - 1) / 2

/** The `index`th instant to look at. Whole seconds, for an API that drops fractions. */
const instantOf = (index: number, { from, to }: TimeSpan): number => {
  const hour = (0.5 + index * hourStep) % 1
  const length = to - from
  const place = (0.5 + index * dayStep) % 1
  const sameHour = (Math.floor((place * length) / day) + hour) * day
  // Within two days the hour alone tells.
  const at = length < 2 * day ? hour * length : sameHour < length ? sameHour : place * length
  return second * Math.floor((from + at) / second)
}

const unreadIn = ({ from, to }: TimeSpan, probes: ReadonlyArray<Probe>): TimeSpans =>
  gaps([{ from, to: from }, ...probes, { from: to, to }]).filter((gap) => gap.from < gap.to)

const lengthOf = ({ from, to }: TimeSpan): number => to - from

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, value) => total + value, 0)

const mean = (values: ReadonlyArray<number>): number => (values.length === 0 ? 0 : sum(values) / values.length)

interface Density {
  readonly probe: Probe
  readonly rows: number
  readonly perMilli: number
}

/** A stretch that was not read, and what was read on either side of it. */
interface Gap {
  readonly length: number
  readonly sides: ReadonlyArray<Density>
}

/** What stands in the probes, and between which of them nobody looked. */
const measure = ({ probes, unread }: WalkSample, of: (session: Session.Summary) => number) => {
  const densities = probes.map((probe): Density => {
    const rows = sum(probe.sessions.map(of))
    return { probe, rows, perMilli: rows / lengthOf(probe) }
  })
  const between = unread.map((gap): Gap => ({
    length: lengthOf(gap),
    sides: densities.filter(({ probe }) => probe.to === gap.from || probe.from === gap.to),
  }))
  return { densities, gaps: between }
}

const perMilli = ({ sides }: Gap): number => mean(sides.map(({ perMilli }) => perMilli))

const expected = (gap: Gap): number => gap.length * perMilli(gap)

/** Student's t: the quantile of 0.95, by degrees of freedom from 1 on. */
const quantiles = [6.314, 2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812, 1.796, 1.782]
const quantileOf = (freedom: number): number => quantiles[Math.min(freedom, quantiles.length) - 1] ?? 1.782

/**
 * The sum of `of` over all sessions of the window. What was not read is taken to be as dense as what was read on either side
 * of it, so that each probe stands for its own stretch and for half of what lies around it: a ratio of rows to time, weighed
 * by time. The interval comes from how much the densities of the probes differ.
 */
export const total = (sample: WalkSample, of: (session: Session.Summary) => number): Estimate => {
  const { densities, gaps } = measure(sample, of)
  const read = sum(densities.map(({ rows }) => rows))
  if (gaps.length === 0) return { value: read, standardError: 0, low: read, high: read, isExact: true }
  const value = read + sum(gaps.map(expected))
  // What was read and is empty, with nothing unread beside it, says nothing about the rest.
  const telling = densities.filter((density) => density.rows > 0 || gaps.some(({ sides }) => sides.includes(density)))
  const average = mean(telling.map(({ perMilli }) => perMilli))
  // Of one probe nobody knows how much others differ from it: as much as it differs from nothing.
  const variance =
    telling.length < 2
      ? average ** 2
      : sum(telling.map(({ perMilli }) => (perMilli - average) ** 2)) / (telling.length - 1)
  const standsFor = telling.map((density) =>
    sum(gaps.filter(({ sides }) => sides.includes(density)).map(({ length, sides }) => length / sides.length)),
  )
  // A gap that is not longer than a page differs from its sides as pages do; in a long one that evens out.
  const own = gaps.map(
    ({ length, sides }) => length * Math.min(length, mean(sides.map(({ probe }) => lengthOf(probe)))),
  )
  const standardError = Math.sqrt(variance * (sum(standsFor.map((millis) => millis ** 2)) + sum(own)))
  const reach = standardError * quantileOf(Math.max(1, Math.min(telling.length - 1, gaps.length)))
  return { value, standardError, low: Math.max(read, value - reach), high: value + reach, isExact: false }
}

/** From the first session that was found to the last, and what was found empty for at least so long in between or around. */
export const found = (
  { probes, window }: WalkSample,
  leastMillis: number,
): {
  readonly first: Session.Summary | undefined
  readonly last: Session.Summary | undefined
  readonly empty: TimeSpans
} => {
  const empty: Array<TimeSpan> = []
  let first: Session.Summary | undefined
  let last: Session.Summary | undefined
  /** From where on nothing was found; undefined behind what was not read. */
  let since: number | undefined
  let readUpTo = window.from
  const endAt = (at: number): void => {
    if (since !== undefined && at - since >= leastMillis) empty.push({ from: since, to: at })
  }
  for (const probe of probes) {
    if (probe.from > readUpTo) endAt(readUpTo)
    if (probe.from > readUpTo || since === undefined) since = probe.from
    if (probe.isRefused) {
      endAt(probe.from)
      since = undefined
    }
    const sorted = probe.sessions.toSorted((a, b) => Session.millis(a.started_at) - Session.millis(b.started_at))
    for (const session of sorted) {
      const at = Session.millis(session.started_at)
      endAt(at)
      since = at
    }
    first ??= sorted[0]
    last = sorted.at(-1) ?? last
    readUpTo = probe.to
  }
  endAt(readUpTo)
  return { first, last, empty }
}

// A row or two out of place at the end of a page must not hide what lies between; more of them show as disorder.
const tailRows = 3
const disorderedTailRows = 20

/** From when on (inclusive) all is known that starts before the end of a page that is not the last. */
const knownFrom = (starts: ReadonlyArray<number>): number => {
  const isOrdered = starts.every((start, index) => start <= (starts[index - 1] ?? start))
  const tail = starts.slice(isOrdered ? -tailRows : -disorderedTailRows)
  // Others may start in the same second.
  return second * (Math.floor(Math.max(...tail) / second) + 1)
}

const checks: OptionCheck.Checks<Options> = { ...TimeWindow.checks, pages: OptionCheck.number }

const checkPages = (pages: number) =>
  Number.isInteger(pages) && pages >= 3 && pages <= 30
    ? Effect.void
    : Effect.fail(
        new ElnudgeError.InvalidOption({
          option: "pages",
          reason: `a sample of ${pages} pages`,
          advice: "Give a whole number from 3 to 30.",
        }),
      )

const read = Effect.fnUntraced(function* (
  options: Options,
): Effect.fn.Return<WalkSample, ElnudgeError.ListError, ElnudgeClient> {
  const { pages = 9 } = options
  yield* OptionCheck.check(checks, options)
  yield* checkPages(pages)
  const client = yield* ElnudgeClient
  const window = TimeWindow.toSpan(yield* TimeWindow.pin({ from: options.from, to: options.to }))
  let probes: ReadonlyArray<Probe> = []
  let asked = 0
  let instants = 0
  let canFinish = true

  /** Reads the newest sessions of the stretch, all of them if they fit on a page; gives what it knows then. */
  const look = Effect.fnUntraced(function* (span: TimeSpan) {
    const request = { window: TimeWindow.ofSpan(span), limit: SessionsApi.maxPageSize }
    const isFirst = asked++ === 0
    const page = yield* client
      .listSessions(request)
      .pipe(Effect.catchTag("RetentionExceeded", (error) => (isFirst ? Effect.fail(error) : Effect.succeed(undefined))))
    if (page === undefined) return { ...span, sessions: [], isRefused: true }
    const startOf = ({ started_at }: Session.Summary) => Session.millis(started_at)
    const sessions = page.data.filter((session) => startOf(session) >= span.from && startOf(session) < span.to)
    if (!page.has_more) return { ...span, sessions, isRefused: false }
    const from = Math.max(span.from, sessions.length === 0 ? span.to : knownFrom(sessions.map(startOf)))
    return { from, to: span.to, sessions: sessions.filter((session) => startOf(session) >= from), isRefused: false }
  })

  /** The end of what was not read, up to the next of the instants. */
  const nextInstant = (unread: TimeSpans): TimeSpan | undefined => {
    while (instants < mostInstants) {
      const to = instantOf(instants++, window)
      const gap = unread.find((span) => to > span.from && to <= span.to)
      if (gap !== undefined) return { from: gap.from, to }
    }
    return unread.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0]
  }

  const next = (sample: WalkSample): TimeSpan | undefined => {
    const left = pages - asked
    const { gaps } = measure(sample, () => 1)
    const pagesLeft = sum(gaps.map((gap) => Math.max(1, Math.ceil(expected(gap) / SessionsApi.maxPageSize))))
    if (canFinish && pagesLeft <= left) return sample.unread.at(-1)
    const [oldest] = sample.unread
    if (left > 1 || oldest?.from !== window.from) return nextInstant(sample.unread)
    // So far from the end that half a page is to be expected: whether anything is there shows on it.
    const half = (SessionsApi.maxPageSize / 2) * (lengthOf(window) / Math.max(1, total(sample, () => 1).value))
    const reach = canFinish ? half : Math.min(half, lengthOf(oldest) / 2)
    return { from: oldest.from, to: Math.min(oldest.to, second * Math.ceil((oldest.from + reach) / second)) }
  }

  let sample: WalkSample = { window, probes, unread: [window] }
  let span: TimeSpan | undefined = window
  while (span !== undefined) {
    const probe: Probe = yield* look(span)
    if (probe.from < probe.to) probes = [...probes, probe].sort((a, b) => a.from - b.from)
    // More in a second than a page holds, or a page of nothing with more to come.
    else canFinish = false
    sample = { window, probes, unread: unreadIn(window, probes) }
    const following: TimeSpan | undefined = asked < pages && sample.unread.length > 0 ? next(sample) : undefined
    // The same once more would say the same.
    span = following?.from === span.from && following.to === span.to ? undefined : following
  }
  return sample
})

// Each that lies in what was read already is passed over.
const mostInstants = 1_000

/**
 * Reads the sample, one page after another: the newest page, then pages at instants all over the window, and a look at its
 * oldest end. Once what is left seems to fit into the pages that may still be asked for, it is read whole. The same window
 * of the same list gives the same sample. Fails as a walk of the window would; a 404 on an older part of it is a probe that
 * was refused.
 */
export const take = (options: Options = {}): Effect.Effect<WalkSample, ElnudgeError.ListError, ElnudgeClient> =>
  // Not Effect.fn, whose span has an error's message in it.
  Trace.around("WalkSample.take", {}, () => read(options))
