/** The list as a server pages it: newest first, by window and cursor; and the details of its rows. */
import * as FakeApi from "./FakeApi.ts"

export type Row = ReturnType<typeof FakeApi.row>

const millis = (text: string | null): number => Date.parse(text ?? "")

/** A number that looks drawn, the same for the same text. */
const drawn = (text: string): number => {
  let hash = 2_166_136_261
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 16_777_619)
  hash = Math.imul(hash ^ (hash >>> 16), 2_246_822_507)
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909)
  return (hash ^ (hash >>> 16)) >>> 0
}

/**
 * A page of a server without a second key of order: what starts in the same second comes in another order with each request,
 * and the cursor is an offset.
 */
export const unorderedPage = <A extends { readonly id: string }>(
  rows: ReadonlyArray<A>,
  startOf: (row: A) => string,
  ...[{ url }, index]: Parameters<FakeApi.Script>
): FakeApi.Answer => {
  const asked = url.searchParams
  const [from, to] = [millis(asked.get("from")), millis(asked.get("to"))]
  const listed = rows
    .map((row) => ({ row, start: millis(startOf(row)), rank: drawn(`${index} ${row.id}`) }))
    .filter(({ start }) => start >= from && start < to)
    .toSorted((a, b) => Math.floor(b.start / 1000) - Math.floor(a.start / 1000) || a.rank - b.rank)
    .map(({ row }) => row)
  const start = Number(asked.get("cursor") ?? 0)
  const end = start + Number(asked.get("limit"))
  return FakeApi.page(listed.slice(start, end), end < listed.length ? `${end}` : undefined)
}

/** Sessions, listed so. */
export const unordered =
  (rows: ReadonlyArray<Row>): FakeApi.Script =>
  (request, index) =>
    request.url.pathname === "/v1/sessions"
      ? unorderedPage(rows, ({ started_at }) => started_at, request, index)
      : script(rows)(request, index)

/** Without an order within a second, too. The cursor names the last row, and stands for the place that it has with the next request. */
export const afterPlaceOfLastRow =
  (list: ReadonlyArray<Row>): FakeApi.Script =>
  (request, index) => {
    const url = new URL(request.url)
    const limit = Number(url.searchParams.get("limit"))
    const cursor = url.searchParams.get("cursor")
    url.searchParams.delete("cursor")
    url.searchParams.set("limit", `${list.length}`)
    const answer = unorderedPage(list, ({ started_at }) => started_at, { ...request, url }, index)
    if (typeof answer !== "object" || !("body" in answer)) return answer
    const { data }: { readonly data: ReadonlyArray<Row> } = JSON.parse(answer.body ?? "")
    const start = data.findIndex(({ id }) => id === cursor) + 1
    const page = data.slice(start, start + limit)
    return FakeApi.page(page, start + limit < data.length ? page.at(-1)?.id : undefined)
  }

const isBefore = (row: Row, other: Row): boolean =>
  millis(row.started_at) > millis(other.started_at) ||
  (millis(row.started_at) === millis(other.started_at) && row.id < other.id)

/** The cursor is the last row's id. What `refuse` answers is answered instead. */
export const script =
  (
    rows: ReadonlyArray<Row>,
    refuse: (...asked: Parameters<FakeApi.Script>) => FakeApi.Answer | undefined = () => undefined,
  ): FakeApi.Script =>
  (request, index) => {
    const refused = refuse(request, index)
    if (refused !== undefined) return refused
    const { pathname, searchParams } = request.url
    if (pathname !== "/v1/sessions") {
      const row = rows.find(({ id }) => pathname.endsWith(`/${id}`))
      return row === undefined ? { status: 404 } : FakeApi.json({ data: { ...row, events: [], nudges: [] } })
    }
    const [from, to] = [millis(searchParams.get("from")), millis(searchParams.get("to"))]
    const last = rows.find(({ id }) => id === searchParams.get("cursor"))
    const rest = rows
      .filter((row) => millis(row.started_at) >= from && millis(row.started_at) < to)
      .filter((row) => last === undefined || isBefore(last, row))
      .toSorted((a, b) => (isBefore(a, b) ? -1 : 1))
    const page = rest.slice(0, Number(searchParams.get("limit")))
    return FakeApi.page(page, page.length < rest.length ? page.at(-1)?.id : undefined)
  }
