/** The floor: an undici pool and JSON.parse. No checks, no retries, no limit; what the types say is taken on trust. */
import { Pool } from "undici"
import * as Peer from "./Peer.ts"

interface Session {
  readonly id: string
  readonly intent_score: number
  readonly converted: boolean
}

interface Detail extends Session {
  readonly events: ReadonlyArray<unknown>
  readonly nudges: ReadonlyArray<unknown>
}

interface Page {
  readonly data: ReadonlyArray<Session>
  readonly next_cursor: string | null
  readonly has_more: boolean
}

const headers = { authorization: `Bearer ${Peer.key}`, accept: "application/json" }

const withPool = async (
  { baseUrl, concurrency }: Peer.Options,
  run: (get: (path: string) => Promise<string>) => Promise<void>,
): Promise<void> => {
  const { origin, pathname } = new URL(baseUrl)
  const pool = new Pool(origin, { connections: concurrency })
  try {
    await run(async (path) => {
      const { body } = await pool.request({ path: `${pathname}${path}`, method: "GET", headers })
      return await body.text()
    })
  } finally {
    await pool.close()
  }
}

const eachPage = async (
  { from, pageSize, to }: Peer.Options,
  get: (path: string) => Promise<string>,
  take: (sessions: ReadonlyArray<Session>) => void | Promise<void>,
): Promise<void> => {
  const window = `from=${from}&to=${to}&limit=${pageSize}`
  let cursor = ""
  while (true) {
    const page: Page = JSON.parse(await get(`/sessions?${window}${cursor}`))
    await take(page.data)
    if (!page.has_more) return
    cursor = `&cursor=${page.next_cursor}`
  }
}

export const list: Peer.Peer["list"] = async (options) => {
  const tally = new Peer.Tally()
  await withPool(options, (get) =>
    eachPage(options, get, (sessions) => {
      for (const session of sessions) tally.take(session)
    }),
  )
  return tally.answer()
}

export const details: Peer.Peer["details"] = async (options) => {
  const tally = new Peer.Tally()
  await withPool(options, async (get) => {
    const read = async (queue: Iterator<Session>) => {
      for (let next = queue.next(); next.done !== true; next = queue.next()) {
        const envelope: { readonly data: Detail } = JSON.parse(await get(`/sessions/${next.value.id}`))
        tally.takeDetail(envelope.data)
      }
    }
    await eachPage(options, get, async (sessions) => {
      const queue = sessions.values()
      await Promise.all(Array.from({ length: options.concurrency }, () => read(queue)))
    })
  })
  return tally.answer()
}
