/** When visitors come, in UTC: quiet nights and an evening peak; at weekends a later morning and a fuller afternoon. */

const secondsInHour = 3_600
const secondsInDay = 24 * secondsInHour

// How busy each hour is, against the busiest hour of the week.
const workday = [
  0.2, 0.12, 0.08, 0.06, 0.06, 0.1, 0.22, 0.38, 0.5, 0.55, 0.58, 0.62, 0.68, 0.62, 0.56, 0.54, 0.56, 0.62, 0.72, 0.85,
  0.92, 0.86, 0.64, 0.38,
]
const weekendDay = [
  0.32, 0.22, 0.14, 0.09, 0.07, 0.07, 0.1, 0.2, 0.36, 0.56, 0.72, 0.8, 0.84, 0.84, 0.85, 0.86, 0.86, 0.85, 0.88, 0.95,
  1, 0.94, 0.72, 0.46,
]

const isWeekend = (second: number): boolean => {
  // 1970-01-01 was a Thursday.
  const sinceMonday = (Math.floor(second / secondsInDay) + 3) % 7
  return sinceMonday >= 5
}

/** How busy it is at an instant (epoch seconds), from 0 to 1. */
export const activity = (second: number): number => {
  const hours = isWeekend(second) ? weekendDay : workday
  return hours[Math.floor((second % secondsInDay) / secondsInHour)] ?? 1
}

/** A whole second from `from` (inclusive) to `to` (exclusive), likelier the busier it is then. */
export const draw = (random: () => number, from: number, to: number): number => {
  while (true) {
    const second = from + Math.floor(random() * Math.max(1, to - from))
    if (random() < activity(second)) return second
  }
}
