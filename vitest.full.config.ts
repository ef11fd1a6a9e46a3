import { defineConfig } from "vitest/config"
import { common, globalSetup, maxWorkers, source } from "./vitest.config.ts"

const generated = ["ModelBased", "ArbitraryBodies", "ArbitraryWords", "SessionFollow.model", "SessionFollow.faults"]

// What `pnpm test` leaves out, and its generated cases ten times: `pnpm test:full`.
export default defineConfig({
  ...source,
  test: {
    ...common,
    maxWorkers,
    globalSetup,
    include: ["**/test/**/*.full.ts", ...generated.map((name) => `**/test/${name}.test.ts`)],
    testTimeout: 1_800_000,
    provide: { times: 10 },
  },
})
