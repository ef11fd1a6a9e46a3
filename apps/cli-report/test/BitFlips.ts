/** Saved states of which one bit has fallen over, and what becomes of them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SavedState from "./SavedState.ts"

export interface Counts {
  readonly refused: number
  /** Taken, with the same numbers. */
  readonly same: number
  /** Where bits fell that gave other numbers. */
  readonly others: ReadonlyArray<string>
}

/** Nothing is done about it. */
export const asItFell = (bytes: Uint8Array): Option.Option<Uint8Array> => Option.some(bytes)

/** The hash is made to fit, as somebody would who edits the file; none where it is no JSON any more. */
export const resealed = (bytes: Uint8Array): Option.Option<Uint8Array> =>
  Option.map(Result.getSuccess(Schema.decodeResult(SavedState.Json)(new TextDecoder().decode(bytes))), (state) =>
    new TextEncoder().encode(SavedState.text(state)),
  )

/** So many bits, one at a time, always the same ones. */
export const count = Effect.fnUntraced(function* (
  name: SavedState.Name,
  times: number,
  then: (bytes: Uint8Array) => Option.Option<Uint8Array>,
) {
  const folder = mkdtempSync(join(tmpdir(), "elnudge-flips-"))
  const file = join(folder, "state.json")
  const bytes = new TextEncoder().encode(yield* SavedState.of(name))
  writeFileSync(file, bytes)
  const expected = yield* SavedState.answer(file)
  let [refused, same] = [0, 0]
  const others: Array<string> = []
  yield* Effect.gen(function* () {
    for (let flip = 0; flip < times; flip++) {
      const at = yield* Random.nextIntBetween(0, bytes.length - 1)
      const bit = yield* Random.nextIntBetween(0, 7)
      const flipped = then(bytes.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte)))
      if (Option.isNone(flipped)) {
        refused++
        continue
      }
      writeFileSync(file, flipped.value)
      const answer = yield* Effect.result(SavedState.answer(file))
      if (Result.isFailure(answer)) refused++
      else if (answer.success === expected) same++
      else others.push(`${name}: bit ${bit} of byte ${at}, ${new TextDecoder().decode(bytes.slice(at - 40, at + 20))}`)
    }
  }).pipe(Random.withSeed(name), Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true }))))
  const counts: Counts = { refused, same, others }
  return counts
})
