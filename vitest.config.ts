import { defineConfig } from "vitest/config"

const conditions = ["@effect-elnudge/source"]

// More than two: tests of the command line wait more than they work.
export const maxWorkers = 3

/** What every run of tests has in common: the packages are their sources. */
export const source = { resolve: { conditions }, ssr: { resolve: { conditions } } }

export const common = {
  // A graph of modules for each file costs more than most files; no test changes what it imports.
  isolate: false,
  // For a machine many times as slow, or as busy; what hangs is found all the same.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  maxConcurrency: 8,
  // As many generated cases as take a moment; `test:full` multiplies them.
  provide: { times: 1 },
}

declare module "vitest" {
  interface ProvidedContext {
    readonly times: number
  }
}

/** The tests of the command line share one built program. */
export const globalSetup = ["apps/cli-report/test/BuiltPackage.ts"]

// These load a module anew, or another one in its place.
const isolated = ["DocsCommands", "RouteHandler", "HonoService"].map((name) => `**/test/${name}.test.ts`)

const packages = ["packages/*/test/**/*.test.ts"]
const programs = ["apps/*/test/**/*.test.ts", "examples/test/**/*.test.ts"]

export default defineConfig({
  test: {
    maxWorkers,
    projects: [
      { ...source, test: { ...common, name: "packages", include: packages } },
      { ...source, test: { ...common, name: "programs", include: programs, exclude: isolated, globalSetup } },
      { ...source, test: { ...common, name: "isolated", include: isolated, isolate: true } },
    ],
  },
})
