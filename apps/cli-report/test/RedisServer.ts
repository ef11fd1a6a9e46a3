/** A Redis of a test's own: Debian's redis-server on a free port, in a folder of its own, and nothing is kept. */
import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"

const program = "redis-server"

/** Vitest runs it before the tests. */
export const setup = () => {
  if (spawnSync(program, ["--version"]).status === 0) return
  throw new Error(
    `These tests need ${program}: "apt-get install redis-server" (Debian, Ubuntu) or "brew install redis" (macOS).`,
  )
}

/** A port that nobody listens on. */
export const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "elnudge-redis-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true })),
)

export interface RedisServer {
  readonly url: string
  readonly stop: Effect.Effect<void>
  /** It keeps its connections, and says nothing any more. */
  readonly freeze: Effect.Effect<void>
}

/** Serves until the scope ends, or `stop` kills it. */
export const start = Effect.fnUntraced(function* (password = "") {
  const port = yield* freePort
  const options = { port, bind: "127.0.0.1", save: "", appendonly: "no", dir: yield* folder, requirepass: password }
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] })),
    (started) =>
      Effect.callback<void>((resume) => {
        if (started.exitCode !== null || started.signalCode !== null) return resume(Effect.void)
        started.once("close", () => resume(Effect.void))
        started.kill("SIGKILL")
      }),
  )
  yield* Effect.callback<void>((resume) => {
    let said = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text
      if (said.includes("Ready to accept connections")) resume(Effect.void)
    })
    child.once("close", () => resume(Effect.die(`${program} ended: ${said}`)))
  })
  const server: RedisServer = {
    url: `redis://${password === "" ? "" : `:${encodeURIComponent(password)}@`}127.0.0.1:${port}`,
    stop: Effect.callback<void>((resume) => {
      child.once("close", () => resume(Effect.void))
      child.kill("SIGKILL")
    }),
    freeze: Effect.sync(() => child.kill("SIGSTOP")),
  }
  return server
})
