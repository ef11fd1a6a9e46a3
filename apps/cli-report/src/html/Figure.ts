/** Numbers as people read them. What is not defined is "–", with the reason where one is known. */
import { type Proportion, Verdict } from "@effect-elnudge/report"
import * as Markup from "./Markup.ts"

/** Between a number and its unit: no line ends there. */
const space = "\u{a0}"

/** 12,330 */
export const count = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",")

/** "1 session", "12,330 sessions" */
export const counted = (value: number, one: string, several = `${one}s`): string =>
  `${count(value)}${space}${value === 1 ? one : several}`

// Two decimals below 1 %, where one would leave a single digit.
const percentDigits = (share: number): string => {
  const value = 100 * share
  const text = value.toFixed(value > 0 && value < 0.995 ? 2 : 1)
  // What is not all must not read as all, nor what is something as nothing.
  if (share < 1 && Number(text) === 100) return ">99.9"
  if (share > 0 && Number(text) === 0) return "<0.01"
  return share === 0 || share === 1 ? String(value) : text
}

export const percent = (share: number): string => `${percentDigits(share)}${space}%`

const isPlainNumber = (text: string): boolean => /^[\d.]+$/.test(text)

/** 14.8–16.1 %, and one number where both limits read the same */
export const percentRange = (low: number, high: number): string => {
  const limits = [percentDigits(low), percentDigits(high)]
  if (limits[0] === limits[1]) return percent(low)
  return `${limits.join(limits.every(isPlainNumber) ? "–" : " to ")}${space}%`
}

/** A difference of rates, in percentage points, without the unit: +2.1 */
export const points = Verdict.points

/** −0.9 to +1.3 */
export const pointsRange = (low: number, high: number): string => `${points(low)} to ${points(high)}`

/** With its sign, and no decimal that says nothing: +2, −0.5 */
export const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Number(Math.abs(value).toFixed(2))}`

/** A band's label as a range: 0–19 */
export const band = (label: string): string => label.replace(/^(\d+)-(\d+)$/, "$1–$2")

/** A ratio's distance from 1: +12.3 % */
export const signedPercent = (share: number): string => `${Verdict.points(share)}${space}%`

export const probability = (p: number): string => {
  if (p <= 1e-300) return "<1e-300"
  return p < 0.001 ? p.toExponential(1).replace("-", "−") : p.toFixed(3)
}

/** "–", and why in small print. */
export const undefinedFor = (reason: string): Markup.Markup =>
  Markup.join("–", Markup.element("small", { class: "why" }, ` ${reason}`))

/** A number, or why there is none. */
export const orWhy = (value: number | null, format: (value: number) => string, reason: string): Markup.Child =>
  value === null ? undefinedFor(reason) : format(value)

/** Both limits, or why there are none. */
export const rangeOrWhy = (
  { high, low }: Proportion.Interval,
  format: (low: number, high: number) => string,
  reason: string,
): Markup.Child => (low === null || high === null ? undefinedFor(reason) : format(low, high))

/** The first letters of a name that may be long. */
export const short = (name: string, length: number): string => {
  const characters = Array.from(name)
  return characters.length <= length ? name : `${characters.slice(0, length - 1).join("")}…`
}

/** A rate, and its interval on a line of its own; or why there is none. */
export const rateAndRange = (rate: number | null, { high, low }: Proportion.Interval, reason: string): Markup.Child =>
  rate === null
    ? undefinedFor(reason)
    : Markup.lines(percent(rate), rangeOrWhy({ high, low }, percentRange, "no interval"))
