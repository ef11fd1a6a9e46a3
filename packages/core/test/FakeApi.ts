/** A transport that answers from a script and keeps what was asked of it. */
import { ElnudgeClient, ElnudgeError, RequestLimiter } from "@effect-elnudge/core"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

export interface SeenRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Epoch milliseconds of the test's clock. */
  readonly at: number
}

/** An answer: a response, or how the transport failed, at once or after a while. `hang` never answers. */
export type Answer =
  | { readonly afterMillis: number; readonly answer: Answer }
  | { readonly status: number; readonly body?: string; readonly headers?: Record<string, string> }
  | { readonly failure: string; readonly thrown?: unknown }
  | { readonly brokenBody: string }
  | "hang"

export type Script = (request: SeenRequest, index: number) => Answer

export const json = (value: unknown): Answer => ({ status: 200, body: JSON.stringify(value) })

/** A limit that several processes share and nobody can ask for. */
export const lostLimiter = Layer.succeed(RequestLimiter.RequestLimiter, {
  forKey: () =>
    Effect.succeed({
      take: () => new ElnudgeError.LimiterUnavailable({ reason: "ECONNREFUSED" }),
      hold: () => Effect.void,
    }),
})

export const apiKey = "sk_test_secret_value"

const brokenStream = (start: string) =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(start))
      controller.error(Object.assign(new Error("broken"), { code: "ECONNRESET" }))
    },
  })

// A Response with one of these and a body cannot be made.
const isEmpty = (status: number): boolean => status === 204 || status === 205 || status === 304

type Prompt = Exclude<Answer, "hang" | { readonly afterMillis: number }>

const inTime = (answer: Answer): Effect.Effect<Prompt> => {
  if (answer === "hang") return Effect.never
  return "afterMillis" in answer
    ? Effect.delay(
        Effect.suspend(() => inTime(answer.answer)),
        answer.afterMillis,
      )
    : Effect.succeed(answer)
}

/** A client over the script, the requests that it made, and those that it gave up before their answer. */
export const make = (
  script: Script,
  options: Partial<ElnudgeClient.Options> = {},
  // Fresh, so that no test meets the tokens or the holds of another.
  limiter: Layer.Layer<RequestLimiter.RequestLimiter> = RequestLimiter.layerFresh,
) => {
  const seen: Array<SeenRequest> = []
  const givenUp: Array<SeenRequest> = []
  const transport = HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const entry: SeenRequest = { url, headers: request.headers, at: yield* Clock.currentTimeMillis }
      seen.push(entry)
      const scripted = script(entry, seen.length - 1)
      const giveUp = Effect.sync(() => givenUp.push(entry))
      const answer = yield* Effect.onInterrupt(inTime(scripted), () => giveUp)
      if ("failure" in answer) {
        return yield* new HttpClientError.HttpClientError({
          reason: new HttpClientError.TransportError({
            request,
            cause: answer.thrown ?? Object.assign(new Error("transport"), { code: answer.failure }),
          }),
        })
      }
      const response =
        "brokenBody" in answer
          ? new Response(brokenStream(answer.brokenBody), { status: 200 })
          : new Response(isEmpty(answer.status) ? null : (answer.body ?? ""), {
              status: answer.status,
              headers: answer.headers ?? {},
            })
      return HttpClientResponse.fromWeb(request, response)
    }),
  )
  const layer = Layer.effect(
    ElnudgeClient.ElnudgeClient,
    ElnudgeClient.make({ apiKey: Redacted.make(apiKey), baseUrl: "https://api.test/v1", ...options }),
  ).pipe(Layer.provide(limiter), Layer.provide(Layer.succeed(HttpClient.HttpClient, transport)))
  return { layer, seen, givenUp }
}

export const clickedToast = {
  nudge_id: "nudge_1",
  type: "toast",
  shown_at: "2026-10-01T10:16:30Z",
  outcome: "clicked",
  influenced_conversion: true,
}

/** The API document's own example session. */
export const exampleDetail = {
  id: "sess_example",
  started_at: "2026-10-01T10:14:32Z",
  ended_at: "2026-10-01T10:28:10Z",
  page_count: 6,
  intent_score: 82,
  converted: true,
  nudge_count: 2,
  events: [
    { type: "PAGE_VIEW", url: "/", occurred_at: "2026-10-01T10:14:32Z" },
    { type: "ADD_TO_CART", url: "/cart", occurred_at: "2026-10-01T10:20:00Z" },
    { type: "PURCHASE", url: "/done", occurred_at: "2026-10-01T10:27:44Z" },
  ],
  nudges: [
    clickedToast,
    {
      nudge_id: "nudge_2",
      type: "chat_bubble",
      shown_at: "2026-10-01T10:14:45Z",
      outcome: "shown",
      influenced_conversion: false,
    },
  ],
}

/** A row of the list that starts `index` minutes before noon on 2026-10-15. */
export const row = (index: number, overrides: Readonly<Record<string, unknown>> = {}) => {
  const minute = (offset: number) => new Date(Date.UTC(2026, 9, 15, 12) - offset * 60_000).toISOString()
  return {
    id: `sess_${index}`,
    started_at: minute(index),
    ended_at: minute(index - 5),
    page_count: 2,
    intent_score: 40,
    converted: false,
    nudge_count: 0,
    ...overrides,
  }
}

export const page = (data: ReadonlyArray<unknown>, nextCursor?: string) =>
  json({ data, next_cursor: nextCursor ?? null, has_more: nextCursor !== undefined })
