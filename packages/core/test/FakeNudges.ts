/** Nudges as `GET /nudges` lists them, and a shop whose details hold the same ones. */
import * as FakeApi from "./FakeApi.ts"
import * as FakeList from "./FakeList.ts"

/** A toast that was shown `index` minutes before noon on 2026-10-15. */
export const nudge = (index: number, overrides: Readonly<Record<string, unknown>> = {}) => ({
  id: `nudg_${index}`,
  session_id: `sess_${index}`,
  type: "toast",
  shown_at: new Date(Date.UTC(2026, 9, 15, 12) - index * 60_000).toISOString(),
  outcome: "clicked",
  influenced_conversion: false,
  ...overrides,
})

export type Nudge = ReturnType<typeof nudge>

/** The same as its session's detail has it. */
export const inDetail = (nudge: Nudge) => {
  const { id, session_id: _, ...rest } = nudge
  return { nudge_id: id, ...rest }
}

export interface Shop {
  readonly rows: ReadonlyArray<FakeList.Row>
  readonly nudges: ReadonlyArray<Nudge>
  /** Those that the list of nudges has. @default all of them */
  readonly listed?: ReadonlyArray<Nudge> | undefined
}

const isBefore = (a: Nudge, b: Nudge): boolean => {
  const [shownA, shownB] = [Date.parse(a.shown_at), Date.parse(b.shown_at)]
  return shownA > shownB || (shownA === shownB && a.id < b.id)
}

export const isOfNudges = ({ url }: FakeApi.SeenRequest): boolean => url.pathname === "/v1/nudges"

export const isDetail = ({ url }: FakeApi.SeenRequest): boolean => /^\/v1\/sessions\/./.test(url.pathname)

/**
 * A session every ten minutes, from noon on 2026-10-15 back; of each four, the second has one nudge, the third two, the
 * fourth three, and every other of the fourth converts.
 */
export const shopOf = (sessions: number): Shop => {
  const rows = Array.from({ length: sessions }, (_, index) =>
    FakeApi.row(10 * index, { id: `sess_${index}`, nudge_count: index % 4, converted: index % 8 === 7 }),
  )
  const nudges = rows.flatMap(({ id, started_at }, index) =>
    Array.from({ length: index % 4 }, (_, nth) => {
      const shown_at = new Date(Date.parse(started_at) + 7 * nth * 60_000).toISOString()
      return nudge(index, { id: `${id}/${nth}`, session_id: id, shown_at })
    }),
  )
  return { rows, nudges }
}

/** Lists sessions and nudges newest first, by window and cursor. What `refuse` answers is answered instead. */
export const script = (
  { listed, nudges, rows }: Shop,
  refuse: (...asked: Parameters<FakeApi.Script>) => FakeApi.Answer | undefined = () => undefined,
): FakeApi.Script => {
  const sorted = (listed ?? nudges).toSorted((a, b) => (isBefore(a, b) ? -1 : 1))
  const places = new Map(sorted.map(({ id }, place) => [id, place]))
  const list = FakeList.script(rows)
  const pageOfNudges = (asked: URLSearchParams): FakeApi.Answer => {
    const [from, to] = [Date.parse(asked.get("from") ?? ""), Date.parse(asked.get("to") ?? "")]
    const limit = Number(asked.get("limit"))
    const page: Array<Nudge> = []
    for (let place = 1 + (places.get(asked.get("cursor") ?? "") ?? -1); place < sorted.length; place++) {
      const each = sorted[place]
      const shownAt = Date.parse(each?.shown_at ?? "")
      if (each === undefined || shownAt < from) break
      if (shownAt >= to) continue
      if (page.length === limit) return FakeApi.page(page, page.at(-1)?.id)
      page.push(each)
    }
    return FakeApi.page(page)
  }
  return (request, index) => {
    const refused = refuse(request, index)
    if (refused !== undefined) return refused
    if (isOfNudges(request)) return pageOfNudges(request.url.searchParams)
    if (!isDetail(request)) return list(request, index)
    const row = rows.find(({ id }) => request.url.pathname.endsWith(`/${id}`))
    const own = nudges.filter(({ session_id }) => session_id === row?.id).map(inDetail)
    return row === undefined ? { status: 404 } : FakeApi.json({ data: { ...row, events: [], nudges: own } })
  }
}
