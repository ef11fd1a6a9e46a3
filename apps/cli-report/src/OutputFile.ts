/** A file that is there whole or not at all: written under a temporary name beside its place, then renamed. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"

export const write = Effect.fn("OutputFile.write")(function* (file: string, text: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const directory = path.dirname(path.resolve(file))
  yield* Effect.scoped(
    Effect.gen(function* () {
      const temporary = yield* fileSystem.makeTempFileScoped({ directory, prefix: `.${path.basename(file)}-` })
      yield* fileSystem.writeFileString(temporary, text, { mode: 0o600 })
      yield* fileSystem.rename(temporary, file)
    }),
  )
})
