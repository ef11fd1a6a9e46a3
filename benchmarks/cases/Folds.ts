/** What the reports themselves cost, once the sessions are in memory. */
import * as Case from "../Case.ts"
import * as Child from "../Child.ts"
import * as Right from "../Right.ts"
import * as Spread from "../Spread.ts"
import type * as Measured from "../subjects/Measured.ts"
import type * as OfFolds from "../subjects/OfFolds.ts"

interface Subject {
  readonly name: string
  readonly folds: ReadonlyArray<OfFolds.Name>
}

const seven: ReadonlyArray<OfFolds.Name> = [
  "attribution",
  "cohorts",
  "lift",
  "reconcile",
  "readings",
  "calibration",
  "nudge-performance",
]

const subjects: ReadonlyArray<Subject> = [
  { name: "loop", folds: [] },
  ...seven.map((name) => ({ name, folds: [name] })),
  { name: "ledger", folds: ["ledger"] },
  { name: "all reports", folds: seven },
]

export const folds: Case.Case = {
  name: "folds",
  title: "The reports' folds",
  run: async (settings) => {
    const sessions = settings.quick ? 5_000 : 100_000
    const times = settings.quick ? 2 : 10
    const measured = await Case.inTurn(subjects, settings, async ({ folds, name }) => {
      const profile = Case.profileOf(settings, `folds-${name.replaceAll(" ", "-")}`)
      const options: OfFolds.Options = { folds, sessions, times, profile }
      const measurement = await Child.run<Measured.Measurement<{ readonly taken: ReadonlyArray<number> }>>(
        "subjects/OfFolds.ts",
        options,
      )
      Right.check(
        name,
        measurement.answer.taken,
        folds.map(() => sessions * times),
      )
      return measurement
    })
    const each = (name: string) => Case.spreadOf(measured, name, ({ cpu_us }) => cpu_us / sessions / times)
    const beyond = (name: string): number | undefined => {
      const [all, loop] = [each(name), each("loop")]
      return all === undefined || loop === undefined ? undefined : all.median - loop.median
    }
    const reached = beyond("all reports")
    return {
      about: `${Spread.number(sessions, 0)} sessions in memory, ${times} times; 35 % are nudged and have their details.`,
      columns: ["", "CPU µs a session", "beyond reading"],
      rows: subjects.map(({ name }) => [
        name === "loop" ? "a loop that reads them and does nothing" : name,
        Spread.text(each(name), 3),
        Spread.number(beyond(name), 3),
      ]),
      aims: [
        {
          what: "all folds together, beyond reading",
          aim: "≤ 1 µs a session",
          reached: reached === undefined ? "not measured" : `${Spread.number(reached, 2)} µs`,
          holds: reached === undefined ? undefined : reached <= 1,
        },
      ],
      measurements: Object.fromEntries(measured),
    }
  },
}
