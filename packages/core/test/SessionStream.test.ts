import { Coverage, ElnudgeClient, type Session, SessionStream } from "@effect-elnudge/core"
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as FakeApi from "./FakeApi.ts"
import * as VirtualTime from "./VirtualTime.ts"

const from = DateTime.makeUnsafe("2026-10-01T00:00:00Z")
const to = DateTime.makeUnsafe("2026-11-01T00:00:00Z")

const query = (request: FakeApi.SeenRequest | undefined) => Object.fromEntries(request?.url.searchParams ?? [])

const isList = ({ url }: FakeApi.SeenRequest) => url.pathname === "/v1/sessions"

/** Serves the pages under the cursors c1, c2 …, and the details of their rows. */
const pagesOf =
  (
    pages: ReadonlyArray<ReadonlyArray<ReturnType<typeof FakeApi.row>>>,
    missing: ReadonlyArray<string> = [],
  ): FakeApi.Script =>
  (request) => {
    if (isList(request)) {
      const index = Number(request.url.searchParams.get("cursor")?.slice(1) ?? 0)
      return FakeApi.page(pages[index] ?? [], index + 1 < pages.length ? `c${index + 1}` : undefined)
    }
    const id = request.url.pathname.split("/").at(-1) ?? ""
    const summary = pages.flat().find((row) => row.id === id)
    return missing.includes(id) ? { status: 404 } : FakeApi.json({ data: { ...summary, events: [], nudges: [] } })
  }

const rows = (start: number, count: number, overrides = {}) =>
  Array.from({ length: count }, (_, index) => FakeApi.row(start + index, overrides))

/** Runs the stream to its end and tells what came, what was asked and what was covered. */
const collect = <A, E>(script: FakeApi.Script, stream: Stream.Stream<A, E, ElnudgeClient.ElnudgeClient>) =>
  Effect.gen(function* () {
    const { layer, seen } = FakeApi.make(script)
    const recorder = yield* Coverage.make
    const result = yield* VirtualTime.run(
      Effect.result(Stream.runCollect(stream)).pipe(
        Effect.provideService(Coverage.Current, recorder),
        Effect.provide(layer),
      ),
      10,
    )
    return { result, seen, coverage: recorder.snapshot() }
  })

const succeeded = <A>(run: { readonly result: { readonly _tag: string; readonly success?: A } }) => {
  assert.strictEqual(run.result._tag, "Success")
  return run.result.success
}

describe("SessionStream.pages", () => {
  it.effect("pins the window before page 1 and sends it with every cursor", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 10, 1))
      const script = pagesOf([rows(0, 2), rows(2, 2), rows(4, 1)])
      const { coverage, seen } = yield* collect(script, SessionStream.pages())
      const window = { from: "2026-10-02T00:00:00Z", to: "2026-11-01T00:00:00Z" }
      assert.deepStrictEqual(seen.map(query), [
        { ...window, limit: "200" },
        { ...window, limit: "200", cursor: "c1" },
        { ...window, limit: "200", cursor: "c2" },
      ])
      assert.deepStrictEqual(coverage.window, window)
    }),
  )

  it.effect("sends the cursor alone with followWindow: false", () =>
    Effect.gen(function* () {
      const script = pagesOf([rows(0, 2), rows(2, 2)])
      const { seen } = yield* collect(script, SessionStream.pages({ from, to, pageSize: 2, followWindow: false }))
      assert.deepStrictEqual(seen.map(query), [
        { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z", limit: "2" },
        { cursor: "c1" },
      ])
    }),
  )

  it.effect.each([0, 201, 1.5, Number.NaN])("refuses a page size of %d before any request", (pageSize) =>
    Effect.gen(function* () {
      const { result, seen } = yield* collect(pagesOf([[]]), SessionStream.pages({ pageSize }))
      assert.deepInclude(result, { _tag: "Failure" })
      assert.lengthOf(seen, 0)
    }),
  )

  it.effect("asks for no more than one page beyond what its consumer takes", () =>
    Effect.gen(function* () {
      const pages = Array.from({ length: 50 }, (_, index) => rows(index * 2, 2))
      const { seen } = yield* collect(pagesOf(pages), SessionStream.summaries({ from, to }).pipe(Stream.take(3)))
      assert.lengthOf(seen, 3)
    }),
  )
})

