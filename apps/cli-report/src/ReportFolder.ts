/** The folder that `run` writes: a CSV file for each report, its state where that is asked for, and coverage.json. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as OutputFile from "./OutputFile.ts"
import * as ReportName from "./ReportName.ts"
import * as TemporaryFile from "./TemporaryFile.ts"

export interface ReportFolder {
  readonly csv: (name: ReportName.Name) => string
  readonly state: (name: ReportName.Name) => string
  readonly coverage: string
  /** A word on the reports of an earlier run that this one does not replace: none of them is deleted. */
  readonly leftoverNotes: (written: ReadonlyArray<string>) => ReadonlyArray<string>
}

const csvName = (name: string): string => `${name}.csv`
const stateName = (name: string): string => `${name}.state.json`

/** Of all files that a run may write here, also where this one writes fewer. */
const clearLeftovers = Effect.fnUntraced(function* (places: ReadonlyArray<string>) {
  for (const place of places) {
    const { clear, make } = yield* TemporaryFile.of(place)
    // Where nothing can be made, preparing the files says why.
    yield* Effect.ignore(Effect.scoped(Effect.flatMap(make, clear)))
  }
})

/** Makes the folder where it is not there, and clears what runs that were killed left in it. */
export const make = Effect.fn("ReportFolder.make")(function* (folder: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const isFile = yield* fileSystem.stat(folder).pipe(
    Effect.map(({ type }) => type !== "Directory"),
    Effect.orElseSucceed(() => false),
  )
  if (isFile) {
    return yield* new OutputFile.OutputUnwritable({
      file: folder,
      reason: "it is a file, not a folder",
      advice: "Give another --output-dir.",
    })
  }
  // Behind a link, the folder that it names.
  const behind = yield* OutputFile.target(folder)
  yield* OutputFile.explained(folder, fileSystem.makeDirectory(behind, { recursive: true }))
  const names = new Set(yield* OutputFile.explained(folder, fileSystem.readDirectory(folder)))
  const known = ReportName.names.flatMap((name) => [csvName(name), stateName(name)])
  const place = (name: string): string => path.join(folder, name)
  yield* clearLeftovers([...known, "coverage.json"].map(place))
  const reportFolder: ReportFolder = {
    csv: (name) => place(csvName(name)),
    state: (name) => place(stateName(name)),
    coverage: place("coverage.json"),
    leftoverNotes: (written) => {
      const left = known.filter((name) => names.has(name) && !written.includes(place(name)))
      return left.length === 0 ? [] : [`note: ${folder} also holds ${left.join(", ")} of an earlier run`]
    },
  }
  return reportFolder
})
