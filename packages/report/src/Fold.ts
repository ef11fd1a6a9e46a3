/**
 * A single-pass fold whose parts can be split, reordered and merged: `combine` is associative and commutative, and
 * state is integer counters only, so that every way of cutting the input gives the same output to the byte.
 */
import * as Sink from "effect/Sink"

/** A single pass whose state can be split and merged: any order and any parts give the same. */
export interface Fold<in In, State, out Out> {
  /** A fresh state that its caller owns. */
  readonly initial: () => State
  /** Takes one element in. May change the state that it is given, and returns the state to go on with. */
  readonly step: (state: State, element: In) => State
  /** Merges two states of disjoint inputs into a new one; changes neither. */
  readonly combine: (left: State, right: State) => State
  /** Reads the result off a state; changes nothing. */
  readonly done: (state: State) => Out
}

/** Runs a fold over what is in memory. */
export const run = <In, State, Out>(fold: Fold<In, State, Out>, elements: Iterable<In>): Out => {
  let state = fold.initial()
  for (const element of elements) state = fold.step(state, element)
  return fold.done(state)
}

/** The fold as a sink: `Stream.run(stream, Fold.toSink(fold))`. */
export const toSink = <In, State, Out>(fold: Fold<In, State, Out>): Sink.Sink<Out, In> =>
  Sink.reduce(fold.initial, fold.step).pipe(Sink.map(fold.done))

/** Two folds over one input, in one pass. */
export const zip = <In, StateA, OutA, StateB, OutB>(
  a: Fold<In, StateA, OutA>,
  b: Fold<In, StateB, OutB>,
): Fold<In, readonly [StateA, StateB], readonly [OutA, OutB]> => ({
  initial: () => [a.initial(), b.initial()],
  step: ([stateA, stateB], element) => [a.step(stateA, element), b.step(stateB, element)],
  combine: ([leftA, leftB], [rightA, rightB]) => [a.combine(leftA, rightA), b.combine(leftB, rightB)],
  done: ([stateA, stateB]) => [a.done(stateA), b.done(stateB)],
})
