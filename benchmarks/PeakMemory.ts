/** For `node --import`: leaves the peak of the process's memory, in bytes, in the file that `BENCH_PEAK_MEMORY` names. */
import { writeFileSync } from "node:fs"

process.once("exit", () => {
  writeFileSync(process.env.BENCH_PEAK_MEMORY ?? "", String(process.resourceUsage().maxRSS * 1024))
})
