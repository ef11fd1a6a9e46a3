import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")

it.each(["examples/Pipeline.ts", "examples/CsvReport.ts", "examples/SessionsService.ts"])(
  "the README quotes %s as it is",
  (path) => {
    assert.include(read("README.md"), `<!-- ${path} -->\n\n\`\`\`ts\n${read(path)}\`\`\`\n`)
  },
)
