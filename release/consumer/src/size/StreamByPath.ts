import * as ElnudgeClient from "@effect-elnudge/core/ElnudgeClient"
import * as SessionStream from "@effect-elnudge/core/SessionStream"
import { Effect, Layer, Redacted, Stream } from "effect"
import { FetchHttpClient } from "effect/http"

const client = ElnudgeClient.layer({ apiKey: Redacted.make("sk_test_size") }).pipe(Layer.provide(FetchHttpClient.layer))

export const count = SessionStream.summaries({}).pipe(Stream.runCount, Effect.provide(client), Effect.runPromise)
