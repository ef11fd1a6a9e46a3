import { Elnudge } from "@effect-elnudge/core/promise"

// One client for as long as the server runs. The key comes from ELNUDGE_API_KEY.
const elnudge = Elnudge.fromEnv()

// GET …?from=2026-10-01&to=2026-11-01, as Next.js, SvelteKit, Remix and others take a route: the sessions as NDJSON, with
// the details of those that saw a nudge. Who goes away ends the walk.
export const GET = async ({ signal, url }: Request): Promise<Response> => {
  const query = new URL(url).searchParams
  const lines = elnudge.ndjson({
    from: query.get("from") ?? undefined,
    to: query.get("to") ?? undefined,
    details: true,
    pick: (session) => session.nudge_count > 0,
    signal,
  })
  try {
    // What fails before the first line has a status, what fails later breaks the answer off.
    await lines.started()
    return new Response(lines, { headers: { "content-type": "application/x-ndjson" } })
  } catch (error) {
    if (!Elnudge.isError(error)) throw error
    return new Response(`${error.message}\n`, { status: error._tag === "InvalidOption" ? 400 : 502 })
  }
}
