import { defineConfig } from "vitest/config"
import config from "./vitest.config.ts"

// What takes minutes: `pnpm test:slow`. `pnpm test` has none of it.
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ["packages/*/test/**/*.slow.ts", "apps/*/test/**/*.slow.ts"],
    testTimeout: 1_800_000,
  },
})
