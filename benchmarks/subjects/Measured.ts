/** What a subject says of itself: one line of JSON. */
import { mkdirSync, writeFileSync } from "node:fs"
import { Session } from "node:inspector/promises"
import { dirname } from "node:path"

/** CPU time is that of the whole process, all its threads, while it was measured; memory is its peak since it started. */
export interface Measurement<Answer> {
  readonly cpu_us: number
  readonly wall_ms: number
  readonly max_rss_bytes: number
  readonly answer: Answer
}

export interface Options {
  /** A file for a CPU profile of what is measured. @default none */
  readonly profile?: string | undefined
}

const profiled = async <A>(file: string, run: () => Promise<A>): Promise<A> => {
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.setSamplingInterval", { interval: 200 })
  await session.post("Profiler.start")
  const result = await run()
  const { profile } = await session.post("Profiler.stop")
  session.disconnect()
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(profile))
  return result
}

/** Measures and prints. Whatever is to be warm must have run before. */
export const print = async <Answer>({ profile }: Options, run: () => Answer | Promise<Answer>): Promise<void> => {
  const measured = async (): Promise<Measurement<Answer>> => {
    const startedAt = performance.now()
    const cpuBefore = process.cpuUsage()
    const answer = await run()
    const { system, user } = process.cpuUsage(cpuBefore)
    const wall_ms = performance.now() - startedAt
    const max_rss_bytes = process.resourceUsage().maxRSS * 1024
    return { cpu_us: user + system, wall_ms, max_rss_bytes, answer }
  }
  const measurement = await (profile === undefined ? measured() : profiled(profile, measured))
  process.stdout.write(`${JSON.stringify(measurement)}\n`)
}
