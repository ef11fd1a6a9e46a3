/** What people write: global fetch, zod schemas, an async generator, and p-queue for the details. */
import PQueue from "p-queue"
import * as z from "zod"
import * as Peer from "./Peer.ts"

const Session = z.object({
  id: z.string(),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime().nullable(),
  page_count: z.int(),
  intent_score: z.int(),
  converted: z.boolean(),
  nudge_count: z.int(),
})

const Detail = Session.extend({
  events: z.array(z.object({ type: z.string(), url: z.string(), occurred_at: z.iso.datetime() })),
  nudges: z.array(
    z.object({
      nudge_id: z.string(),
      type: z.string(),
      shown_at: z.iso.datetime(),
      outcome: z.string(),
      influenced_conversion: z.boolean(),
    }),
  ),
})

const Page = z.object({ data: z.array(Session), next_cursor: z.string().nullish(), has_more: z.boolean() })
const Envelope = z.object({ data: Detail })

const get = async (url: URL): Promise<unknown> => {
  const response = await fetch(url, { headers: { authorization: `Bearer ${Peer.key}` } })
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`)
  return await response.json()
}

async function* sessions({ baseUrl, from, pageSize, to }: Peer.Options) {
  const url = new URL(`${baseUrl}/sessions`)
  url.search = new URLSearchParams({ from, to, limit: String(pageSize) }).toString()
  while (true) {
    const page = Page.parse(await get(url))
    yield* page.data
    if (!page.has_more || typeof page.next_cursor !== "string") return
    url.searchParams.set("cursor", page.next_cursor)
  }
}

export const list: Peer.Peer["list"] = async (options) => {
  const tally = new Peer.Tally()
  for await (const session of sessions(options)) tally.take(session)
  return tally.answer()
}

export const details: Peer.Peer["details"] = async (options) => {
  const tally = new Peer.Tally()
  const queue = new PQueue({ concurrency: options.concurrency })
  const failures: Array<unknown> = []
  for await (const { id } of sessions(options)) {
    await queue.onSizeLessThan(options.concurrency)
    queue
      .add(async () => {
        const { data } = Envelope.parse(await get(new URL(`${options.baseUrl}/sessions/${id}`)))
        tally.takeDetail(data)
      })
      .catch((error: unknown) => failures.push(error))
  }
  await queue.onIdle()
  if (failures.length > 0) throw failures[0]
  return tally.answer()
}
