#!/usr/bin/env node
// Plain JavaScript on purpose: it must parse on the Node versions that it turns away.
import { existsSync } from "node:fs"
import module from "node:module"
import { isAbsolute, join } from "node:path"

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `elnudge-report: Node ${process.versions.node} is too old: version 22.19 or newer is needed.\n` +
      "Install Node 24, then run `elnudge-report …` again.\n",
  )
  process.exitCode = 1
} else {
  // Compiling is a fifth of the start, so it is done once. Not kept in Node's default place, the folder for temporary
  // files: somebody else on the machine may have made the one there, and Node runs what it finds in it.
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  const caches = [XDG_CACHE_HOME, LOCALAPPDATA, HOME && join(HOME, ".cache")].find((path) => path && isAbsolute(path))
  if (caches && existsSync(caches)) module.enableCompileCache(join(caches, "elnudge-report"))
  // The sources where Node runs with the project's condition, else what was built from them.
  await import("#program")
}
