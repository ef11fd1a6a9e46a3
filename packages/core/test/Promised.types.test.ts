/** What callers have to handle and to provide: checked by `tsc -p tsconfig.test.json`, since types are gone when tests run. */
import {
  ApiKey,
  Checkpoint,
  Coverage,
  ElnudgeClient,
  type ElnudgeError,
  RequestBudget,
  RequestLimiter,
  ResumableWalk,
  type Session,
  SessionFile,
  type SessionRead,
  type SessionsApi,
  SessionStream,
  TimeWindow,
  WalkSample,
} from "@effect-elnudge/core"
import { describe, expectTypeOf, it } from "@effect/vitest"
import type * as Config from "effect/Config"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type { HttpClient } from "effect/http"
import type * as Layer from "effect/Layer"
import type * as Path from "effect/Path"
import type { RateLimiter } from "effect/persistence"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

type Request =
  | "InvalidOption"
  | "RequestRefused"
  | "UnsafeAddress"
  | "Unauthorized"
  | "TransportFailure"
  | "TlsFailure"
  | "ProxyFailure"
  | "ServerUnavailable"
  | "RateLimited"
  | "LimiterUnavailable"
  | "DeadlineReached"
  | "RequestsUsedUp"
  | "ResponseInvalid"

type Tagged = { readonly _tag: string }

interface StreamOf<A, Tags extends string, R> {
  readonly elements: A
  readonly tags: Tags
  readonly needs: R
}

type OfStream<S> = S extends Stream.Stream<infer A, infer E extends Tagged, infer R> ? StreamOf<A, E["_tag"], R> : never
type OfEffect<S> = S extends Effect.Effect<infer A, infer E extends Tagged, infer R> ? StreamOf<A, E["_tag"], R> : never

describe("errors", () => {
  it("have the tags that are documented, and no others", () => {
    expectTypeOf<ElnudgeError.ListError["_tag"]>().toEqualTypeOf<Request | "RetentionExceeded" | "CursorRejected">()
    expectTypeOf<ElnudgeError.DetailError["_tag"]>().toEqualTypeOf<Request | "SessionUnavailable">()
    expectTypeOf<ElnudgeError.NudgesError["_tag"]>().toEqualTypeOf<Request | "CursorRejected" | "NudgesUnavailable">()
  })

  it("are Errors that advise", () => {
    expectTypeOf<ElnudgeError.ElnudgeError>().toExtend<Error>()
    expectTypeOf<ElnudgeError.ElnudgeError["message"]>().toEqualTypeOf<string>()
    expectTypeOf<ElnudgeError.ElnudgeError["advice"]>().toEqualTypeOf<string>()
  })
})

describe("streams", () => {
  type List = ElnudgeError.ListError["_tag"]
  type Detail = ElnudgeError.DetailError["_tag"]
  type Client = ElnudgeClient.ElnudgeClient

  it("need the client, and fail with what its requests fail with", () => {
    expectTypeOf<OfStream<ReturnType<typeof SessionStream.pages>>>().toEqualTypeOf<
      StreamOf<SessionStream.Page, List, Client>
    >()
    expectTypeOf<OfStream<ReturnType<typeof SessionStream.summaries>>>().toEqualTypeOf<
      StreamOf<Session.Summary, List, Client>
    >()
    expectTypeOf<OfStream<ReturnType<typeof SessionStream.details>>>().toEqualTypeOf<
      StreamOf<SessionRead.SessionRead, List | Detail, Client>
    >()
    expectTypeOf<OfStream<ReturnType<typeof SessionStream.nudges>>>().toEqualTypeOf<
      StreamOf<SessionRead.SessionRead, List | Detail | "NudgesUnavailable", Client>
    >()
    const follow = SessionStream.follow()
    expectTypeOf<Stream.Success<typeof follow>>().toEqualTypeOf<SessionRead.SessionRead>()
    expectTypeOf<Stream.Services<typeof follow>>().toEqualTypeOf<Client>()
  })

  it("run only with a client", () => {
    type Runnable = Effect.Effect<number, ElnudgeError.ListError>
    const count = Stream.runCount(SessionStream.summaries())
    expectTypeOf(count).not.toExtend<Runnable>()
    const provided = Effect.provideService(count, ElnudgeClient.ElnudgeClient, {
      listSessions: () => Effect.never,
      getSession: () => Effect.never,
      listNudges: () => Effect.never,
    })
    expectTypeOf(provided).toExtend<Runnable>()
  })

  it("take instants, not text, and no option that there is not", () => {
    expectTypeOf<{ readonly from: DateTime.Utc }>().toExtend<SessionStream.ListOptions>()
    expectTypeOf<{ readonly from: string }>().not.toExtend<SessionStream.ListOptions>()
    // @ts-expect-error: misspelt
    const misspelt: SessionStream.DetailOptions = { concurency: 8 }
    expectTypeOf(misspelt).toEqualTypeOf<SessionStream.DetailOptions>()
  })

  it("of files need files, and fail as files do", () => {
    expectTypeOf<OfStream<ReturnType<typeof SessionFile.reads>>>().toEqualTypeOf<
      StreamOf<SessionRead.SessionRead, "SessionFileError", FileSystem.FileSystem>
    >()
    expectTypeOf<OfStream<ReturnType<typeof SessionFile.details>>>().toEqualTypeOf<
      StreamOf<Session.Detail, "SessionFileError", FileSystem.FileSystem>
    >()
  })
})

