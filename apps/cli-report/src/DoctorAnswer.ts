/** What an answer of the API says: of the key, the limit, the clock and the contract. */
import * as CheckedJson from "@effect-elnudge/core/CheckedJson"
import * as RetryAfter from "@effect-elnudge/core/RetryAfter"
import * as StatusRefusal from "@effect-elnudge/core/StatusRefusal"
import * as StatusText from "@effect-elnudge/core/StatusText"
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import * as DoctorCheck from "./DoctorCheck.ts"
import type * as DoctorRequest from "./DoctorRequest.ts"

/** How long a run waits for the limit by itself. */
const longestHoldMillis = 120_000

const limited = (name: string, { headers, receivedAt }: DoctorRequest.Answer): DoctorCheck.Check => {
  const { nonsense, waitMillis } = RetryAfter.ofHeaders(headers, receivedAt)
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

const refused = (name: string, answer: DoctorRequest.Answer, keyAdvice: string): DoctorCheck.Check => {
  const { status } = answer
  const says = `the API answered ${StatusText.of(status)}`
  if (status === 401 || status === 403)
    return DoctorCheck.error(name, 3, `the API refused the key (${status})`, keyAdvice)
  if (status === 429) return limited(name, answer)
  if (status === 404 || status === 410) {
    return DoctorCheck.error(name, 5, says, "Check that the address ends like https://api.elnudge.com/v1.")
  }
  if (status >= 500) return DoctorCheck.error(name, 5, says, "Try again later; if it lasts, ask elNudge.")
  if (status === 408 || status === 425) return DoctorCheck.error(name, 5, says, "Run it again.")
  const refusal = StatusRefusal.of(answer, answer.baseUrl)
  const { advice } = refusal
  switch (refusal._tag) {
    case "ProxyFailure":
      return DoctorCheck.error(name, 5, refusal.message.replace(/\.$/, ""), advice)
    case "ResponseInvalid":
      return DoctorCheck.error(name, 6, `the API answered ${refusal.reason}`, advice)
    case "InvalidRequest":
      return DoctorCheck.error(name, 2, status < 400 ? `the API answered ${status}, a redirect` : says, advice)
  }
}

const unfit = (name: string, answer: DoctorRequest.Answer, misfit: CheckedJson.Misfit): DoctorCheck.Check => {
  const advice = "Check the address; if it is right, report it to elNudge."
  const type = answer.headers["content-type"] ?? "no content type"
  return misfit._tag === "NotJson"
    ? DoctorCheck.error(name, 6, `the answer is not JSON (${type.slice(0, 60)})`, advice)
    : DoctorCheck.error(name, 6, `the answer does not fit the contract at ${misfit.path}: ${misfit.reason}`, advice)
}

/** Reads an answer as what it should be; fails with the check that says why it is not. */
export const read = <S extends Schema.ConstraintDecoder<unknown>>(
  name: string,
  schema: S,
  answer: DoctorRequest.Answer,
  keyAdvice: string,
): Result.Result<S["Type"], DoctorCheck.Check> => {
  if (answer.status !== 200) return Result.fail(refused(name, answer, keyAdvice))
  if (Result.isFailure(answer.body)) {
    return Result.fail(
      DoctorCheck.error(name, 6, answer.body.failure, "Check the address; if it is right, report it to elNudge."),
    )
  }
  return Result.mapError(CheckedJson.reader(schema)(answer.body.success), (misfit) => unfit(name, answer, misfit))
}

/** An answer, wherever it came from. */
type Received = Omit<DoctorRequest.Answer, "baseUrl" | "url">

const slowMillis = 5_000

/** How long the API took. */
export const time = ({ millis, status }: Received): DoctorCheck.Check => {
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
export const clock = ({ headers, receivedAt, sentAt }: Received): DoctorCheck.Check => {
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
