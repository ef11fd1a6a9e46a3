/** Files of a test, each in a folder of its own that goes with the scope. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"

/** A name that nothing has yet. */
export const place = Effect.fnUntraced(function* (name: string) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  return path.join(yield* fileSystem.makeTempDirectoryScoped(), name)
})

export const write = Effect.fnUntraced(function* (name: string, content: string | Uint8Array) {
  const file = yield* place(name)
  const fileSystem = yield* FileSystem.FileSystem
  yield* fileSystem.writeFile(file, typeof content === "string" ? new TextEncoder().encode(content) : content)
  return file
})
