/** Other programs, in an environment that has nothing of the package manager or the test runner that started this one. */
import { spawn } from "node:child_process"

export interface Result {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Options {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>> | undefined
}

// What says how the registry is reached is the machine's, and stays.
const foreign =
  /^(npm_(?!config_(registry|userconfig|globalconfig|cafile|https_proxy|proxy|noproxy)$)|pnpm_|VITEST|NODE_ENV$|NODE_OPTIONS$|NODE_COMPILE_CACHE$|TEST$|DEV$|PROD$|MODE$)/i

const inherited = (): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)))

/** Runs a program to its end, whatever that is. */
export const attempt = (command: string, args: ReadonlyArray<string>, { cwd, env }: Options): Promise<Result> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...inherited(), ...env }, stdio: ["ignore", "pipe", "pipe"] })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk))
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk))
    child.on("error", reject)
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }))
  })

/** Runs a program and gives what it printed. Rejects with all of its output where it fails. */
export const run = async (command: string, args: ReadonlyArray<string>, options: Options): Promise<string> => {
  const { exitCode, stderr, stdout } = await attempt(command, args, options)
  if (exitCode !== 0) {
    throw new Error(`${[command, ...args].join(" ")} ended with ${exitCode}:\n${stdout}${stderr}`)
  }
  return stdout
}
