/** One thing that `doctor` looked at: how it is, and what to do where it is not well. */

export interface Check {
  readonly name: string
  /** `warning`: a report works all the same; `skipped`: it could not be looked at, or is of no account. */
  readonly status: "ok" | "warning" | "error" | "skipped"
  readonly message: string
  /** The next step. */
  readonly advice: string | undefined
  /** What a report would exit with because of it: 0 but for an error. */
  readonly exitCode: number
}

const make =
  (status: "ok" | "skipped") =>
  (name: string, message: string): Check => ({ name, status, message, advice: undefined, exitCode: 0 })

export const ok = make("ok")

export const skipped = make("skipped")

export const warning = (name: string, message: string, advice: string): Check => ({
  name,
  status: "warning",
  message,
  advice,
  exitCode: 0,
})

export const error = (name: string, exitCode: number, message: string, advice: string): Check => ({
  name,
  status: "error",
  message,
  advice,
  exitCode,
})

const marks = { ok: "✓", warning: "!", error: "✗", skipped: "–" } as const

/** The check as its line. */
export const line = ({ advice, message, name, status }: Check, width: number): string =>
  `${marks[status]} ${name.padEnd(width)}  ${message}${advice === undefined ? "" : ` → ${advice}`}`
