/** The sites that one person looks after, in a file: how each is asked, and where its key is. It never holds a key. */
import * as BaseUrl from "@effect-elnudge/core/BaseUrl"
import * as CheckedJson from "@effect-elnudge/core/CheckedJson"
import { reasonOf } from "@effect-elnudge/core/FileFailure"
import { plans } from "@effect-elnudge/core/Retention"
import * as TextFile from "@effect-elnudge/core/TextFile"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as JsonNames from "./JsonNames.ts"
import * as LinkedPath from "./LinkedPath.ts"
import * as ShellWords from "./ShellWords.ts"

/** The file of sites, or what it says of one, cannot be used. */
export class SiteError extends Data.TaggedError("SiteError")<{ readonly message: string; readonly advice: string }> {}

/** Like `Unauthorized`, but says where the key of the site is, which no variable of its own name has. */
export class KeyRefused extends Data.TaggedError("Unauthorized")<{
  readonly message: string
  readonly advice: string
}> {}

const text = Schema.NonEmptyString

const fields = {
  /** The file with the key; relative to the folder of the sites' file, `~/` is the home folder. */
  key_file: Schema.optional(text),
  /** The variable with the key. */
  key_env: Schema.optional(
    Schema.String.check(Schema.isPattern(/^[A-Za-z_][A-Za-z0-9_]*$/, { expected: "the name of a variable" })),
  ),
  /** @default the vendor's address */
  base_url: Schema.optional(text),
  plan: Schema.optional(Schema.Literals(["starter", "growth", "scale", "enterprise"])),
  retention_days: Schema.optional(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 36_500 }, { expected: "days from 1 to 36500" })),
  ),
  time_zone: Schema.optional(
    Schema.String.check(
      Schema.makeFilter((zone: string) => Option.isSome(DateTime.zoneMakeNamed(zone)), {
        expected: "the name of a time zone, such as Europe/Berlin",
      }),
    ),
  ),
  /** Requests a minute. */
  rate_limit: Schema.optional(
    Schema.Union([
      Schema.Literal("auto"),
      Schema.Int.check(Schema.isGreaterThanOrEqualTo(2, { expected: "a whole number of at least 2, or auto" })),
    ]),
  ),
}

const Profile = Schema.Struct(fields)
const File = Schema.Struct({ sites: Schema.Record(text, Profile) })

/** Where a site's key is. */
export type KeyPlace =
  | { readonly _tag: "Variable"; readonly name: string }
  | { readonly _tag: "File"; readonly file: string }

/** How one site is asked. What is undefined is as without a site. */
export interface Site {
  readonly name: string
  /** The file of sites that it is in. */
  readonly file: string
  readonly key: KeyPlace
  readonly baseUrl: string | undefined
  readonly plan: (typeof Profile.Type)["plan"]
  readonly retentionDays: number | undefined
  readonly timeZone: string | undefined
  readonly rateLimit: number | "auto" | undefined
}

export interface SitesFile {
  readonly file: string
  /** Undefined where there is no such file. */
  readonly sites: ReadonlyArray<Site> | undefined
}

const places = Config.all({
  named: Config.option(Config.String("ELNUDGE_SITES_FILE")),
  config: Config.option(Config.String("XDG_CONFIG_HOME")),
  home: Config.option(Config.String("HOME")),
  profile: Config.option(Config.String("USERPROFILE")),
})

const present = (value: Option.Option<string>): string | undefined =>
  Option.getOrUndefined(Option.filter(value, (given) => given !== ""))

const whereKeysGo =
  "Put the key into a file of your own and name it as key_file, or name the variable that has it as key_env."

// What a vendor's key begins with, also where a field, a site or a variable was to be named.
const looksLikeKey = (word: string): boolean => /^\s*(?:bearer\s|sk_)/i.test(word)

const keyFields = /^(?:api|secret)?_?-?(?:key|token|secret|password)$|^authorization$/i

const refuse = (message: string, advice: string) => new SiteError({ message, advice })

const entriesOf = (value: unknown): ReadonlyArray<readonly [string, unknown]> =>
  Predicate.isObject(value) ? Object.entries(value) : []

