#!/usr/bin/env node
// Plain JavaScript on purpose: it must parse on the Node versions that it turns away.
import { existsSync } from "node:fs"
import module from "node:module"
import { isAbsolute, join } from "node:path"

/** As the program says it where it cannot be asked: two lines, or with --json one event. */
const fail = (tag, message, advice) => {
  const words = process.argv.slice(2)
  const flags = words.includes("--") ? words.slice(0, words.indexOf("--")) : words
  const [said] = flags.filter((word) => /^--(?:no-)?json(?:=|$)/.test(word)).slice(-1)
  const event = { event: "error", at: new Date().toISOString(), _tag: tag, exit_code: 1, message, advice }
  const isJson = /^--json(?:=(?:true|yes|y|on|1))?$/i.test(said || "")
  process.stderr.write(isJson ? `${JSON.stringify(event)}\n` : `elnudge-report: ${message}\n${advice}\n`)
  process.exitCode = 1
}

const [major, minor] = process.versions.node.split(".").map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  fail(
    "NodeTooOld",
    `Node ${process.versions.node} is too old: version 22.19 or newer is needed.`,
    "Install Node 24, then run `elnudge-report …` again.",
  )
} else {
  // Compiling is a fifth of the start, so it is done once. Not kept in Node's default place, the folder for temporary
  // files: somebody else on the machine may have made the one there, and Node runs what it finds in it.
  const { HOME, LOCALAPPDATA, XDG_CACHE_HOME } = process.env
  const caches = [XDG_CACHE_HOME, LOCALAPPDATA, HOME && join(HOME, ".cache")].find((path) => path && isAbsolute(path))
  if (caches && existsSync(caches)) module.enableCompileCache(join(caches, "elnudge-report"))
  // The sources where Node runs with the project's condition, else what was built from them.
  await import("#program").catch(({ message }) => {
    fail("NotLoaded", `the program cannot be loaded: ${message.split("\n")[0]}.`, "Install it again.")
  })
}
