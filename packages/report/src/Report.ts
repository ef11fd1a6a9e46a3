/** A fold over sessions that gives rows, and says which details it needs. */
import type * as Session from "@effect-elnudge/core/Session"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import type { TimeSpan } from "@effect-elnudge/core/TimeSpan"
import * as Schema from "effect/Schema"
import * as Fold from "./Fold.ts"

/** What stands in one cell: null is "undefined" (an empty CSV cell), never NaN, Infinity or a plausible 0. */
export type Cell = string | number | boolean | null

/** What a `Ledger` says of all sessions of a walk. */
export interface Counted {
  readonly sessions: number
  readonly score_out_of_range: number
}

/** A fold over sessions that says which of them it needs the detail of. */
export interface SessionFold<State, Out> extends Fold.Fold<SessionRead, State, Out> {
  readonly needsDetail: (session: Session.Summary) => boolean
  /**
   * Where its nudges are known from elsewhere: whether the session's detail is needed all the same. Only asked for
   * sessions with `needsDetail`. @default always
   */
  readonly needsEvents?: ((session: Session.Summary) => boolean) | undefined
  /** The state as JSON and back, so that it can be kept, and combined with that of another day. */
  readonly codec: Schema.Codec<State, unknown>
  /**
   * Why the state cannot be of the sessions that the ledger of the same walk counted; undefined where it can. @default it
   * always can
   */
  readonly contradicts?: ((state: State, ledger: Counted) => string | undefined) | undefined
  /** Tells the state which span was walked, for a report that asks: there may be no session in it that would say so. */
  readonly cover?: ((state: State, span: TimeSpan) => State) | undefined
}

/** A rate in a row: events of displays or sessions. */
export interface Rate {
  readonly name: string
  readonly events: number
  readonly of: number
  /** Whether it counts displays, of which one session may have several. @default false */
  readonly isClustered?: boolean | undefined
}

/** How the rows of one window find those of another, and what in them is a rate. */
export interface Compared<Row> {
  /**
   * The parts of its name, unlike those of any other row that is a total, or of any other that is none: what the API names
   * may read like a total.
   */
  readonly label: (row: Row) => ReadonlyArray<string>
  /** Whether the row sums up others, as the row itself knows: a label never tells. */
  readonly isTotal: (row: Row) => boolean
  readonly rates: (row: Row) => ReadonlyArray<Rate>
}

/** A fold of sessions into rows, with what it takes to write them. */
export interface Report<State, Row extends { readonly [column in keyof Row]: Cell }> extends SessionFold<
  State,
  ReadonlyArray<Row>
> {
  readonly name: string
  /**
   * Of the definitions behind its numbers: it grows when a number would come out differently, from the same sessions or from
   * a state that was saved before.
   */
  readonly version: string
  /** The columns in the order of the CSV file, which only ever grows at its end. */
  readonly columns: ReadonlyArray<keyof Row & string>
  /** Only where its rows can be compared between two windows. */
  readonly compared?: Compared<Row> | undefined
}

/** Whether a session's nudges alone would not do for the fold. */
export const needsEvents = (
  fold: Pick<SessionFold<never, unknown>, "needsDetail" | "needsEvents">,
  session: Session.Summary,
): boolean => fold.needsDetail(session) && (fold.needsEvents?.(session) ?? true)

/** Two reports over one walk, which reads the details that either of them needs. */
export const zip = <StateA, OutA, StateB, OutB>(
  a: SessionFold<StateA, OutA>,
  b: SessionFold<StateB, OutB>,
): SessionFold<readonly [StateA, StateB], readonly [OutA, OutB]> => ({
  ...Fold.zip(a, b),
  needsDetail: (session) => a.needsDetail(session) || b.needsDetail(session),
  needsEvents: (session) => needsEvents(a, session) || needsEvents(b, session),
  codec: Schema.Tuple([a.codec, b.codec]),
  contradicts: ([stateA, stateB], ledger) => a.contradicts?.(stateA, ledger) ?? b.contradicts?.(stateB, ledger),
  cover: ([stateA, stateB], span) => [a.cover?.(stateA, span) ?? stateA, b.cover?.(stateB, span) ?? stateB],
})
