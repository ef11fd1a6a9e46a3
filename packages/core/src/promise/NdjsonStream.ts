/**
 * Sessions as the bytes of NDJSON, in a web stream. Effect's own `toReadableStream` closes when its signal aborts, and so
 * what came by then would look like all; this one ends with an error.
 */
import type { Coverage } from "../Coverage.ts"
import * as SessionFile from "../SessionFile.ts"
import type { SessionRead } from "../SessionRead.ts"
import type { Iteration } from "./Iteration.ts"

export type Bytes = Uint8Array<ArrayBuffer>

export interface NdjsonStream extends ReadableStream<Bytes> {
  /**
   * Asks for the first sessions, ahead of whoever reads: rejects with what went wrong while an answer can still have a
   * status, and resolves when the first bytes are there or the window has none.
   */
  readonly started: () => Promise<void>
  /** What it has seen so far, and how complete that is; all of it once it has ended. */
  readonly coverage: () => Coverage
}

/** As the CLI writes them, and reads them with `--input`: one session a line, each line ended. */
export const encode = (reads: ReadonlyArray<SessionRead>): Bytes =>
  new TextEncoder().encode(reads.map((read) => `${SessionFile.formatLine(read)}\n`).join(""))

/** Holds nothing back: every chunk is asked for when it is read. */
export const make = (chunks: Iteration<Bytes>, coverage: () => Coverage): NdjsonStream => {
  let opening: ReturnType<typeof chunks.next> | undefined
  let isOpened = false
  const open = () => (opening ??= chunks.next())
  const readable = new ReadableStream<Bytes>(
    {
      pull: async (controller) => {
        const next = isOpened ? chunks.next() : open()
        isOpened = true
        const chunk = await next
        if (chunk.done === true) controller.close()
        else controller.enqueue(chunk.value)
      },
      cancel: async () => {
        await chunks.return()
      },
    },
    { highWaterMark: 0 },
  )
  const started = async () => {
    await open()
  }
  return Object.assign(readable, { started, coverage })
}
