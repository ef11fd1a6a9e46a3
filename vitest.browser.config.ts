import { defineConfig } from "vitest/config"
import config from "./vitest.config.ts"

// What needs a real browser: `pnpm test:browser`. `pnpm test` has none of it.
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: ["apps/*/test/**/*.browser.ts"],
    globalSetup: ["apps/cli-report/test/html/Chromium.ts"],
  },
})
