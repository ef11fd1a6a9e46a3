/** Any command in a process of its own, and how long it took from its start to its end. */
import { type SpawnOptions, spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))

export interface Ran {
  readonly wall_ms: number
  readonly stdout: string
}

/** Runs Node with these arguments in the root. Throws where it fails. */
export const node = async (args: ReadonlyArray<string>, env: SpawnOptions["env"] = {}): Promise<Ran> => {
  const startedAt = performance.now()
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  })
  const closed = once(child, "close")
  const stdout = await text(child.stdout)
  const [code] = await closed
  if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${code}`)
  return { wall_ms: performance.now() - startedAt, stdout }
}
