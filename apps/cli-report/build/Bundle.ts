/** The program as it is published: its code and that of what it is made of, in pieces that load where they are used. */
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"
import * as Notices from "./Notices.ts"

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** What is not in it: an optional dependency that few need, and what `ws` takes where somebody has installed it. */
const external = ["redis", "bufferutil", "utf-8-validate"]

/** Writes it into a folder, with nothing else in it. Fails where anything of it is not found. */
export const write = async (folder: string): Promise<void> => {
  const bundle = await rolldown({
    input: path("../src/bin.ts"),
    platform: "node",
    external,
    resolve: { conditionNames: ["@effect-elnudge/source", "node", "import", "default"] },
    transform: { inject: { "Intl.Segmenter": [path("./LazySegmenter.ts"), "LazySegmenter"] } },
    onLog: (level, log) => {
      if (level === "warn") throw new Error(log.message)
    },
    plugins: [
      {
        name: "notices",
        generateBundle(_, files) {
          const ids = Object.values(files).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []))
          this.emitFile({ type: "asset", fileName: "THIRD-PARTY-NOTICES.txt", source: Notices.make(ids) })
        },
      },
    ],
  })
  await bundle.write({ dir: folder, cleanDir: true, chunkFileNames: "[name].js", comments: { legal: true } })
  await bundle.close()
}

if (import.meta.main) await write(path("../dist"))
