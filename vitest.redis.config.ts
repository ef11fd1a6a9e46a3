import { defineConfig } from "vitest/config"
import { common, globalSetup, source } from "./vitest.config.ts"

// What needs a real Redis: `pnpm test:redis`. `pnpm test` has none of it.
export default defineConfig({
  ...source,
  test: {
    ...common,
    include: ["apps/*/test/**/*.redis.ts"],
    globalSetup: [...globalSetup, "apps/cli-report/test/RedisServer.ts"],
  },
})
