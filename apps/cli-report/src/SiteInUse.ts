/** The site that a command is about: its key and address in the place of the environment's, and what no flag says otherwise. */
import * as ElnudgeError from "@effect-elnudge/core/ElnudgeError"
import type * as RequestLimiter from "@effect-elnudge/core/RequestLimiter"
import type * as Retention from "@effect-elnudge/core/Retention"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stdio from "effect/Stdio"
import * as EventLog from "./EventLog.ts"
import * as SitesFile from "./SitesFile.ts"

/** What a site has a say in. */
export interface SiteFlags {
  /** The name of `--site`. */
  readonly site: Option.Option<string>
  readonly timeZone: DateTime.TimeZone.Named
  readonly rateLimit: RequestLimiter.Limit
  readonly plan: Option.Option<Retention.Plan>
  readonly retentionDays: Option.Option<number>
}

const own = ["ELNUDGE_API_KEY", "ELNUDGE_API_KEY_FILE", "ELNUDGE_BASE_URL"] as const

const unset = (site: string, variable: string): string =>
  `The site ${site} has its key in ${variable}, which is not set.`

/** What the variables that a client reads are for the site: what it does not say is as if nobody had set it. */
const valueFor = (
  name: string,
  { baseUrl, key, name: site }: SitesFile.Site,
  environment: ConfigProvider.ConfigProvider,
): Effect.Effect<ConfigProvider.Node | undefined, ConfigProvider.SourceError> => {
  if (name === "ELNUDGE_BASE_URL")
    return Effect.succeed(baseUrl === undefined ? undefined : ConfigProvider.makeValue(baseUrl))
  if (name === "ELNUDGE_API_KEY_FILE") {
    return Effect.succeed(key._tag === "File" ? ConfigProvider.makeValue(key.file) : undefined)
  }
  if (key._tag === "File") return Effect.succeed(undefined)
  return Effect.filterOrFail(
    environment.load([key.name]),
    (node) => node?.value !== undefined && node.value !== "",
    () => new ConfigProvider.SourceError({ message: unset(site, key.name) }),
  )
}

const providerOf = (site: SitesFile.Site, environment: ConfigProvider.ConfigProvider) =>
  ConfigProvider.make((path) => {
    const [name] = path
    return own.some((each) => each === name) && path.length === 1 && typeof name === "string"
      ? valueFor(name, site, environment)
      : environment.load(path)
  })

/** Where the key is, in words. */
export const keyPlace = ({ key }: Pick<SitesFile.Site, "key">): string =>
  key._tag === "File" ? `the file ${key.file}` : `the variable ${key.name}`

const inEnvironment = Config.option(Config.String("ELNUDGE_SITE"))

/** The site that `--site` or `ELNUDGE_SITE` names, if one of them does. The flag counts before the variable. */
export const find = Effect.fn("SiteInUse.find")(function* (flag: Option.Option<string>) {
  const variable = Option.filter(yield* inEnvironment, (name) => name !== "")
  const name = Option.getOrUndefined(Option.orElse(flag, () => variable))
  return name === undefined ? undefined : yield* SitesFile.find(name)
})

type OfSite = SitesFile.KeyRefused | SitesFile.SiteError | ElnudgeError.InvalidOption

/** The error, with advice about the site where its own is about variables that the site leaves unused. */
const ofSite = <E>(error: E, site: SitesFile.Site): E | OfSite => {
  const { key, name } = site
  if (error instanceof Config.ConfigError && key._tag === "Variable" && error.cause.message === unset(name, key.name)) {
    return new SitesFile.SiteError({
      message: error.cause.message,
      advice: `Set it, or give the site a key_file in ${site.file}.`,
    })
  }
  if (error instanceof ElnudgeError.Unauthorized) {
    const again = error.keyProblem === undefined ? "" : `The key was read again, but ${error.keyProblem}. `
    const advice = `${again}Check that ${keyPlace(site)} holds the secret API key of the site ${name}, and that it was not rotated.`
    return new SitesFile.KeyRefused({ message: error.message, advice })
  }
  if (error instanceof ElnudgeError.InvalidOption && error.option === "apiKey") {
    const { option, reason, request } = error
    return new ElnudgeError.InvalidOption({
      option,
      reason,
      request,
      advice: `Put the secret key of the site ${name} into ${keyPlace(site)}.`,
    })
  }
  return error
}

/** Runs what asks the API with the site's key and address, and with no other. */
export const asking =
  (site: SitesFile.Site) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | OfSite, R> =>
    effect.pipe(
      Effect.updateService(ConfigProvider.ConfigProvider, (environment) => providerOf(site, environment)),
      Effect.mapError((error) => ofSite(error, site)),
    )

/** Which variables of the environment a site leaves unused. */
const unused = (site: SitesFile.Site) =>
  Effect.map(
    Effect.forEach(own, (name) => Effect.map(Config.option(Config.Redacted(name)), (value) => ({ name, value }))),
    (all) => {
      const names = all.filter(({ value }) => Option.isSome(value)).map(({ name }) => name)
      return names.length === 0
        ? []
        : [`note: the site ${site.name} says key and address itself: ${names.join(", ")} of the environment not used`]
    },
  )

// Flags that were left out have defaults by now: only the words tell which were given.
const givenFlags = Effect.map(
  Effect.flatMap(Stdio.Stdio, ({ args }) => args),
  (words) => (name: string) => words.some((word) => word === `--${name}` || word.startsWith(`--${name}=`)),
)

/** The flags with what the site says where nobody gave them. */
const filled = <Flags extends SiteFlags>(
  flags: Flags,
  site: SitesFile.Site,
  isGiven: (name: string) => boolean,
): Flags => {
  const zone = site.timeZone === undefined ? Option.none() : DateTime.zoneMakeNamed(site.timeZone)
  const isKept = Option.isSome(flags.plan) || Option.isSome(flags.retentionDays)
  return {
    ...flags,
    site: Option.some(site.name),
    timeZone: isGiven("time-zone") ? flags.timeZone : Option.getOrElse(zone, () => flags.timeZone),
    rateLimit: isGiven("rate-limit") ? flags.rateLimit : (site.rateLimit ?? flags.rateLimit),
    plan: isKept ? flags.plan : Option.fromUndefinedOr(site.plan),
    retentionDays: isKept ? flags.retentionDays : Option.fromUndefinedOr(site.retentionDays),
  }
}

/** Runs a command with the flags and the environment of its site, where one is named; else as it is. */
export const during = Effect.fn("SiteInUse.during")(function* <Flags extends SiteFlags, A, E, R>(
  flags: Flags,
  use: (flags: Flags) => Effect.Effect<A, E, R>,
) {
  const site = yield* find(flags.site)
  if (site === undefined) return yield* use(flags)
  yield* EventLog.notes(yield* unused(site))
  return yield* asking(site)(use(filled(flags, site, yield* givenFlags)))
})

/** What JSON outputs say of the site. */
export const named = ({ site }: Pick<SiteFlags, "site">): { readonly site: string | undefined } => ({
  site: Option.getOrUndefined(site),
})
