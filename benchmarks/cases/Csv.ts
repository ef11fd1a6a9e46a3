/** Sessions as CSV: our rows against csv-stringify's, of the same sessions, which are in memory. */
import * as Case from "../Case.ts"
import * as Child from "../Child.ts"
import * as Right from "../Right.ts"
import * as Spread from "../Spread.ts"
import type * as Measured from "../subjects/Measured.ts"
import type * as OfCsv from "../subjects/OfCsv.ts"

interface Way {
  readonly name: OfCsv.Options["way"]
  readonly what: string
}

const ways: ReadonlyArray<Way> = [
  { name: "whole", what: "csv-stringify, all rows in one call" },
  { name: "pages", what: "csv-stringify, a page in each call" },
  { name: "objects", what: "csv-stringify, a page of objects in each call" },
  { name: "stream", what: "csv-stringify, its stream" },
  { name: "ours", what: "ours" },
]

export const csv: Case.Case = {
  name: "csv",
  title: "Sessions as CSV",
  run: async (settings) => {
    const sessions = settings.quick ? 2_000 : 50_000
    const times = settings.quick ? 1 : 10
    let right: OfCsv.Answer | undefined
    const measured = await Case.inTurn(ways, settings, async ({ name: way }) => {
      const profile = Case.profileOf(settings, `csv-${way}`)
      const options: OfCsv.Options = { way, sessions, times, details: false, profile }
      const measurement = await Child.run<Measured.Measurement<OfCsv.Answer>>("subjects/OfCsv.ts", options)
      right ??= measurement.answer
      Right.check(way, measurement.answer, right)
      return measurement
    })
    const rate = (name: string) => Case.spreadOf(measured, name, ({ cpu_us }) => (sessions * times * 1e6) / cpu_us)
    const peers = ways.map(({ name }) => name).filter((name) => name !== "ours")
    const best = peers
      .map(rate)
      .reduce((a, b) => (b === undefined || (a !== undefined && a.median >= b.median) ? a : b), undefined)
    return {
      about: `${Spread.number(sessions, 0)} sessions, ${times} times, without details; csv-stringify is given cells that were made before, objects excepted.`,
      columns: ["", "sessions a second of CPU", "of the best of csv-stringify"],
      rows: ways.map(({ name, what }) => [
        what,
        Spread.text(rate(name), 0),
        Spread.number(Case.ratio(rate(name), best), 2),
      ]),
      aims: [
        Case.share(
          "CSV export of sessions, against csv-stringify's own best rate on the same rows",
          Case.ratio(rate("ours"), best),
          { atLeast: 90 },
        ),
      ],
      measurements: Object.fromEntries(measured),
    }
  },
}