const misspelt = (file: string, value: unknown): SiteError | undefined => {
  const [unknown] = entriesOf(value).flatMap(([name]) => (name === "sites" ? [] : [name]))
  if (unknown !== undefined) {
    return refuse(
      `${file} has a field "${unknown}" beside "sites".`,
      'It holds {"sites": {"<name>": {…}}} and nothing else.',
    )
  }
  const known = Object.keys(fields)
  for (const [site, profile] of entriesOf(Predicate.hasProperty(value, "sites") ? value.sites : undefined)) {
    for (const [name] of entriesOf(profile)) {
      if (keyFields.test(name)) {
        return refuse(
          `${file}: the site ${site} has a field "${name}", and a key must not stand in this file.`,
          whereKeysGo,
        )
      }
      if (!known.includes(name)) {
        return refuse(`${file}: the site ${site} has an unknown field "${name}".`, `Known are ${known.join(", ")}.`)
      }
    }
  }
  return undefined
}

const check = CheckedJson.checker(File)

const toSite = Effect.fnUntraced(function* (file: string, name: string, profile: typeof Profile.Type, home: string) {
  const path = yield* Path.Path
  const of = `${file}: the site ${name}`
  const { base_url: baseUrl, key_env: variable, key_file: keyFile, plan, retention_days: retentionDays } = profile
  if ((variable === undefined) === (keyFile === undefined)) {
    return yield* refuse(
      `${of} has ${variable === undefined ? "neither key_file nor key_env" : "key_file and key_env"}.`,
      "Give one of them.",
    )
  }
  if (plan !== undefined && retentionDays !== undefined) {
    return yield* refuse(`${of} has both plan and retention_days, which say the same.`, "Give one of them.")
  }
  const address = baseUrl === undefined ? undefined : BaseUrl.parse(baseUrl)
  if (address !== undefined && Result.isFailure(address)) {
    return yield* refuse(
      `${of}: ${address.failure.reason}.`,
      "Give a base_url such as https://api.elnudge.com/v1, or leave it out.",
    )
  }
  const expanded = (keyFile ?? "").replace(/^~(?=$|[\\/])/, () => home)
  const site: Site = {
    name,
    file,
    key:
      variable === undefined
        ? { _tag: "File", file: path.resolve(path.dirname(file), expanded) }
        : { _tag: "Variable", name: variable },
    baseUrl,
    plan,
    retentionDays,
    timeZone: profile.time_zone,
    rateLimit: profile.rate_limit,
  }
  return site
})

/** Where the file is looked for: `ELNUDGE_SITES_FILE`, else `elnudge/sites.json` in the folder for settings. */
const locate = Effect.gen(function* () {
  const path = yield* Path.Path
  const { config, home: unixHome, named, profile } = yield* places
  const home = present(unixHome) ?? present(profile) ?? "."
  const folder = present(Option.filter(config, path.isAbsolute)) ?? path.join(home, ".config")
  return {
    home,
    file: path.resolve(present(named) ?? path.join(folder, "elnudge", "sites.json")),
  }
})

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, "0")

/** Why a step of the way to the file lets others decide where keys go; ssh goes by the same rule for its settings. */
const openTo = (file: string, { info, path }: LinkedPath.Step, self: number): SiteError | undefined => {
  const owner = Option.getOrElse(info.uid, () => self)
  const isSticky = info.type === "Directory" && (info.mode & 0o1000) !== 0
  const isWritable = info.type !== "SymbolicLink" && (info.mode & 0o022) !== 0 && !isSticky
  if ((owner === 0 || owner === self) && !isWritable) return undefined
  const kinds: Readonly<Record<string, string>> = { Directory: "folder", SymbolicLink: "link" }
  const kind = kinds[info.type]
  const what = kind === undefined ? `the file of sites ${file}` : `the ${kind} ${path}, on the way to ${file}`
  const elsewhere = "or put the file into a folder of your own"
  const quoted = ShellWords.join([path])
  return isWritable
    ? refuse(
        `Others can write ${what} (mode ${octal(info.mode)}), and the file decides where keys go.`,
        `Look at every base_url in it, then: chmod go-w ${quoted}${kind === undefined ? "" : ` (${elsewhere})`}`,
      )
    : refuse(
        `Another user (uid ${owner}) owns ${what}, and the file decides where keys go.`,
        `Look at every base_url in it, then make it yours: chown${kind === "link" ? " -h" : ""} ${self} ${quoted} (${elsewhere})`,
      )
}

/**
 * Whoever can write the file, or put another one into its place, can have any site's key sent to an address of theirs: it
 * and all that leads to it, links too, must belong to who runs this or to root, and nobody else may write there. A folder
 * with the sticky bit may be written by others: they cannot replace what is not theirs.
 */