describe("effects", () => {
  type Service = ElnudgeClient.ElnudgeClient["Service"]

  it("of the client need nothing", () => {
    expectTypeOf<ReturnType<Service["listSessions"]>>().toEqualTypeOf<
      Effect.Effect<SessionsApi.SessionPage, ElnudgeError.ListError>
    >()
    expectTypeOf<ReturnType<Service["getSession"]>>().toEqualTypeOf<
      Effect.Effect<Session.Detail, ElnudgeError.DetailError>
    >()
  })

  it("of bounds, samples and windows", () => {
    expectTypeOf<OfEffect<ReturnType<typeof RequestBudget.make>>>().toEqualTypeOf<
      StreamOf<RequestBudget.RequestBudget, "InvalidOption", never>
    >()
    expectTypeOf<OfEffect<ReturnType<typeof WalkSample.take>>>().toEqualTypeOf<
      StreamOf<WalkSample.WalkSample, ElnudgeError.ListError["_tag"], ElnudgeClient.ElnudgeClient>
    >()
    expectTypeOf<Effect.Services<ReturnType<typeof TimeWindow.pin>>>().toEqualTypeOf<never>()
    expectTypeOf(Coverage.make).toEqualTypeOf<Effect.Effect<Coverage.Recorder>>()
  })

  it("of keys never give the key as text", () => {
    type Loaded = ReturnType<typeof ApiKey.load>
    expectTypeOf<Effect.Success<Loaded>>().toEqualTypeOf<Redacted.Redacted>()
    expectTypeOf<Effect.Error<Loaded>>().toEqualTypeOf<Config.ConfigError | ElnudgeError.InvalidOption>()
    expectTypeOf<Effect.Services<Loaded>>().toEqualTypeOf<FileSystem.FileSystem>()
    expectTypeOf<string>().not.toExtend<ElnudgeClient.Options["apiKey"]>()
  })

  it("of checkpoints touch files, and tell a foreign file from a broken one", () => {
    const read = Checkpoint.ofWalk.read("", {})
    expectTypeOf<Effect.Error<typeof read>["_tag"]>().toEqualTypeOf<"CheckpointMismatch" | "CheckpointUnusable">()
    expectTypeOf<Effect.Services<typeof read>>().toEqualTypeOf<FileSystem.FileSystem>()
    expectTypeOf<OfEffect<ReturnType<typeof Checkpoint.remove>>>().toEqualTypeOf<
      StreamOf<void, "CheckpointUnusable", FileSystem.FileSystem>
    >()
  })

  it("of a walk that goes on keep the errors and the needs of what runs in it", () => {
    const open = ResumableWalk.open({ file: "", query: {}, state: Schema.Number })
    expectTypeOf<Effect.Error<typeof open>["_tag"]>().toEqualTypeOf<"CheckpointMismatch" | "CheckpointUnusable">()
    expectTypeOf<Effect.Success<typeof open>>().toEqualTypeOf<ResumableWalk.ResumableWalk<number>>()
    expectTypeOf<Effect.Services<typeof open>>().toExtend<FileSystem.FileSystem | Path.Path>()
  })
})

describe("layers", () => {
  it("of the client need a transport, and files where they read the key's", () => {
    expectTypeOf(ElnudgeClient.layer).returns.toEqualTypeOf<
      Layer.Layer<
        ElnudgeClient.ElnudgeClient,
        ElnudgeError.InvalidOption | ElnudgeError.UnsafeAddress,
        HttpClient.HttpClient
      >
    >()
    expectTypeOf(ElnudgeClient.layerConfig).returns.toEqualTypeOf<
      Layer.Layer<
        ElnudgeClient.ElnudgeClient,
        ElnudgeError.InvalidOption | ElnudgeError.UnsafeAddress | Config.ConfigError,
        HttpClient.HttpClient | FileSystem.FileSystem
      >
    >()
    expectTypeOf(ElnudgeClient.layerConfigLimited).returns.toEqualTypeOf<
      Layer.Layer<
        ElnudgeClient.ElnudgeClient,
        ElnudgeError.InvalidOption | ElnudgeError.UnsafeAddress | Config.ConfigError,
        HttpClient.HttpClient | FileSystem.FileSystem | RequestLimiter.RequestLimiter
      >
    >()
  })

  it("of the limit need nothing, or a limit that is shared", () => {
    expectTypeOf(RequestLimiter.layer).toEqualTypeOf<Layer.Layer<RequestLimiter.RequestLimiter>>()
    expectTypeOf(RequestLimiter.layerShared).toEqualTypeOf<
      Layer.Layer<RequestLimiter.RequestLimiter, never, RateLimiter.RateLimiter>
    >()
  })
})
