/**
 * A client as the SDKs of other APIs are made: methods by resource, pages that know their next one, an async iterator
 * over all rows, retries and a timeout for each request; answers are typed, not checked. Details through p-queue.
 */
import PQueue from "p-queue"
import * as Peer from "./Peer.ts"

interface Session {
  readonly id: string
  readonly started_at: string
  readonly ended_at: string | null
  readonly page_count: number
  readonly intent_score: number
  readonly converted: boolean
  readonly nudge_count: number
}

interface Detail extends Session {
  readonly events: ReadonlyArray<{ readonly type: string; readonly url: string; readonly occurred_at: string }>
  readonly nudges: ReadonlyArray<{ readonly nudge_id: string; readonly type: string; readonly shown_at: string }>
}

interface PageBody {
  readonly data: ReadonlyArray<Session>
  readonly next_cursor?: string | null
  readonly has_more: boolean
}

interface ListParams {
  readonly from: string
  readonly to: string
  readonly limit: number
  readonly cursor?: string
}

class ApiError extends Error {
  readonly status: number
  constructor(status: number) {
    super(`the API answered ${status}`)
    this.status = status
  }
}

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

class Page {
  readonly client: Client
  readonly params: ListParams
  readonly body: PageBody

  constructor(client: Client, params: ListParams, body: PageBody) {
    this.client = client
    this.params = params
    this.body = body
  }

  async nextPage(): Promise<Page | undefined> {
    const { has_more, next_cursor } = this.body
    if (!has_more || typeof next_cursor !== "string") return undefined
    return await this.client.list({ ...this.params, cursor: next_cursor })
  }

  async *pages(): AsyncGenerator<Page> {
    let page: Page | undefined = await Promise.resolve(this)
    while (page !== undefined) {
      yield page
      page = await page.nextPage()
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Session> {
    for await (const page of this.pages()) for (const session of page.body.data) yield session
  }
}

class Client {
  private readonly maxRetries = 2
  private readonly timeoutMillis = 30_000
  private readonly baseUrl: string

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl
  }

  async list(params: ListParams): Promise<Page> {
    const query = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]))
    return new Page(this, params, await this.get<PageBody>(`/sessions?${query}`))
  }

  async retrieve(id: string): Promise<Detail> {
    const { data } = await this.get<{ readonly data: Detail }>(`/sessions/${encodeURIComponent(id)}`)
    return data
  }

  private async get<Body>(path: string, attempt = 0): Promise<Body> {
    const aborter = new AbortController()
    const timer = setTimeout(() => aborter.abort(), this.timeoutMillis)
    try {
      const response = await fetch(`${this.baseUrl}${path}`, {
        headers: { authorization: `Bearer ${Peer.key}`, accept: "application/json", "user-agent": "sdk/1.0.0" },
        signal: aborter.signal,
      })
      if (response.ok) return await response.json()
      const isRetried = response.status === 429 || response.status >= 500
      if (!isRetried || attempt === this.maxRetries) throw new ApiError(response.status)
      await pause(1000 * Number(response.headers.get("retry-after") ?? 2 ** attempt / 2))
    } finally {
      clearTimeout(timer)
    }
    return await this.get<Body>(path, attempt + 1)
  }
}

const listed = ({ baseUrl, from, pageSize, to }: Peer.Options) => {
  const client = new Client(baseUrl)
  return { client, first: client.list({ from, to, limit: pageSize }) }
}

export const list: Peer.Peer["list"] = async (options) => {
  const tally = new Peer.Tally()
  for await (const session of await listed(options).first) tally.take(session)
  return tally.answer()
}

export const details: Peer.Peer["details"] = async (options) => {
  const tally = new Peer.Tally()
  const { client, first } = listed(options)
  const queue = new PQueue({ concurrency: options.concurrency })
  for await (const page of (await first).pages()) {
    const read = await queue.addAll(
      page.body.data.map(
        ({ id }) =>
          () =>
            client.retrieve(id),
      ),
    )
    for (const session of read) tally.takeDetail(session)
  }
  return tally.answer()
}
