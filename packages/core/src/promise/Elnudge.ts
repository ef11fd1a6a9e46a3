/**
 * The client for code without Effect: promises, async iterables and a web stream over the same services. What goes wrong is
 * thrown as the error of `ElnudgeError` that it is; a defect, such as an error of a function of yours, as it is.
 */
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { FetchHttpClient } from "effect/http"
import * as Layer from "effect/Layer"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { AdvisedError } from "../AdvisedError.ts"
import * as Coverage from "../Coverage.ts"
import * as ElnudgeClient from "../ElnudgeClient.ts"
import * as ElnudgeError from "../ElnudgeError.ts"
import type * as Session from "../Session.ts"
import type { SessionRead } from "../SessionRead.ts"
import * as SessionReads from "../SessionRead.ts"
import * as OptionCheck from "../OptionCheck.ts"
import * as SessionStream from "../SessionStream.ts"
import * as Caller from "./Caller.ts"
import { ClientClosed } from "./ClientClosed.ts"
import * as Counting from "./Counting.ts"
import * as Iteration from "./Iteration.ts"
import * as Moment from "./Moment.ts"
import * as NdjsonStream from "./NdjsonStream.ts"
import * as Running from "./Running.ts"
import * as UnderWay from "./UnderWay.ts"

export interface Options extends Omit<ElnudgeClient.Options, "apiKey" | "reloadKey"> {
  /** The site's secret key. It is never printed, and goes only to https or to loopback. */
  readonly apiKey: string
  /**
   * Reads the key again once the API refuses it with a 401: another key goes on with the request, and with all that follow;
   * the same one, or a rejection, ends it with `Unauthorized`. @default the key stays
   */
  readonly reloadKey?: (() => string | Promise<string>) | undefined
  /** What sends the requests; it is told not to follow redirects, and must not. @default the global fetch */
  readonly fetch?: typeof globalThis.fetch | undefined
}

export interface CallOptions {
  /** Ends every wait at once: the promise is rejected with the signal's reason. @default none */
  readonly signal?: AbortSignal | undefined
}

export interface GetOptions extends CallOptions, ElnudgeClient.GetOptions {}

export interface ListOptions
  extends CallOptions, Pick<SessionStream.ListOptions, "pageSize" | "followWindow" | "listConcurrency"> {
  /** Sessions that start at or after this. @default 30 days before `to` */
  readonly from?: Moment.Moment | undefined
  /** Sessions that start before this. @default now, when the walk starts */
  readonly to?: Moment.Moment | undefined
}

export interface DetailOptions
  extends ListOptions, Pick<SessionStream.DetailOptions, "pick" | "concurrency" | "unordered" | "onUnavailable"> {}

export interface NdjsonOptions extends DetailOptions {
  /** Whether lines have events and nudges; `pick` chooses which. @default false */
  readonly details?: boolean | undefined
}

/** Sessions, walk by walk: every iteration is one of its own. */
export interface Walk<A> extends AsyncIterable<A, undefined> {
  /**
   * What the latest iteration has seen so far, and how complete that is: what was handed on and counted, such as
   * `details_unavailable`, `possibly_missing` and `duplicates`. Nothing before the first.
   */
  readonly coverage: () => Coverage.Coverage
}

/** Beside the errors named, everything rejects with the reason of its signal, and with `ClientClosed` after `close`. */
export interface Client extends AsyncDisposable {
  /**
   * The rows of the list, newest first, each session once. Every iteration is a walk of its own, from the first page on; it
   * asks for a page while the one before is taken in, for at most two more than were taken, and for none that is not waited
   * for. `break` ends what is under way. Throws a `ListError`.
   */
  readonly sessions: (options?: ListOptions) => Walk<Session.Summary>
  /**
   * As `sessions`, with the detail of each, or of those that `pick` says, `Unavailable` where there is none (404); at most `concurrency` details are asked for ahead,
   * and the pages for as many. Throws a `ListError` or a `DetailError`.
   */
  readonly details: (options?: DetailOptions) => Walk<SessionRead>
  /** One session by its id. Rejects with a `DetailError`. */
  readonly getSession: (id: string, options?: GetOptions) => Promise<Session.Detail>
  /**
   * The sessions as lines of UTF-8 that the CLI reads with `--input`, for any `Response`. A line is asked for when it is
   * read; an error, an abort and `close` end the stream with an error, so that what came is not taken for all.
   */
  readonly ndjson: (options?: NdjsonOptions) => NdjsonStream.NdjsonStream
  /** What all walks and calls of the client have seen so far, added up: a session of two walks counts twice. */
  readonly coverage: () => Coverage.Coverage
  /** Ends what is under way, and resolves when all of it is free. The limit of the key stays. */
  readonly close: () => Promise<void>
}

