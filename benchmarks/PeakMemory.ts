/**
 * For `node --import`: leaves in the file that `BENCH_PEAK_MEMORY` names what the process took of memory, in bytes, as
 * JSON: the peak of all, and the most that was left of the heap after a full collection.
 */
import { writeFileSync } from "node:fs"
import { constants, PerformanceObserver } from "node:perf_hooks"
import { getHeapStatistics } from "node:v8"

let max_live_bytes = 0

const isFull = (entry: object): boolean =>
  "detail" in entry &&
  typeof entry.detail === "object" &&
  entry.detail !== null &&
  "kind" in entry.detail &&
  entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR

new PerformanceObserver((list) => {
  if (!list.getEntries().some(isFull)) return
  max_live_bytes = Math.max(max_live_bytes, getHeapStatistics().used_heap_size)
}).observe({ entryTypes: ["gc"] })

process.once("exit", () => {
  const max_rss_bytes = process.resourceUsage().maxRSS * 1024
  writeFileSync(process.env.BENCH_PEAK_MEMORY ?? "", JSON.stringify({ max_rss_bytes, max_live_bytes }))
})
