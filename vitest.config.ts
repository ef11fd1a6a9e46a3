import { defineConfig } from "vitest/config"

const conditions = ["@effect-elnudge/source"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "examples/test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most of the time is spent in processes of their own.
    maxWorkers: 3,
  },
})
