/** One thing that is measured: who is compared, what came out, and what was aimed at. */
import * as Spread from "./Spread.ts"

export interface Settings {
  /** Small sizes, which show that everything works and little else. */
  readonly quick: boolean
  /** How often each subject is run, all of them in turn. */
  readonly repetitions: number
  /** The only subjects to run; empty: all. */
  readonly only: ReadonlyArray<string>
  /** Where each subject leaves a `.cpuprofile`. */
  readonly profileFolder: string | undefined
  /** The command line as it is published, from the root. */
  readonly cli: string
  /** Says what is under way. */
  readonly say: (text: string) => void
}

/** One line of the table of aims. `holds` is undefined where it was not measured. */
export interface Aim {
  readonly what: string
  readonly aim: string
  readonly reached: string
  readonly holds: boolean | undefined
}

export interface Result {
  /** Such as the sizes, in a sentence. */
  readonly about: string
  /** The first column is the subject. */
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string>>
  readonly aims: ReadonlyArray<Aim>
  /** Every measurement, by subject. */
  readonly measurements: Readonly<Record<string, unknown>>
}

export interface Case {
  readonly name: string
  readonly title: string
  /** Throws where a subject fails or gives a wrong answer. */
  readonly run: (settings: Settings) => Promise<Result>
}

/** Runs all subjects in turn, as often as the settings say; gives the measurements of each. */
export const inTurn = async <Subject extends { readonly name: string }, Measured>(
  subjects: ReadonlyArray<Subject>,
  { only, repetitions, say }: Settings,
  measure: (subject: Subject) => Promise<Measured>,
): Promise<ReadonlyMap<string, ReadonlyArray<Measured>>> => {
  const measured = new Map<string, Array<Measured>>()
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const subject of subjects) {
      const { name } = subject
      if (only.length > 0 && !only.includes(name)) continue
      say(`${name} ${repetition}/${repetitions}`)
      const all = measured.get(name) ?? []
      measured.set(name, all)
      all.push(await measure(subject))
    }
  }
  return measured
}

/** The file of a subject's profile; undefined where none is asked for. */
export const profileOf = ({ profileFolder }: Settings, subject: string): string | undefined =>
  profileFolder === undefined ? undefined : `${profileFolder}/${subject}.cpuprofile`

/** One value of all measurements of a subject; undefined where it was not run. */
export const spreadOf = <Measured>(
  measured: ReadonlyMap<string, ReadonlyArray<Measured>>,
  name: string,
  value: (measurement: Measured) => number,
): Spread.Spread | undefined => {
  const all = measured.get(name)
  return all === undefined ? undefined : Spread.of(all.map(value))
}

const notMeasured = { reached: "not measured", holds: undefined }

export const ratio = (of: Spread.Spread | undefined, to: Spread.Spread | undefined): number | undefined =>
  of === undefined || to === undefined ? undefined : of.median / to.median

/** What is to be at most `most` times something else. */
export const atMostTimes = (what: string, ratio: number | undefined, most: number): Aim => ({
  what,
  aim: `≤ ${most}×`,
  ...(ratio === undefined ? notMeasured : { reached: `${Spread.number(ratio, 2)}×`, holds: ratio <= most }),
})

/** What is to be at least so many times something else. */
export const atLeastTimes = (what: string, ratio: number | undefined, least: number): Aim => ({
  what,
  aim: `≥ ${least}×`,
  ...(ratio === undefined ? notMeasured : { reached: `${Spread.number(ratio, 2)}×`, holds: ratio >= least }),
})

/** A share that is to be at most, or at least, so many percent. */
export const share = (
  what: string,
  value: number | undefined,
  bound: { readonly atMost: number } | { readonly atLeast: number },
): Aim => ({
  what,
  aim: "atMost" in bound ? `≤ ${bound.atMost} %` : `≥ ${bound.atLeast} %`,
  ...(value === undefined
    ? notMeasured
    : {
        reached: `${Spread.number(100 * value, 1)} %`,
        holds: "atMost" in bound ? 100 * value <= bound.atMost : 100 * value >= bound.atLeast,
      }),
})
