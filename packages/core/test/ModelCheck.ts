/** Holds the client against a generated behaviour of the API. */
import { Coverage, type ElnudgeError, SessionStream, WalkPosition } from "@effect-elnudge/core"
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as ApiModel from "./ApiModel.ts"
import * as FakeApi from "./FakeApi.ts"

const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
const to = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

const settlePromises = Effect.callback<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

// No answer, hold or backoff of the model is worth more virtual time than this.
const longestMillis = 3_600_000

/** Runs it on the test's clock; a hang is a failure of the test. */
const bounded = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* settlePromises
    for (let millis = 0; fiber.pollUnsafe() === undefined; millis += 2000) {
      if (millis > longestMillis) assert.fail("the client hangs")
      yield* TestClock.adjust(2000)
      yield* settlePromises
    }
    return yield* Fiber.await(fiber)
  })

interface Part {
  readonly taken: ReadonlyArray<string>
  readonly position: WalkPosition.WalkPosition | undefined
  readonly coverage: Coverage.Coverage
  readonly failure: ElnudgeError.ElnudgeError | undefined
}

/** At most `count` sessions, from where the part before stopped or failed. */
const part = Effect.fnUntraced(function* (
  behaviour: ApiModel.Behaviour,
  script: FakeApi.Script,
  count: number,
  before: Part | undefined,
) {
  const { concurrency, listConcurrency, pageSize } = behaviour
  const recorder = before === undefined ? yield* Coverage.make : yield* Coverage.resume(before.coverage)
  const tracker = new WalkPosition.Tracker(recorder, before?.position)
  const taken: Array<string> = []
  const walk = SessionStream.details({
    from,
    to,
    pageSize,
    concurrency,
    listConcurrency,
    tracker,
  }).pipe(
    Stream.take(count),
    Stream.runForEach((read) =>
      Effect.sync(() => {
        taken.push(read.summary.id)
        tracker.done(read)
      }),
    ),
    Effect.provideService(Coverage.Current, recorder),
    Effect.provide(FakeApi.make(script).layer),
    Effect.result,
  )
  const exit = yield* bounded(walk)
  if (Exit.isFailure(exit)) return assert.fail(`a defect: ${Cause.pretty(exit.cause)}`)
  const ended: Part = {
    taken: [...(before?.taken ?? []), ...taken],
    position: tracker.position(),
    coverage: recorder.snapshot(),
    failure: Result.isFailure(exit.value) ? exit.value.failure : undefined,
  }
  return ended
})

/** Walks through the behaviour as its stops say, and once more after an error; fails where a session is lost, doubled or invented. */
export const check = Effect.fnUntraced(function* (behaviour: ApiModel.Behaviour) {
  const { applied, heal, script } = ApiModel.serve(behaviour)
  let walked: Part | undefined
  let before = 0
  for (const count of [...behaviour.stops, Infinity]) {
    before = applied.length
    walked = yield* part(behaviour, script, count, walked)
    if (walked.failure !== undefined) break
  }
  // What failed ahead of where a client stopped never reached it.
  const { may, must } = ApiModel.verdictOf(
    behaviour,
    applied.slice(before),
    applied.includes("reordered rows") || applied.includes("row out of place") || behaviour.lateEvery > 0,
  )
  const tag = walked?.failure?._tag
  assert.strictEqual(new Set(walked?.taken).size, walked?.taken.length, "a session twice")
  if (tag === undefined) assert.isTrue(must.size === 0, `survived ${applied.join(", ")}`)
  else assert.isTrue(may.has(tag), `${walked?.failure?.message} after ${applied.join(", ")}`)
  heal()
  // Also after an error: what was there is there, and the rest comes.
  const whole = tag === undefined ? walked : yield* part(behaviour, script, Infinity, walked)
  assert.isUndefined(whole?.failure)
  assert.isTrue(whole?.position?.complete)
  const taken = new Set(whole?.taken)
  assert.strictEqual(taken.size, whole?.taken.length, "a session twice")
  const listed = ApiModel.rows(behaviour).map(({ id }) => id)
  const lost = listed.filter((id) => !taken.has(id) && !ApiModel.isLate(behaviour, id))
  const told = whole?.coverage.possibly_missing ?? 0
  assert.isTrue(lost.length <= told, `lost ${lost.join(", ")}, and ${told} may be missing`)
  if (!behaviour.isUnordered) assert.strictEqual(told, 0)
  assert.deepStrictEqual(
    [...taken].filter((id) => !listed.includes(id)),
    [],
    "invented",
  )
  const gone = [...taken].filter((id) => ApiModel.isGone(behaviour, id)).length
  const { details, details_unavailable, sessions } = whole?.coverage ?? assert.fail("no coverage")
  assert.deepStrictEqual([sessions, details], [taken.size, taken.size - gone])
  assert.strictEqual(details_unavailable.not_found, gone)
})
