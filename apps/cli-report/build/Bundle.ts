/** The program as it is published: its code and that of what it is made of, in pieces that load where they are used. */
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import * as Notices from "./Notices.ts"

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** What is not in it: a dependency that is optional, because few need it. Its packages state no licence to go with them. */
const external = ["redis"]

/** Each file with the modules that are in it. */
export type Files = ReadonlyMap<string, ReadonlyArray<string>>

/** Writes it into a folder, with nothing else in it. Fails where a part of it is not found, or states no licence. */
export const write = async (folder: string): Promise<Files> => {
  const bundle = await rolldown({
    cwd: path("../../.."),
    input: path("../src/bin.ts"),
    platform: "node",
    external,
    resolve: { conditionNames: ["@effect-elnudge/source", "node", "import", "default"] },
    transform: {
      inject: { "Intl.Segmenter": [fileURLToPath(new URL("./LazySegmenter.ts", import.meta.url)), "LazySegmenter"] },
    },
    onLog: (level, log) => {
      if (level === "warn") throw new Error(log.message)
    },
    plugins: [
      {
        name: "notices",
        generateBundle(_, files) {
          const modules = Object.values(files).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []))
          this.emitFile({ type: "asset", fileName: "THIRD-PARTY-NOTICES.txt", source: Notices.make(modules) })
        },
      },
    ],
  })
  try {
    // Neither minified nor mapped: the names and lines of a stack trace are those of the code that is there.
    const { output } = await bundle.write({
      dir: folder,
      cleanDir: true,
      chunkFileNames: "[name].js",
      comments: { legal: true, annotation: false, jsdoc: false },
    })
    return new Map(output.map((file) => [file.fileName, file.type === "chunk" ? file.moduleIds : []]))
  } finally {
    await bundle.close()
  }
}

if (import.meta.main) await write(path("../dist"))
