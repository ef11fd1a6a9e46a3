/** What a client has under way: a signal ends its part at once, closing ends all of it, and nothing stays behind. */
import { ClientClosed } from "./ClientClosed.ts"

/** Ends it for whoever waits, at once; the promise is settled when all that it held is free. */
type Stop = (reason: unknown) => Promise<unknown>

export interface UnderWay {
  /**
   * Calls `stop` once when the signal aborts or the client closes, unless what is returned was called before: with what
   * is still being freed, if anything. Throws the signal's reason or `ClientClosed` where that has already happened.
   */
  readonly enter: (signal: AbortSignal | undefined, stop: Stop) => (released?: Promise<unknown>) => void
  /** Ends all of it; resolves when everything is free. */
  readonly close: () => Promise<void>
}

export const make = (): UnderWay => {
  const stops = new Set<(reason: unknown) => void>()
  const releases = new Set<Promise<unknown>>()
  let isClosed = false

  const track = (released: Promise<unknown>): void => {
    releases.add(released)
    const done = () => releases.delete(released)
    released.then(done, done)
  }

  return {
    enter: (signal, stop) => {
      if (isClosed) throw new ClientClosed()
      signal?.throwIfAborted()
      const abort = () => end(signal?.reason)
      const leave = (released?: Promise<unknown>): void => {
        stops.delete(end)
        signal?.removeEventListener("abort", abort)
        if (released !== undefined) track(released)
      }
      const end = (reason: unknown): void => {
        if (!stops.has(end)) return
        leave()
        track(stop(reason))
      }
      stops.add(end)
      signal?.addEventListener("abort", abort, { once: true })
      return leave
    },
    close: async () => {
      isClosed = true
      for (const end of stops) end(new ClientClosed())
      await Promise.allSettled(releases)
    },
  }
}
