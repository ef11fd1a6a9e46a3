import { defineConfig } from "vitest/config"
import { common, source } from "./vitest.config.ts"

// What needs a real browser: `pnpm test:browser`. `pnpm test` has none of it.
export default defineConfig({
  ...source,
  test: {
    ...common,
    include: ["apps/*/test/**/*.browser.ts"],
    globalSetup: ["apps/cli-report/test/html/Chromium.ts"],
  },
})
