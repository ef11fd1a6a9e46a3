/** How long something takes, for people: rounded as far as nobody minds. */
export const make = (millis: number): string => {
  if (millis < 90_000) return `${Math.ceil(millis / 1000)} s`
  const minutes = Math.round(millis / 60_000)
  if (minutes < 90) return `${minutes} min`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} h${rest === 0 ? "" : ` ${rest} min`}`
}
