/** The list as a well-behaved server pages it: newest first, by window and cursor; and the details of its rows. */
import * as FakeApi from "./FakeApi.ts"

export type Row = ReturnType<typeof FakeApi.row>

const millis = (text: string | null): number => Date.parse(text ?? "")

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
