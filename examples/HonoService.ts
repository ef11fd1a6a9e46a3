import { Elnudge } from "@effect-elnudge/core/promise"
import { Hono } from "hono"

// One client for as long as the service runs. The key comes from ELNUDGE_API_KEY.
const elnudge = Elnudge.fromEnv()

const app = new Hono()

// GET /sessions?from=…&to=… as NDJSON. The API is asked for a page while the reader takes the one before.
app.get("/sessions", async (c) => {
  const { from, to } = c.req.query()
  const lines = elnudge.ndjson({ from, to, signal: c.req.raw.signal })
  // What fails before the first line has a status, what fails later breaks the answer off.
  await lines.started()
  return c.body(lines, 200, { "content-type": "application/x-ndjson" })
})

app.get("/sessions/:id", async (c) => c.json(await elnudge.getSession(c.req.param("id"), { signal: c.req.raw.signal })))

app.onError((error, c) => {
  if (!Elnudge.isError(error)) return c.text("The service failed.\n", 500)
  const text = `${error.message}\n`
  switch (error._tag) {
    case "InvalidOption":
      return c.text(text, 400)
    case "RetentionExceeded":
    case "SessionUnavailable":
      return c.text(text, 404)
    case "RateLimited":
      return c.text(text, 503, { "retry-after": new Date(error.resumeAt).toUTCString() })
    default:
      return c.text(text, 502)
  }
})

export default app
