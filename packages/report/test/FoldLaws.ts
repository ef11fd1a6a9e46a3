/** The laws of a fold over sessions, as tests that any report can be put through. */
import { Fold, Ledger, type Report } from "@effect-elnudge/report"
import type { SessionRead } from "@effect-elnudge/core/SessionRead"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as DirtySessions from "./DirtySessions.ts"
import * as SessionArbitrary from "./SessionArbitrary.ts"
import * as SessionFixture from "./SessionFixture.ts"

// Each read with the part that it goes to and its place in another order.
const shuffled = Arbitrary.array(
  Arbitrary.all({
    read: SessionArbitrary.read,
    part: Arbitrary.schema(Schema.Literals([0, 1, 2])),
    place: Arbitrary.schema(Schema.Int),
  }),
  { maxLength: 30 },
)

const runOnto = <State, Out>(fold: Fold.Fold<SessionRead, State, Out>, state: State, reads: Iterable<SessionRead>) => {
  let next = state
  for (const read of reads) next = fold.step(next, read)
  return next
}

/** Order, split, merge, saving: what any fold over sessions must hold. */
export const hold = <State, Out>(name: string, fold: Report.SessionFold<State, Out>, toCsv: (out: Out) => string) => {
  const stateOf = (reads: Iterable<SessionRead>) => runOnto(fold, fold.initial(), reads)
  const csvOf = (state: State) => toCsv(fold.done(state))

  describe(`the fold of ${name}`, () => {
    it.prop("gives the same bytes in any order", [shuffled], ([entries]) => {
      const sorted = [...entries].sort((a, b) => a.place - b.place)
      const expected = csvOf(stateOf(entries.map(({ read }) => read)))
      expect(csvOf(stateOf(sorted.map(({ read }) => read)))).toBe(expected)
      expect(csvOf(stateOf(entries.map(({ read }) => read).reverse()))).toBe(expected)
    })

    it.prop("gives the same bytes however the input is split and merged", [shuffled], ([entries]) => {
      const expected = csvOf(stateOf(entries.map(({ read }) => read)))
      const partOf = (wanted: number) => stateOf(entries.filter(({ part }) => part === wanted).map(({ read }) => read))
      const [a, b, c] = [partOf(0), partOf(1), partOf(2)]
      expect(csvOf(fold.combine(fold.combine(a, b), c))).toBe(expected)
      expect(csvOf(fold.combine(a, fold.combine(b, c)))).toBe(expected)
      expect(csvOf(fold.combine(c, fold.combine(b, a)))).toBe(expected)
      expect(csvOf(fold.combine(fold.initial(), fold.combine(fold.combine(b, c), a)))).toBe(expected)
    })

    it.prop(
      "merges into a state of its own, which can be stepped on while its parts stay as they were",
      [SessionArbitrary.reads, SessionArbitrary.reads, SessionArbitrary.reads],
      ([first, second, third]) => {
        const left = stateOf(first)
        const right = stateOf(second)
        const before = structuredClone({ left, right })
        const merged = runOnto(fold, fold.combine(left, right), third)
        expect({ left, right }).toEqual(before)
        expect(csvOf(merged)).toBe(csvOf(stateOf([...first, ...second, ...third])))
      },
    )

    it.prop("reads its result off without changing the state", [SessionArbitrary.reads], ([reads]) => {
      const state = stateOf(reads)
      const before = structuredClone(state)
      const csv = csvOf(state)
      expect(state).toEqual(before)
      expect(csvOf(state)).toBe(csv)
    })

    it.prop("gives the same bytes from a state that was saved as JSON", [shuffled], ([entries]) => {
      const encode = Schema.encodeSync(fold.codec)
      const decode = Schema.decodeUnknownSync(fold.codec)
      const partOf = (isFirst: boolean) =>
        stateOf(entries.filter(({ part }) => (part === 0) === isFirst).map(({ read }) => read))
      const saved = [partOf(true), partOf(false)].map((state) => JSON.stringify(encode(state)))
      const [first = fold.initial(), second = fold.initial()] = saved.map((json) => decode(JSON.parse(json)))
      const merged = fold.combine(first, second)
      const expected = csvOf(stateOf(entries.map(({ read }) => read)))
      expect(csvOf(merged)).toBe(expected)
      expect(csvOf(decode(encode(merged)))).toBe(expected)
    })

    it.prop("agrees with the ledger of its sessions", [SessionArbitrary.reads], ([reads]) => {
      const ledger = Fold.run(Ledger.make(), reads)
      expect(fold.contradicts?.(stateOf(reads), ledger)).toBeUndefined()
    })

    it("takes the states of sessions that break the rules for its own", () => {
      const reads = DirtySessions.dirtySessions.map(({ session }) => SessionFixture.read(session))
      const decode = Schema.decodeUnknownSync(fold.codec)
      const encode = Schema.encodeSync(fold.codec)
      for (const part of [reads, ...reads.map((read) => [read])]) {
        const state = stateOf(part)
        expect(csvOf(decode(encode(state)))).toBe(csvOf(state))
      }
    })

    it.prop("saves the same bytes whatever the order of the input", [SessionArbitrary.reads], ([reads]) => {
      const bytesOf = (input: ReadonlyArray<SessionRead>) =>
        JSON.stringify(Schema.encodeSync(fold.codec)(stateOf(input)))
      expect(bytesOf(reads.toReversed())).toBe(bytesOf(reads))
    })

    it.effect.prop("gives as a sink what it gives in memory", [SessionArbitrary.reads], ([reads]) =>
      Effect.gen(function* () {
        const stream = Stream.fromIterable(reads).pipe(Stream.rechunk(3))
        expect(toCsv(yield* Stream.run(stream, Fold.toSink(fold)))).toBe(toCsv(Fold.run(fold, reads)))
      }),
    )
  })
}