const signalCheck = OptionCheck.is(
  "an AbortSignal",
  (value) =>
    Predicate.isObject(value) && Predicate.isBoolean(value.aborted) && Predicate.isFunction(value.throwIfAborted),
)

const getChecks: OptionCheck.Checks<GetOptions> = { signal: signalCheck, startedAt: OptionCheck.any }

const listChecks: OptionCheck.Checks<ListOptions> = {
  from: OptionCheck.any,
  to: OptionCheck.any,
  signal: signalCheck,
  pageSize: OptionCheck.number,
  followWindow: OptionCheck.truth,
  listConcurrency: OptionCheck.number,
}

const detailChecks: OptionCheck.Checks<DetailOptions> = {
  ...listChecks,
  pick: OptionCheck.callable,
  concurrency: OptionCheck.number,
  unordered: OptionCheck.truth,
  onUnavailable: OptionCheck.oneOf("skip", "emit", "fail"),
}

const ndjsonChecks: OptionCheck.Checks<NdjsonOptions> = { ...detailChecks, details: OptionCheck.truth }

const windowOf = Effect.fnUntraced(function* ({ from, to }: ListOptions) {
  return {
    from: from === undefined ? undefined : yield* Effect.fromResult(Moment.parse("from", from)),
    to: to === undefined ? undefined : yield* Effect.fromResult(Moment.parse("to", to)),
  }
})

// As `details` that needs none, but without its look-ahead, which is for details.
const listed = ({ followWindow, from, listConcurrency, pageSize, to }: SessionStream.ListOptions) =>
  SessionStream.pages({ followWindow, from, listConcurrency, pageSize, to }).pipe(
    Stream.flatMap(({ readAt, sessions, window }) =>
      Stream.fromArray(
        sessions.map((summary): SessionRead => ({ summary, detail: SessionReads.notNeeded, readAt, window })),
      ),
    ),
  )

/** The client of services that are there already, such as those of an Effect program. Closing it leaves them as they are. */
export const fromContext = (context: Context.Context<ElnudgeClient.ElnudgeClient>): Client => {
  const underWay = UnderWay.make()
  const counting = Counting.make(context)
  const setting = (options: CallOptions | undefined) => ({
    context,
    underWay,
    // What is none is told by the check, before anything is asked for.
    signal: signalCheck.fits(options?.signal) ? options?.signal : undefined,
  })

  const iterable = <A, E, Options extends ListOptions>(
    checks: OptionCheck.Checks<Options>,
    options: Options,
    walk: (
      options: Omit<Options, "from" | "to" | "signal"> & SessionStream.ListOptions,
    ) => Stream.Stream<A, E, ElnudgeClient.ElnudgeClient>,
  ) => {
    const stream = Stream.unwrap(
      Effect.gen(function* () {
        yield* OptionCheck.check(checks, options)
        const { from, signal: _, to, ...others } = options
        return walk({ ...others, ...(yield* windowOf({ from, to })) })
      }),
    )
    let latest = new Coverage.Recorder()
    return {
      [Symbol.asyncIterator]: () => {
        const recorder = new Coverage.Recorder()
        latest = recorder
        return Iteration.make(counting.stream(stream, recorder), setting(options))
      },
      coverage: () => latest.snapshot(),
    }
  }

  const ndjson = (options: NdjsonOptions = {}) => {
    const chunks = iterable(ndjsonChecks, options, ({ details = false, ...walk }) =>
      (details ? SessionStream.details(walk) : listed(walk)).pipe(
        Stream.mapArray((reads) => [NdjsonStream.encode(reads)]),
      ),
    )
    return NdjsonStream.make(chunks[Symbol.asyncIterator](), chunks.coverage)
  }

  return {
    sessions: (options = {}) => iterable(listChecks, options, SessionStream.summaries),
    details: (options = {}) => iterable(detailChecks, options, SessionStream.details),
    getSession: (id, options = {}) =>
      Running.run(
        counting.effect(
          Effect.gen(function* () {
            yield* OptionCheck.check(getChecks, options)
            const client = yield* ElnudgeClient.ElnudgeClient
            return yield* client.getSession(id, { startedAt: options.startedAt })
          }),
        ),
        setting(options),
      ),
    ndjson,
    coverage: counting.coverage,
    close: underWay.close,
    [Symbol.asyncDispose]: underWay.close,
  }
}

