/** What every request to the API says of itself. */
import { HttpClientRequest } from "effect/http"
import type * as Redacted from "effect/Redacted"
import { version } from "./Version.ts"

/** Sets key, user agent, and what is understood: JSON, as it is or packed with gzip. */
export const prepare = (key: Redacted.Redacted) => (request: HttpClientRequest.HttpClientRequest) =>
  request.pipe(
    HttpClientRequest.bearerToken(key),
    HttpClientRequest.setHeader("user-agent", `effect-elnudge/${version}`),
    HttpClientRequest.acceptJson,
    HttpClientRequest.setHeader("accept-encoding", "gzip"),
  )
