/** What an answer of the API says: of the key, the limit, the clock and the contract. */
import type { ElnudgeError } from "@effect-elnudge/core"
import * as RetryAfter from "@effect-elnudge/core/RetryAfter"
import * as StatusText from "@effect-elnudge/core/StatusText"
import * as Duration from "effect/Duration"
import * as DoctorCheck from "./DoctorCheck.ts"
import type * as DoctorRequest from "./DoctorRequest.ts"
import * as Failure from "./Failure.ts"

/** How long a run waits for the limit by itself. */
const longestHoldMillis = 120_000

const limited = (name: string, answer: DoctorRequest.Answer | undefined): DoctorCheck.Check => {
  const { nonsense, waitMillis } = RetryAfter.ofHeaders(answer?.headers ?? {}, answer?.receivedAt ?? 0)
  const until = waitMillis === undefined ? "" : ` for ${Duration.format(Duration.millis(waitMillis))}`
  const said = `the rate limit is used up (429)${until}${RetryAfter.complaint(nonsense)}`
  return (waitMillis ?? 0) > longestHoldMillis
    ? DoctorCheck.error(name, 5, said, "Run it again after that, or stop what else uses the key.")
    : DoctorCheck.warning(
        name,
        said,
        "A report waits by itself; run doctor again for the rest, or stop what else uses the key.",
      )
}

// Which request it was, the check says.
const sentence = ({ message }: ElnudgeError.ElnudgeError): string =>
  message.replace(/ \((?:first page(?: of nudges)?|session [^)]*)\)/, "").replace(/\.$/, "")

interface Told {
  readonly message: string
  readonly advice: string
}

/** Whether no usable answer came, rather than one that says something else. */
export const isSilence = ({ _tag }: ElnudgeError.ElnudgeError): boolean => _tag === "TransportFailure"

const tell = (error: ElnudgeError.ElnudgeError, answer: DoctorRequest.Answer | undefined): Told => {
  const { advice } = error
  const status = answer?.status ?? 0
  switch (error._tag) {
    case "TransportFailure":
      return { message: error.reason, advice: `${advice} --timeout waits longer.` }
    case "ProxyFailure":
      return { message: sentence(error), advice }
    case "RetentionExceeded":
      return {
        message: `the API answered ${StatusText.of(status)}`,
        advice: "Check that the address ends like https://api.elnudge.com/v1.",
      }
    case "ResponseInvalid": {
      if (status !== 200) return { message: `the API answered ${error.reason}`, advice }
      const type = answer?.headers["content-type"] ?? "no content type"
      const message =
        error.reason === "the body is not JSON"
          ? `the answer is not JSON (${type.slice(0, 60)})`
          : `the answer does not fit the contract${error.path === undefined ? "" : ` at ${error.path}`}: ${error.reason}`
      return { message, advice: "Check the address; if it is right, report it to elNudge." }
    }
    default:
      if (status >= 400) return { message: `the API answered ${StatusText.of(status)}`, advice }
      return { message: status >= 300 ? `the API answered ${status}, a redirect` : sentence(error), advice }
  }
}

/** The check of a request that failed: a report would exit with the same code. */
export const failure = (
  name: string,
  error: ElnudgeError.ElnudgeError,
  answer: DoctorRequest.Answer | undefined,
  keyAdvice: string,
): DoctorCheck.Check => {
  if (error._tag === "RateLimited") return limited(name, answer)
  if (error._tag === "Unauthorized") {
    return DoctorCheck.error(name, 3, `the API refused the key (${error.status})`, keyAdvice)
  }
  const { advice, message } = tell(error, answer)
  return DoctorCheck.error(name, Failure.exitCodeOf(error), message, advice)
}

const slowMillis = 5_000

/** How long the API took. */
export const time = ({ millis, status }: DoctorRequest.Answer): DoctorCheck.Check => {
  const said = `HTTP ${status} in ${Math.ceil(millis)} ms`
  return millis < slowMillis
    ? DoctorCheck.ok("answer", said)
    : DoctorCheck.warning(
        "answer",
        said,
        "Slow: a run of many requests takes long; --list-concurrency and --concurrency ask for more at once.",
      )
}

const worstSkewMillis = 5_000

const seconds = (millis: number): string => `${(Math.abs(millis) / 1000).toFixed(Math.abs(millis) < 10_000 ? 1 : 0)} s`

/** How far this machine's clock is from the API's, by the `Date` of an answer, which has whole seconds. */
export const clock = ({ headers, receivedAt, sentAt }: DoctorRequest.Answer): DoctorCheck.Check => {
  const told = Date.parse(headers["date"] ?? "")
  if (Number.isNaN(told)) return DoctorCheck.skipped("clock", "the answer has no Date to compare with")
  const ahead = (sentAt + receivedAt) / 2 - (told + 500)
  const uncertain = (receivedAt - sentAt) / 2 + 500
  if (Math.abs(ahead) <= worstSkewMillis + uncertain) return DoctorCheck.ok("clock", "within 5 s of the API's")
  return DoctorCheck.warning(
    "clock",
    `this machine's clock is ${seconds(ahead)} ${ahead > 0 ? "ahead of" : "behind"} the API's`,
    ahead > 0
      ? "Set it: windows that end now reach into the API's future, and open sessions are taken for settled."
      : "Set it: windows that end now miss the newest sessions, and settled sessions are taken for open.",
  )
}

/** What the API tells of its limit; the documented one has no such headers. */
export const limit = ({ headers }: DoctorRequest.Answer): DoctorCheck.Check => {
  const told = Object.entries(headers).filter(([name]) => /^(?:x-)?ratelimit/i.test(name))
  return told.length === 0
    ? DoctorCheck.ok("rate limit", "not told by the API; documented are 1000 requests a minute for each key")
    : DoctorCheck.ok("rate limit", told.map(([name, value]) => `${name}: ${(value ?? "").slice(0, 80)}`).join(", "))
}