describe("SessionStream.summaries", () => {
  it.effect("gives every row once, in the list's order", () =>
    Effect.gen(function* () {
      const run = yield* collect(pagesOf([rows(0, 3), rows(3, 3), rows(6, 1)]), SessionStream.summaries({ from, to }))
      assert.deepStrictEqual(
        succeeded(run)?.map(({ id }) => id),
        rows(0, 7).map(({ id }) => id),
      )
      assert.deepInclude(run.coverage, { pages: 3, sessions: 7, duplicates: 0, out_of_order: 0, empty_pages: 0 })
    }),
  )

  it.effect.each([null, "", undefined, "left over"])("ends on a last page whose next_cursor is %j", (next_cursor) =>
    Effect.gen(function* () {
      const last = FakeApi.json({ data: rows(0, 1), has_more: false, next_cursor })
      const { coverage, result } = yield* collect(() => last, SessionStream.summaries({ from, to }))
      assert.deepInclude(result, { _tag: "Success" })
      assert.strictEqual(coverage.pages, 1)
    }),
  )

  it.effect("drops a duplicate id, keeps the first, and counts it and rows out of order", () =>
    Effect.gen(function* () {
      const pages = [
        [...rows(0, 2)],
        [FakeApi.row(1, { intent_score: 99 }), ...rows(2, 2)],
        [FakeApi.row(0), FakeApi.row(9)],
      ]
      const run = yield* collect(pagesOf(pages), SessionStream.summaries({ from, to }))
      assert.deepStrictEqual(
        succeeded(run)?.map(({ id, intent_score }) => [id, intent_score]),
        [
          ["sess_0", 40],
          ["sess_1", 40],
          ["sess_2", 40],
          ["sess_3", 40],
          ["sess_9", 40],
        ],
      )
      assert.deepInclude(run.coverage, { sessions: 5, duplicates: 2, out_of_order: 1 })
    }),
  )

  it.effect("compares start times as instants, not as text", () =>
    Effect.gen(function* () {
      const page = [
        FakeApi.row(1, { started_at: "2026-10-15T11:59:45.500Z" }),
        FakeApi.row(2, { started_at: "2026-10-15T11:59:45Z" }),
      ]
      const { coverage } = yield* collect(pagesOf([page]), SessionStream.summaries({ from, to }))
      assert.strictEqual(coverage.out_of_order, 0)
    }),
  )

  it.effect("passes over one and two empty pages, and counts them", () =>
    Effect.gen(function* () {
      const pages = [rows(0, 1), [], [], rows(1, 1), [], rows(2, 1)]
      const run = yield* collect(pagesOf(pages), SessionStream.summaries({ from, to }))
      assert.lengthOf(succeeded(run) ?? [], 3)
      assert.strictEqual(run.coverage.empty_pages, 3)
    }),
  )

  const stuck: ReadonlyArray<readonly [string, FakeApi.Script, RegExp, number]> = [
    ["a cursor that repeats", () => FakeApi.page(rows(0, 1), "c1"), /cursor repeats/, 2],
    ["cursors that go round", (_, index) => FakeApi.page(rows(index, 1), `c${index % 3}`), /cursor repeats/, 4],
    ["has_more without a cursor", () => FakeApi.json({ data: rows(0, 1), has_more: true }), /no cursor/, 1],
    [
      "has_more with an empty cursor",
      () => FakeApi.json({ data: [], has_more: true, next_cursor: "" }),
      /no cursor/,
      1,
    ],
    ["three empty pages in a row", (_, index) => FakeApi.page([], `c${index}`), /3 empty pages/, 3],
  ]
  it.effect("fails on pages that never hold anything new, under ever new cursors", () =>
    Effect.gen(function* () {
      const script: FakeApi.Script = (_, index) => FakeApi.page(rows(0, 2), `c${index}`)
      const { coverage, result, seen } = yield* collect(script, SessionStream.summaries({ from, to }))
      assert.match(result._tag === "Failure" ? result.failure.message : "", /20 pages in a row without a new row/)
      // Of the list, and of each of the two seconds in which a row came again.
      assert.lengthOf(seen, 21 * 3)
      assert.strictEqual(coverage.sessions, 2)
    }),
  )

  it.effect("leaves out rows outside the window, and counts them", () =>
    Effect.gen(function* () {
      const page = [
        FakeApi.row(0, { started_at: "2026-11-01T00:00:00Z" }),
        FakeApi.row(1, { started_at: "2026-10-31T23:59:59.999Z" }),
        FakeApi.row(2, { started_at: "2026-10-01T00:00:00Z" }),
        FakeApi.row(3, { started_at: "2026-09-30T23:59:59Z" }),
      ]
      const run = yield* collect(pagesOf([page]), SessionStream.summaries({ from, to }))
      assert.deepStrictEqual(
        succeeded(run)?.map(({ id }) => id),
        ["sess_1", "sess_2"],
      )
      assert.deepInclude(run.coverage, { sessions: 2, outside_window: 2, out_of_order: 0 })
    }),
  )

  it.effect.each(stuck)("fails on %s", ([, script, reason, requests]) =>
    Effect.gen(function* () {
      const { result, seen } = yield* collect(script, SessionStream.summaries({ from, to }))
      assert.deepInclude(result, { _tag: "Failure" })
      if (result._tag === "Failure") {
        assert.strictEqual(result.failure._tag, "ResponseInvalid")
        assert.match(result.failure.message, reason)
      }
      assert.lengthOf(seen, requests)
    }),
  )

  it.effect("hands on what it has before a later page fails, and the error says how much that was", () =>
    Effect.gen(function* () {
      const script: FakeApi.Script = (request) =>
        request.url.searchParams.has("cursor") ? { status: 403 } : FakeApi.page(rows(0, 3), "c1")
      const taken: Array<string> = []
      const stream = SessionStream.summaries({ from, to }).pipe(
        Stream.tap(({ id }) => Effect.sync(() => taken.push(id))),
      )
      const { result } = yield* collect(script, stream)
      assert.deepStrictEqual(taken, ["sess_0", "sess_1", "sess_2"])
      assert.deepInclude(result._tag === "Failure" ? result.failure : {}, {
        _tag: "Unauthorized",
        request: {
          _tag: "ListSessions",
          from: "2026-10-01T00:00:00Z",
          to: "2026-11-01T00:00:00Z",
          cursor: "c1",
          rowsEmitted: 3,
        },
      })
    }),
  )

  it.effect("repeats a failed page without giving its rows twice", () =>
    Effect.gen(function* () {
      const base = pagesOf([rows(0, 3), rows(3, 3)])
      const script: FakeApi.Script = (request, index) => (index % 2 === 0 ? { status: 503 } : base(request, index))
      const run = yield* collect(script, SessionStream.summaries({ from, to }))
      assert.deepStrictEqual(
        succeeded(run)?.map(({ id }) => id),
        rows(0, 6).map(({ id }) => id),
      )
      assert.deepInclude(run.coverage, { requests: 4, retries: 2, pages: 2, duplicates: 0 })
    }),
  )

  it.effect("counts sessions that may still be open, and unknown fields", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.UTC(2026, 9, 15, 12, 34))
      const page = [
        FakeApi.row(0, { ended_at: null, device: "phone" }),
        FakeApi.row(1, { ended_at: "2026-10-15T12:04:01Z" }),
        FakeApi.row(2, { ended_at: "2026-10-15T12:04:00Z", device: "phone" }),
      ]
      const { coverage } = yield* collect(pagesOf([page]), SessionStream.summaries({ from, to }))
      assert.strictEqual(coverage.unsettled, 2)
      assert.deepStrictEqual(coverage.unknown_values, { "session_field:device": 2 })
    }),
  )
})

