import { defineConfig } from "vitest/config"
import config from "./vitest.config.ts"

// What needs a real Redis: `pnpm test:redis`. `pnpm test` has none of it.
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ["apps/*/test/**/*.redis.ts"],
    globalSetup: ["apps/cli-report/test/RedisServer.ts"],
  },
})