const orThrow = <A, E>(effect: Effect.Effect<A, E>, caller: Caller.Caller): A => {
  const exit = Effect.runSyncExit(effect)
  if (Exit.isFailure(exit)) throw caller.blamed(Cause.squash(exit.cause))
  return exit.value
}

const makeChecks: OptionCheck.Checks<Options> = {
  // Told in words of its own where it is no text, which it must not be shown for.
  apiKey: OptionCheck.any,
  reloadKey: OptionCheck.callable,
  baseUrl: OptionCheck.text,
  fetch: OptionCheck.callable,
  ...ElnudgeClient.checks,
}

/** A client. Throws `InvalidOption` where an option is out of range, and `UnsafeAddress`. */
export const make = (options: Options): Client => {
  const caller = Caller.here()
  orThrow(OptionCheck.check(makeChecks, options), caller)
  const { apiKey, fetch, reloadKey, ...others } = options
  const reload =
    reloadKey === undefined
      ? undefined
      : Effect.tryPromise({
          try: async () => Redacted.make(await reloadKey()),
          // What was thrown may hold a key.
          catch: () =>
            new ElnudgeError.InvalidOption({
              option: "reloadKey",
              reason: "reloadKey failed",
              advice: "See why it failed.",
            }),
        })
  const layer = ElnudgeClient.layer({ ...others, apiKey: Redacted.make(apiKey), reloadKey: reload }).pipe(
    Layer.provide(FetchHttpClient.layer),
  )
  const context = orThrow(Effect.scoped(Layer.build(layer)), caller)
  return fromContext(fetch === undefined ? context : Context.add(context, FetchHttpClient.Fetch, fetch))
}

export interface EnvOptions extends Omit<Options, "apiKey" | "reloadKey" | "baseUrl"> {
  /** @default the environment of the process */
  readonly env?: { readonly [name: string]: string | undefined } | undefined
}

const variable = (name: string) => Config.String(name).pipe(Config.withDefault(""))

const environment = Config.all({
  key: variable("ELNUDGE_API_KEY"),
  file: variable("ELNUDGE_API_KEY_FILE"),
  address: variable("ELNUDGE_BASE_URL"),
})

const providerOf = (env: EnvOptions["env"]) =>
  env === undefined ? ConfigProvider.fromEnv() : ConfigProvider.fromEnv({ env: Record.filter(env, Predicate.isString) })

const envChecks: OptionCheck.Checks<EnvOptions> = {
  // Some platforms keep more than texts there.
  env: OptionCheck.is(
    "an object whose ELNUDGE_ variables are strings, such as process.env",
    (value) =>
      Predicate.isObject(value) &&
      Object.entries(value).every(
        ([name, each]) => !name.startsWith("ELNUDGE_") || each === undefined || Predicate.isString(each),
      ),
  ),
  fetch: OptionCheck.callable,
  ...ElnudgeClient.checks,
}

/** A client from `ELNUDGE_API_KEY` and `ELNUDGE_BASE_URL`. Throws `InvalidOption` where there is no key. */
export const fromEnv = (options: EnvOptions = {}): Client => {
  const caller = Caller.here()
  orThrow(OptionCheck.check(envChecks, options), caller)
  const { env, ...others } = options
  const { address, file, key } = orThrow(environment.parse(providerOf(env)), caller)
  const apiKey = key.trim()
  if (apiKey !== "") return make({ ...others, apiKey, baseUrl: address === "" ? undefined : address })
  throw file === ""
    ? new ElnudgeError.InvalidOption({
        option: "apiKey",
        reason: "there is no API key",
        advice: "Set ELNUDGE_API_KEY to the site's secret key.",
      })
    : new ElnudgeError.InvalidOption({
        option: "apiKey",
        reason: "ELNUDGE_API_KEY is not set, and the file that ELNUDGE_API_KEY_FILE names is not read here",
        advice: "Read the file, and give its content to Elnudge.make as apiKey, and what reads it as reloadKey.",
      })
}

/** What the client throws of its own: each has a `_tag`, a `message`, an `advice`, and says whether it `isRetryable`. */
export type Thrown = ElnudgeError.ElnudgeError | ClientClosed

/** Tells what the client throws of its own from a signal's reason and from anything else. */
export const isError = (error: unknown): error is Thrown => error instanceof AdvisedError
