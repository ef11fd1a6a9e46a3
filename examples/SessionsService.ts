import { createServer } from "node:http"
import { ElnudgeClient, Session, SessionStream } from "@effect-elnudge/core"
import { NodeHttpClient, NodeHttpServer, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, Layer, Schema, Sink, Stream } from "effect"
import { Ndjson } from "effect/encoding"
import { HttpRouter, HttpServerResponse } from "effect/http"

const instant = Schema.optionalKey(Session.Instant.pipe(Schema.decodeTo(Schema.DateTimeUtcFromString)))
const query = Schema.Struct({ from: instant, to: instant })

const refused = { SchemaError: 400, InvalidOption: 400, Unauthorized: 401, RetentionExceeded: 404 }
const failed = { RequestRefused: 502, UnsafeAddress: 502, ResponseInvalid: 502, CursorRejected: 502, NdjsonError: 500 }
// Anything else is a wait that took too long: of the network, the server, the limit or a budget.
const status: Partial<Record<string, number>> = { ...refused, ...failed }

// GET /sessions?from=…&to=… as NDJSON. The API is asked for a page while the reader takes the one before.
export const routes = HttpRouter.add(
  "GET",
  "/sessions",
  Effect.gen(function* () {
    const window = yield* HttpRouter.schemaParams(query, { onExcessProperty: "error" })
    const pages = SessionStream.summaries(window).pipe(Stream.pipeThroughChannel(Ndjson.encode()))
    // The first page is read before the answer begins: what fails there has a status, what fails later breaks it off.
    const [first, rest] = yield* Stream.peel(pages, Sink.take(1))
    const body = Stream.concat(Stream.fromArray(first), rest)
    return HttpServerResponse.stream(body, { contentType: "application/x-ndjson" })
  }).pipe(
    Effect.catch(({ _tag, message }) =>
      Effect.succeed(HttpServerResponse.text(`${message}\n`, { status: status[_tag] ?? 503 })),
    ),
  ),
)

const live = ElnudgeClient.layerConfig().pipe(Layer.provide([NodeHttpClient.layerUndici, NodeServices.layer]))
const server = NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 3000 })

if (import.meta.main) HttpRouter.serve(routes).pipe(Layer.provide([live, server]), Layer.launch, NodeRuntime.runMain)
