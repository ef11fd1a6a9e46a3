/** A fold over sessions that gives rows, and says which details it needs. */
import type * as Session from "@effect-elnudge/core/Session"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import * as Fold from "./Fold.ts"

/** What stands in one cell: null is "undefined" (an empty CSV cell), never NaN, Infinity or a plausible 0. */
export type Cell = string | number | null

/** A fold over sessions that says which of them it needs the detail of. */
export interface SessionFold<State, Out> extends Fold.Fold<SessionRead, State, Out> {
  readonly needsDetail: (session: Session.Summary) => boolean
}

export interface Report<State, Row extends { readonly [column in keyof Row]: Cell }> extends SessionFold<
  State,
  ReadonlyArray<Row>
> {
  readonly name: string
  /** The columns in the order of the CSV file, which only ever grows at its end. */
  readonly columns: ReadonlyArray<keyof Row & string>
}

/** Two reports over one walk, which reads the details that either of them needs. */
export const zip = <StateA, OutA, StateB, OutB>(
  a: SessionFold<StateA, OutA>,
  b: SessionFold<StateB, OutB>,
): SessionFold<readonly [StateA, StateB], readonly [OutA, OutB]> => ({
  ...Fold.zip(a, b),
  needsDetail: (session) => a.needsDetail(session) || b.needsDetail(session),
})
