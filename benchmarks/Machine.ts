/** The machine that was measured on, in one line. */
import { arch, availableParallelism, cpus, release, totalmem, type } from "node:os"

export const line = (): string => {
  const gigabytes = Math.round(totalmem() / 1024 ** 3)
  return `${cpus()[0]?.model ?? "unknown CPU"} (${arch()}), ${availableParallelism()} cores, ${gigabytes} GB, Node ${process.versions.node}, ${type()} ${release()}`
}