describe("SessionStream.details", () => {
  it.effect("takes the options of nudges too, so that one object does for both", () =>
    Effect.gen(function* () {
      const { layer } = FakeApi.make(() => FakeApi.page([]))
      const options: SessionStream.NudgeOptions = { pick: () => false, needsEvents: () => false }
      assert.deepStrictEqual(yield* Stream.runCollect(SessionStream.details(options)).pipe(Effect.provide(layer)), [])
    }),
  )

  it.effect("hands rows that need no detail on before the detail after them fails", () =>
    Effect.gen(function* () {
      const script = pagesOf([rows(0, 60)])
      const taken: Array<string> = []
      const { result } = yield* collect(
        (request, index) => (request.url.pathname.endsWith("/sess_48") ? { status: 403 } : script(request, index)),
        SessionStream.details({ from, to, pick: ({ id }) => id === "sess_48" }).pipe(
          Stream.tap(({ summary }) => Effect.sync(() => taken.push(summary.id))),
        ),
      )
      assert.strictEqual(result._tag, "Failure")
      assert.lengthOf(taken, 48)
    }),
  )

  const nudged = (session: Session.Summary) => session.nudge_count > 0
  const mixed = [rows(0, 3), [FakeApi.row(3, { nudge_count: 1 }), FakeApi.row(4), FakeApi.row(5, { nudge_count: 2 })]]

  it.effect("asks only for what the predicate picks, and keeps the list's order", () =>
    Effect.gen(function* () {
      const run = yield* collect(pagesOf(mixed), SessionStream.details({ from, to, pick: nudged }))
      assert.deepStrictEqual(
        succeeded(run)?.map(({ detail, summary }) => [summary.id, detail._tag]),
        [
          ["sess_0", "NotNeeded"],
          ["sess_1", "NotNeeded"],
          ["sess_2", "NotNeeded"],
          ["sess_3", "Read"],
          ["sess_4", "NotNeeded"],
          ["sess_5", "Read"],
        ],
      )
      assert.deepInclude(run.coverage, { list_requests: 2, detail_requests: 2, details: 2 })
    }),
  )

  const policies: ReadonlyArray<readonly ["skip" | "emit" | "fail" | undefined, ReadonlyArray<string> | undefined]> = [
    [undefined, ["sess_0", "sess_1", "sess_2"]],
    ["skip", ["sess_0", "sess_2"]],
    ["emit", ["sess_0", "sess_1", "sess_2"]],
    ["fail", undefined],
  ]
  it.effect.each(policies)("treats a 404 by the policy: %s", ([onUnavailable, ids]) =>
    Effect.gen(function* () {
      const script = pagesOf([rows(0, 3)], ["sess_1"])
      const { coverage, result } = yield* collect(script, SessionStream.details({ from, to, onUnavailable }))
      // What a stream failed with is not taken in.
      const counted = onUnavailable === "fail" ? 0 : 1
      assert.deepStrictEqual(coverage.details_unavailable, { past_retention: 0, not_found: counted })
      if (ids === undefined) {
        assert.deepInclude(result._tag === "Failure" ? result.failure : {}, {
          _tag: "SessionUnavailable",
          sessionId: "sess_1",
        })
      } else {
        assert.deepStrictEqual(result._tag === "Success" ? result.success.map(({ summary }) => summary.id) : [], ids)
      }
    }),
  )

  it.effect("never has more details under way than it may, and gets there", () =>
    Effect.gen(function* () {
      let underWay = 0
      let most = 0
      const stream = SessionStream.details({ from, to, concurrency: 3 })
      const { layer } = FakeApi.make(pagesOf([rows(0, 20)]), {
        requestsPerMinute: 100_000,
      })
      const client = yield* Effect.provide(ElnudgeClient.ElnudgeClient, layer)
      const counting: ElnudgeClient.ElnudgeClient["Service"] = {
        listSessions: client.listSessions,
        listNudges: client.listNudges,
        getSession: (id) =>
          Effect.acquireUseRelease(
            Effect.sync(() => {
              most = Math.max(most, ++underWay)
            }),
            () => Effect.andThen(Effect.sleep(100), client.getSession(id)),
            () =>
              Effect.sync(() => {
                underWay--
              }),
          ),
      }
      const reads = yield* VirtualTime.run(
        Stream.runCollect(stream).pipe(Effect.provideService(ElnudgeClient.ElnudgeClient, counting)),
        10,
      )
      assert.lengthOf(reads, 20)
      assert.strictEqual(most, 3)
    }),
  )

  it.effect("counts details that differ from their row, and unknown values in them", () =>
    Effect.gen(function* () {
      const script: FakeApi.Script = (request) =>
        isList(request)
          ? FakeApi.page([{ ...FakeApi.exampleDetail, converted: false }])
          : FakeApi.json({
              data: {
                ...FakeApi.exampleDetail,
                events: [{ type: "TELEPATHY", url: "/", occurred_at: "2026-10-01T10:14:32Z" }],
                nudges: [
                  {
                    nudge_id: "n",
                    type: "hologram",
                    shown_at: "2026-10-01T10:14:32Z",
                    outcome: "waved_at",
                    influenced_conversion: false,
                    color: "red",
                  },
                ],
              },
            })
      const { coverage } = yield* collect(script, SessionStream.details({ from, to }))
      assert.strictEqual(coverage.changed_since_listed, 1)
      assert.deepInclude(coverage.unknown_values, {
        "event_type:TELEPATHY": 1,
        "nudge_field:color": 1,
        "nudge_type:hologram": 1,
        "outcome:waved_at": 1,
      })
    }),
  )

  it.effect("ends at once when it is interrupted in a wait, and asks for nothing more", () =>
    Effect.gen(function* () {
      const { layer, seen } = FakeApi.make(() => ({ status: 429, headers: { "retry-after": "100" } }))
      const fiber = yield* Effect.forkChild(
        Stream.runDrain(SessionStream.details({ from, to })).pipe(Effect.provide(layer)),
      )
      while (seen.length === 0) yield* Effect.yieldNow
      yield* TestClock.adjust(1_000)
      yield* Fiber.interrupt(fiber)
      yield* TestClock.adjust(200_000)
      assert.lengthOf(seen, 1)
    }),
  )
})
