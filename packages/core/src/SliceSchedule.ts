/**
 * Which part of a window is to be asked for next, where several are asked for at the same time and their pages handed
 * on in the list's order. The window is cut while it is walked, by the density of what was seen: a slice that still has
 * many pages gives its lower part away. How far the walk runs ahead of what was handed on is bounded.
 */
import * as TimeSpan from "./TimeSpan.ts"

/** How many pages a slice has left when it is cut; fewer make more requests (a slice's last page is not full), more are slower. */
export const slicePages = 14
/** A slice that has fewer pages left is not worth a cut. */
const leastPages = 6
/** How many slices may be cut before anything of them was seen: a guess from the last ones that were. */
const unseenSlices = 3
/** Pages that are held for each page that may be asked for at the same time. */
const heldPages = 32

/** A part of the window. Instants are epoch milliseconds. */
export interface Slice {
  /** Exclusive. */
  readonly to: number
  /** Inclusive: what was asked for when it began. */
  readonly askedFrom: number
  /** Inclusive; later than `askedFrom` once it was cut. What lies before belongs to the next slice. */
  readonly from: number
}

interface Mutable<Page> extends Slice {
  from: number
  /** Milliseconds that one page of it spans, as last seen; undefined before its first page. */
  pageMillis: number | undefined
  /** Up to where it was seen. */
  reached: number
  pages: Array<Page>
  isDone: boolean
  isBusy: boolean
  rows: number
}

/** What was seen of a slice's page. */
export interface Seen {
  /** When its rows start, in epoch milliseconds. */
  readonly starts: ReadonlyArray<number>
  /** Whether the slice has no more pages. */
  readonly isLast: boolean
}

// Only cut at whole seconds, for an API that drops fractions from what it is asked.
const second = 1_000

export class SliceSchedule<Page> {
  /** In the list's order; those that were handed on are gone. */
  private slices: Array<Mutable<Page>>
  private busy = 0
  private held = 0
  /** What was last seen of the part of the list that lies furthest down. */
  private lastPageMillis: number | undefined
  private readonly concurrency: number
  private readonly limit: number

  /** `limit`: rows on a full page. */
  constructor({ from, to }: TimeSpan.TimeSpan, concurrency: number, limit: number) {
    this.concurrency = concurrency
    this.limit = limit
    this.slices = [begin(from, to)]
  }

  /** Pages that came and were not handed on yet. */
  get pagesHeld(): number {
    return this.held
  }

  /** The slice whose next page is to be asked for now, or undefined while there is none. Ends with {@link arrived}. */
  next(): Slice | undefined {
    if (this.busy >= this.concurrency) return undefined
    const isIdle = ({ isBusy, isDone }: Mutable<Page>) => !isBusy && !isDone
    const isFull = this.held + this.busy >= heldPages * this.concurrency
    // Whatever is held: where nothing can be handed on, the first slice must go on.
    const [first] = this.slices
    const starving = first !== undefined && first.pages.length === 0 && isIdle(first) ? first : undefined
    const slice = isFull ? starving : (this.slices.find(isIdle) ?? this.cut())
    if (slice === undefined) return undefined
    slice.isBusy = true
    this.busy++
    return slice
  }

  /** A page of the slice came. */
  arrived(slice: Slice, page: Page, { isLast, starts }: Seen): void {
    const rows = starts.length
    this.busy--
    const own = this.slices.find((candidate) => candidate === slice)
    if (own === undefined) return
    own.isBusy = false
    own.pages.push(page)
    this.held++
    own.rows += rows
    if (rows > 0) {
      const { earliest: oldest, latest } = TimeSpan.extent(starts)
      // Not from where the slice was asked for: there may be nothing for days before the first row.
      const span = rows === 1 ? own.reached - oldest : latest - oldest
      const pageMillis = (Math.max(1, span) * this.limit) / rows
      // A page that is not full tells little.
      if (own.pageMillis === undefined || rows >= this.limit / 2) own.pageMillis = pageMillis
      if (rows >= this.limit / 2) this.lastPageMillis = pageMillis
      own.reached = Math.min(own.reached, oldest)
    }
    if (isLast) {
      own.isDone = true
      // Where there is nothing, slices must become long soon, or there were no end of them.
      if (own.rows < this.limit) this.lastPageMillis = ((own.to - own.askedFrom) * this.limit) / Math.max(1, own.rows)
    }
  }

  /** What comes after the slice is not wanted any more. */
  endAfter(slice: Slice): void {
    const index = this.slices.findIndex((candidate) => candidate === slice)
    if (index === -1) return
    for (const { pages } of this.slices.splice(index + 1)) this.held -= pages.length
  }

  /** At most so many of the pages that are next in the list's order; `isLast` with the last page of all. */
  take(most: number): { readonly pages: ReadonlyArray<Page>; readonly isLast: boolean } {
    const pages: Array<Page> = []
    for (;;) {
      const [first] = this.slices
      if (first === undefined) return { pages, isLast: true }
      const taken = first.pages.splice(0, most - pages.length)
      this.held -= taken.length
      for (const page of taken) pages.push(page)
      if (first.pages.length > 0 || !first.isDone) return { pages, isLast: false }
      this.slices.shift()
    }
  }

  private pagesLeft({ from, pageMillis = this.lastPageMillis, reached }: Mutable<Page>): number {
    return pageMillis === undefined ? 0 : (reached - from) / pageMillis
  }

  private cut(): Mutable<Page> | undefined {
    let unseen = 0
    let longest: Mutable<Page> | undefined
    for (const slice of this.slices) {
      if (slice.isDone) continue
      const isSeen = slice.pageMillis !== undefined
      if (!isSeen) unseen++
      const left = this.pagesLeft(slice)
      if (left >= 1.5 * slicePages && (isSeen || unseen <= unseenSlices)) return this.cutAfter(slice, slicePages)
      if (isSeen && left >= leastPages && (longest === undefined || left > this.pagesLeft(longest))) longest = slice
    }
    return longest === undefined ? undefined : this.cutAfter(longest, this.pagesLeft(longest) / 2)
  }

  private cutAfter(slice: Mutable<Page>, pages: number): Mutable<Page> | undefined {
    const pageMillis = slice.pageMillis ?? this.lastPageMillis
    if (pageMillis === undefined) return undefined
    const at = second * Math.floor((slice.reached - pages * pageMillis) / second)
    if (at <= slice.from || at >= slice.reached) return undefined
    const lower = begin<Page>(slice.from, at)
    slice.from = at
    this.slices.splice(this.slices.indexOf(slice) + 1, 0, lower)
    return lower
  }
}

const begin = <Page>(from: number, to: number): Mutable<Page> => ({
  from,
  to,
  askedFrom: from,
  pageMillis: undefined,
  reached: to,
  pages: [],
  isDone: false,
  isBusy: false,
  rows: 0,
})
