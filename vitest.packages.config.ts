import { defineConfig } from "vitest/config"

// What is published, as those get it who install it: `pnpm test:packages`, which builds before. `pnpm test` has none of it.
export default defineConfig({
  test: {
    include: ["release/test/**/*.test.ts"],
    globalSetup: ["release/test/Consumer.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 2,
  },
})
