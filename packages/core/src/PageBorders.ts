/**
 * The seconds that the pages of a walk ended in. Where the list has no order of its own within a second, rows are lost there:
 * with a cursor that counts rows, one for each that comes twice; with one that names the last row, also where none does. So
 * once a second has brought what no page had, each second that a page ended in is asked for by itself.
 */
import * as Effect from "effect/Effect"
import type * as ElnudgeError from "./ElnudgeError.ts"
import { secondOf } from "./IsoInstant.ts"
import { type CheckedPage, type PageGuard, rememberedIds, type Tie } from "./PageGuard.ts"
import * as Session from "./Session.ts"
import * as TiedRows from "./TiedRows.ts"
import type { Borders } from "./WalkPosition.ts"

export interface Options extends Pick<TiedRows.Asking, "cursorAlone" | "window"> {
  /** Rows on a page. */
  readonly limit: number
  /** What an earlier walk left to ask for. */
  readonly begun: Borders
}

/** What pages are completed with. */
export interface Completed<Row> {
  readonly rows: ReadonlyArray<Row>
  /** How many more there may be. */
  readonly missing: number
}

/** The borders of one walk; its guard knows what came. */
export const make = <Row extends { readonly id: string }, E>(
  source: TiedRows.Source<Row, E>,
  guard: PageGuard<Row>,
  { begun, cursorAlone, limit, window }: Options,
) => {
  const secondOfRow = (row: Row): number => secondOf(Session.millis(source.instant(row)))
  /** The seconds that were asked for by themselves, and whether all of them came. */
  const asked = new Map<number, boolean>()
  /** As far up as the guard remembers rows. */
  const most = Math.min(1_000, Math.floor(rememberedIds / limit))
  let { isUnstable, seconds } = begun

  /** The page's rows, and in their places those that it or a page before left out. */
  const complete = Effect.fnUntraced(function* (
    { rows, ties }: Pick<CheckedPage<Row>, "rows" | "ties">,
    request: ElnudgeError.RequestInfo,
    rowsEmitted: number,
  ) {
    if (ties.length === 0 && !(isUnstable && seconds.length > 0)) return { rows, missing: 0 }
    const all = [...rows]
    let missing = 0
    const askFor = Effect.fnUntraced(function* (tie: Tie) {
      const found = yield* TiedRows.find(source, tie, { window, cursorAlone, rowsEmitted })
      asked.set(tie.second, found.missing === 0)
      missing += found.missing
      const fresh = yield* Effect.fromResult(guard.bring(found.rows, request))
      if (fresh.length > 0) isUnstable = true
      all.splice(all.findLastIndex((row) => secondOfRow(row) >= tie.second) + 1, 0, ...fresh)
    })
    for (const tie of ties) {
      if (!tie.isSlide) isUnstable = true
      const isWhole = asked.get(tie.second)
      if (isWhole === undefined) yield* askFor(tie)
      else if (!isWhole) missing += tie.ids.size
    }
    if (isUnstable) {
      const others = new Set(seconds.filter((second) => !asked.has(second)))
      seconds = []
      for (const second of others) yield* askFor({ second, ids: new Set(), isSlide: false })
    }
    const completed: Completed<Row> = { rows: all, missing }
    return completed
  })

  return {
    complete,
    /** A page ended in that second. */
    passed: (second: number): void => {
      if (!asked.has(second) && seconds.at(-1) !== second) seconds = [...seconds.slice(1 - most), second]
    },
    /** Another walk along the same list has found that it has no order. */
    doubt: (): void => {
      isUnstable = true
    },
    now: (): Borders => ({ isUnstable, seconds }),
  }
}
