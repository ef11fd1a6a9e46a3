#!/usr/bin/env -S node --conditions=@effect-elnudge/source
// Plain JavaScript on purpose: it must parse on the Node versions that it turns away.
const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `elnudge-report: Node ${process.versions.node} is too old: version 22.19 or newer is needed.\n` +
      "Run it through the project (`npx --yes pnpm@12 --silent elnudge-report …` brings Node 24), or install Node 24.\n",
  )
  process.exitCode = 1
} else {
  await import("../src/bin.ts")
}
