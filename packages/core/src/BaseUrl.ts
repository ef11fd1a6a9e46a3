/** Where a key may be sent: https, or loopback. */
import * as Result from "effect/Result"
import { InvalidOption, UnsafeAddress } from "./ElnudgeError.ts"

export interface BaseUrl {
  /** Without a trailing slash. */
  readonly href: string
  readonly origin: string
}

const isLoopback = (hostname: string): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname)

const advice = "Set ELNUDGE_BASE_URL to an address such as https://api.elnudge.com/v1."

const refuse = (reason: string) => Result.fail(new InvalidOption({ option: "baseUrl", reason, advice }))

/** Refuses what would expose the key (http beyond loopback) and what could not be extended by a path. */
export const parse = (text: string): Result.Result<BaseUrl, InvalidOption | UnsafeAddress> => {
  if (!URL.canParse(text)) return refuse("the base URL is not a URL")
  const url = new URL(text)
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    const reason = `a key goes only to https or to this machine, not to ${url.protocol}//${url.host}`
    return Result.fail(new UnsafeAddress({ reason, advice }))
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return refuse("the base URL has a user name, a query or a fragment")
  }
  return Result.succeed({ href: url.href.replace(/\/+$/, ""), origin: url.origin })
}
