/** The limiter of this program's key: this process's own, or kept in the Redis that `ELNUDGE_REDIS_URL` names. */
import { ElnudgeError, RequestLimiter } from "@effect-elnudge/core"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RateLimiter from "effect/persistence/RateLimiter"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { UsageError } from "./UsageError.ts"

const connectWithin = Duration.seconds(5)

const isAddress = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return (
    (url?.protocol === "redis:" || url?.protocol === "rediss:") && url.hostname !== "" && /^\/?\d*$/.test(url.pathname)
  )
}

/**
 * A connection that is there, or an error within seconds. It is opened aside, and destroyed before it is closed: the
 * client's own way of closing waits for answers, for ever where none come.
 */
const connect = Effect.fnUntraced(function* (url: Redacted.Redacted) {
  const NodeRedis = yield* Effect.tryPromise({
    try: () => import("@effect/platform-node/NodeRedis"),
    catch: () =>
      new UsageError({
        reason: "ELNUDGE_REDIS_URL is set, but the package redis is not installed",
        advice: "Install it beside elnudge-report (npm install redis), or unset the variable.",
      }),
  })
  const scope = yield* Scope.make()
  const opening = Layer.buildWithScope(NodeRedis.layer({ url: Redacted.value(url) }), scope).pipe(
    // The client wraps what the socket met, and not as a cause.
    Effect.mapError(({ cause }) =>
      RequestLimiter.unavailable(Predicate.hasProperty(cause, "socketError") ? cause.socketError : cause),
    ),
    // What it says of a lost connection comes back as the error of what was asked.
    Effect.provideService(References.MinimumLogLevel, "None"),
  )
  const opened = yield* Fiber.join(yield* Effect.forkDetach(opening)).pipe(
    Effect.timeoutOrElse({
      duration: connectWithin,
      orElse: () =>
        new ElnudgeError.LimiterUnavailable({ reason: `no answer within ${Duration.format(connectWithin)}` }),
    }),
  )
  yield* Effect.addFinalizer((exit) =>
    Effect.andThen(
      Effect.sync(() => Context.get(opened, NodeRedis.NodeRedis).client.destroy()),
      Scope.close(scope, exit),
    ),
  )
  return opened
})

const inRedis = (url: Redacted.Redacted) =>
  RequestLimiter.layerShared.pipe(
    Layer.provide(RateLimiter.layer),
    Layer.provide(RateLimiter.layerStoreRedis({ prefix: "" })),
    Layer.provide(Layer.effectContext(connect(url))),
  )

/**
 * Without `ELNUDGE_REDIS_URL` it is this process's own. With it, all programs with the same key and Redis keep one limit
 * together; what a 429 holds is this process alone. Fails with `UsageError` where it is no address of a Redis, and
 * with `LimiterUnavailable` where that does not answer within seconds.
 */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const url = Option.getOrUndefined(yield* Config.option(Config.Redacted("ELNUDGE_REDIS_URL")))
    if (url === undefined || Redacted.value(url) === "") return RequestLimiter.layer
    if (isAddress(Redacted.value(url))) return inRedis(url)
    return yield* new UsageError({
      reason: "ELNUDGE_REDIS_URL is not the address of a Redis",
      advice: "Give one such as redis://localhost:6379 (rediss:// with TLS), or unset it.",
    })
  }),
)