export const checkOwned = Effect.fn("SitesFile.checkOwned")(function* (file: string, self: number) {
  const { isThere, steps } = yield* LinkedPath.follow(file)
  for (const step of isThere ? steps : []) {
    const problem = openTo(file, step, self)
    if (problem !== undefined) return yield* problem
  }
})

// More than thousands of sites take.
const maxBytes = 1_048_576

/** Reads the file; none is no error. Fails with `SiteError` where it cannot be read or used, and shows no value of it. */
export const read = Effect.gen(function* () {
  const { file, home } = yield* locate
  // Undefined on Windows, where modes and owners do not say who can write.
  const self = process.geteuid?.()
  const checked = self === undefined ? Effect.void : checkOwned(file, self)
  // What is no file at all is told first: its owner is no matter.
  const content = yield* Effect.tap(TextFile.read(file, maxBytes), checked).pipe(
    Effect.catchReason("PlatformError", "NotFound", () => Effect.succeed(undefined)),
    Effect.mapError((error) =>
      error._tag === "NotText"
        ? refuse(
            `The file of sites ${file} ${error.message}.`,
            "Write it in UTF-8, or name another file in ELNUDGE_SITES_FILE; nothing was changed.",
          )
        : error._tag === "PlatformError"
          ? refuse(
              `The file of sites ${file} cannot be read: ${reasonOf(error)}.`,
              "Check the path and its permissions.",
            )
          : error,
    ),
  )
  if (content === undefined) {
    const none: SitesFile = { file, sites: undefined }
    return none
  }
  const json = CheckedJson.parse(content)
  if (Result.isFailure(json))
    return yield* refuse(`The file of sites ${file} is not JSON.`, "Mend it; nothing was changed.")
  const { repeated, strings } = JsonNames.of(content)
  if (strings.some(looksLikeKey)) {
    return yield* refuse(
      `The file of sites ${file} holds what looks like a key.`,
      `${whereKeysGo} If it is a real one, rotate it.`,
    )
  }
  if (repeated !== undefined) {
    const [top, site, ...field] = repeated
    return yield* refuse(
      site === undefined || top !== "sites"
        ? `${file} has "${repeated.join(".")}" twice.`
        : field.length === 0
          ? `${file} has the site ${site} twice.`
          : `${file}: the site ${site} has "${field.join(".")}" twice.`,
      "Only one of the two can be meant: remove the other.",
    )
  }
  const wrong = misspelt(file, json.success)
  if (wrong !== undefined) return yield* wrong
  const fitting = check(json.success)
  if (Result.isFailure(fitting)) {
    const wrongAt = fitting.failure._tag === "NotContract" ? fitting.failure : { path: "", reason: "not JSON" }
    const where = wrongAt.path === "" ? "the top" : wrongAt.path
    return yield* refuse(
      `${file} does not say what it should at ${where}: ${wrongAt.reason}.`,
      'It holds {"sites": {"<name>": {…}}}; mend it, nothing was changed.',
    )
  }
  const sites = yield* Effect.forEach(Object.entries(fitting.success.sites), ([name, profile]) =>
    toSite(file, name, profile, home),
  )
  const read: SitesFile = { file, sites }
  return read
})

/** How the file is written, for who has none. */
export const example =
  '{ "sites": { "shop-de": { "key_file": "~/.config/elnudge-key-de", "plan": "scale", "time_zone": "Europe/Berlin" } } }'

/** The site of this name. Fails with `SiteError` where there is none, and names those that there are. */
export const find = Effect.fn("SitesFile.find")(function* (name: string) {
  const { file, sites } = yield* read
  if (sites === undefined) {
    return yield* refuse(
      `There is no site ${name}: the file of sites ${file} is not there.`,
      `Make it, such as ${example}.`,
    )
  }
  const site = sites.find((each) => each.name === name)
  if (site !== undefined) return site
  const known = sites.map((each) => each.name).join(", ")
  return yield* refuse(
    `${file} has no site ${name}.`,
    known === "" ? `Add it, such as ${example}.` : `Known are ${known}.`,
  )
})

/** How many days the site's sessions are kept, where it says so. */
export const retentionDays = ({ plan, retentionDays }: Site): number | undefined =>
  retentionDays ?? (plan === undefined ? undefined : plans[plan])
