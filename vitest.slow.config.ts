import { defineConfig } from "vitest/config"
import { common, globalSetup, maxWorkers, source } from "./vitest.config.ts"

// Its months are those that the docs quote, so that it has no short form.
const whole = "**/LiftCoverage.slow.ts"

// What takes many minutes: `pnpm test:slow`; a tenth of it: `pnpm test:slow:short`.
export default defineConfig(({ mode }) => ({
  ...source,
  test: {
    ...common,
    maxWorkers,
    globalSetup,
    include: ["packages/*/test/**/*.slow.ts", "apps/*/test/**/*.slow.ts"],
    exclude: mode === "short" ? [whole] : [],
    testTimeout: 1_800_000,
    provide: { times: mode === "short" ? 1 : 10 },
  },
}))
