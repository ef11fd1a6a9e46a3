/** The Chromium of this machine, started for the tests and by them. */
import { spawnSync } from "node:child_process"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Browser, chromium } from "playwright-core"

const program = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium"

/** Vitest runs it before the tests. */
export const setup = () => {
  if (spawnSync(program, ["--version"]).status === 0) return
  throw new Error(
    `These tests need Chromium, and ${program} is none: "apt-get install chromium" (Debian, Ubuntu), or set ` +
      "CHROMIUM_PATH to the program of a Chromium or Chrome that is installed.",
  )
}

const quiet = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

export class Chromium extends Context.Service<Chromium, Browser>()("test/Chromium") {}

export const layer = Layer.effect(
  Chromium,
  Effect.acquireRelease(
    Effect.promise(() => chromium.launch({ executablePath: program, args: quiet })),
    (browser) => Effect.promise(() => browser.close()),
  ),
)
