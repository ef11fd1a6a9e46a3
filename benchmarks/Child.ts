/** Programs in processes of their own, of which each prints JSON. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type * as Server from "./server/Server.ts"

const folder = fileURLToPath(new URL(".", import.meta.url))

const running = new Set<ChildProcess>()
process.once("exit", () => running.forEach((child) => child.kill()))

const start = (program: string, options: unknown, nodeOptions: ReadonlyArray<string>): ChildProcess => {
  const args = ["--conditions=@effect-elnudge/source", ...nodeOptions, `${folder}${program}`, JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
  running.add(child)
  child.once("close", () => running.delete(child))
  return child
}

const linesOf = (child: ChildProcess): AsyncIterable<string> => {
  if (child.stdout === null) throw new Error("no output of the child")
  return createInterface({ input: child.stdout })
}

const nameOf = (program: string, options: unknown) => `${program} '${JSON.stringify(options)}'`

/** Runs a program to its end and gives the last line of what it printed. Throws where it fails. */
export const run = async <Output>(
  program: string,
  options: unknown,
  nodeOptions: ReadonlyArray<string> = [],
): Promise<Output> => {
  const child = start(program, options, nodeOptions)
  const closed = once(child, "close")
  let last = ""
  for await (const line of linesOf(child)) last = line
  const [code] = await closed
  if (code !== 0 || last === "") throw new Error(`${nameOf(program, options)} ended with ${code}`)
  const output: Output = JSON.parse(last)
  return output
}

export interface RunningServer {
  /** With `/v1` at its end. */
  readonly baseUrl: string
  readonly counts: () => Promise<Server.Counts>
}

/** Runs the server for as long as `use` does. */
export const withServer = async <A>(
  options: Server.Options,
  use: (server: RunningServer) => Promise<A>,
): Promise<A> => {
  const child = start("server/Server.ts", options, [])
  try {
    for await (const line of linesOf(child)) {
      const { port }: { readonly port: number } = JSON.parse(line)
      const origin = `http://127.0.0.1:${port}`
      const counts = async () => {
        const response = await fetch(`${origin}/control/counts`)
        const counted: Server.Counts = await response.json()
        return counted
      }
      return await use({ baseUrl: `${origin}/v1`, counts })
    }
    throw new Error(`${nameOf("server/Server.ts", options)} printed no port`)
  } finally {
    child.kill()
  }
}
