/** The page as people open it: from disk, in a browser, on a screen, a phone and paper. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { assert, describe, layer } from "@effect/vitest"
import axe from "axe-core"
import * as Effect from "effect/Effect"
import type { BrowserContextOptions, Page } from "playwright-core"
import * as Chromium from "./html/Chromium.ts"
import * as Findings from "./html/Findings.ts"

const temporaryFolder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "elnudge-page-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true })),
)

/** Longer and more than any page of the demo has. */
const hostile = (index: number): string =>
  [`<img src="https://example.com/x.png">`, "<script>document.title = 'run'</script>", "w".repeat(300), "", "(all)"][
    index % 5
  ] ?? ""

const pages = {
  demo: Effect.map(Findings.demo, (sessions) => Findings.page(Findings.make(Findings.reads(sessions)))),
  "names from outside": Effect.map(Findings.october, (sessions) =>
    Findings.page(
      Findings.make(
        Findings.reads(
          sessions.map((session, index) => ({
            ...session,
            intent_score: index % 40 === 0 ? 140 : session.intent_score,
            nudges: session.nudges.map((nudge) => ({ ...nudge, type: hostile(index) })),
          })),
        ),
        "week",
      ),
    ),
  ),
  nothing: Effect.sync(() => Findings.page(Findings.make([]))),
}

interface Opened {
  readonly page: Page
  /** Of the console: errors and warnings. */
  readonly complaints: ReadonlyArray<string>
  readonly requests: ReadonlyArray<string>
  readonly url: string
}

/** Opens it in a window of its own. */
const open = Effect.fnUntraced(function* (html: string, options: BrowserContextOptions) {
  const file = join(yield* temporaryFolder, "page.html")
  writeFileSync(file, html)
  const browser = yield* Chromium.Chromium
  const context = yield* Effect.acquireRelease(
    Effect.promise(() => browser.newContext(options)),
    (opened) => Effect.promise(() => opened.close()),
  )
  const page = yield* Effect.promise(() => context.newPage())
  const complaints: Array<string> = []
  const requests: Array<string> = []
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
  })
  page.on("pageerror", ({ message }) => complaints.push(message))
  page.on("request", (request) => requests.push(request.url()))
  const url = pathToFileURL(file).href
  yield* Effect.promise(() => page.goto(url, { waitUntil: "load" }))
  const opened: Opened = { page, complaints, requests, url }
  return opened
})

/** A4 between the margins of the page, in px. */
const paperWidth = 695

const views = [1280, 375].flatMap((width) =>
  (["light", "dark"] as const).map((colorScheme) => ({ colorScheme, viewport: { width, height: 900 } })),
)

/** What axe finds, with every table unfolded. */
const violations = Effect.fnUntraced(function* (html: string, view: (typeof views)[number]) {
  // The page runs nothing: only a window that ignores its policy runs the check.
  const { page } = yield* open(html, { ...view, bypassCSP: true })
  yield* Effect.promise(() => page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))"))
  yield* Effect.promise(() => page.addScriptTag({ content: axe.source }))
  const found: unknown = yield* Effect.promise(() =>
    page.evaluate(
      "axe.run().then(({ passes, violations }) => [passes.length > 20, ...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200)))])",
    ),
  )
  return found
})

describe("the page in a browser", () => {
  layer(Chromium.layer, { excludeTestServices: true, timeout: 60_000 })("opened from disk", (it) => {
    it.effect.each(Object.entries(pages))("of %s: says nothing on the console and asks for nothing", ([, made]) =>
      Effect.gen(function* () {
        const html = yield* made
        for (const view of views) {
          const { complaints, page, requests, url } = yield* open(html, view)
          assert.deepStrictEqual([complaints, requests], [[], [url]])
          assert.strictEqual(
            yield* Effect.promise(() => page.evaluate("document.title.startsWith('A made-up shop')")),
            true,
          )
        }
      }).pipe(Effect.scoped),
    )

    it.effect.each(Object.entries(pages))("of %s: has nothing that axe would have otherwise", ([, made]) =>
      Effect.gen(function* () {
        const html = yield* made
        for (const view of views) assert.deepStrictEqual(yield* violations(html, view), [true])
      }).pipe(Effect.scoped),
    )

    it.effect.each(Object.entries(pages))("of %s: fits a phone, and its charts can be read there", ([, made]) =>
      Effect.gen(function* () {
        const { page } = yield* open(yield* made, { viewport: { width: 375, height: 800 } })
        yield* Effect.promise(() =>
          page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))"),
        )
        assert.strictEqual(yield* Effect.promise(() => page.evaluate("document.documentElement.scrollWidth")), 375)
        const tooSmall = yield* Effect.promise(() =>
          page.evaluate(`[...document.querySelectorAll("svg.chart")]
            .filter((svg) => svg.getBoundingClientRect().width > 0)
            .flatMap((svg) => [...svg.querySelectorAll("text")].map((text) =>
              parseFloat(getComputedStyle(text).fontSize) * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width))
            .filter((size) => size < 11)`),
        )
        assert.deepStrictEqual(tooSmall, [])
      }).pipe(Effect.scoped),
    )

    it.effect("keeps the text of its charts inside them, on a screen and on a phone", () =>
      Effect.gen(function* () {
        for (const html of [yield* pages.demo, yield* pages["names from outside"]]) {
          for (const width of [1280, 375]) {
            const { page } = yield* open(html, { viewport: { width, height: 900 } })
            const outside = yield* Effect.promise(() =>
              page.evaluate(`[...document.querySelectorAll("svg.chart")].flatMap((svg) => {
                const box = svg.getBoundingClientRect()
                return [...svg.querySelectorAll("text")].filter((text) => {
                  const { bottom, left, right, top, width } = text.getBoundingClientRect()
                  return width > 0 && (left < box.left - 1 || right > box.right + 1 || top < box.top - 1 || bottom > box.bottom + 1)
                }).map((text) => svg.closest("section").id + ": " + text.textContent)
              })`),
            )
            assert.deepStrictEqual(outside, [])
          }
        }
      }).pipe(Effect.scoped),
    )

    it.effect("keeps the names of the bands apart on the smallest phone", () =>
      Effect.gen(function* () {
        const { page } = yield* open(yield* pages["names from outside"], { viewport: { width: 320, height: 800 } })
        const [names, touching] = yield* Effect.promise(() =>
          page.evaluate<readonly [ReadonlyArray<string>, ReadonlyArray<string>]>(`(() => {
            const [map] = document.querySelectorAll("#cohorts .narrow svg")
            const top = map.getBoundingClientRect().top
            const heads = [...map.querySelectorAll("text")].filter((text) => text.getBoundingClientRect().bottom < top + 26)
            const boxes = heads.map((head) => head.getBoundingClientRect()).sort((a, b) => a.left - b.left)
            return [heads.map((head) => head.textContent), boxes.slice(1).filter((box, i) => box.left < boxes[i].right + 1).map(({ left }) => String(left))]
          })()`),
        )
        assert.includeMembers([...names], ["80–100", "other", "all"])
        assert.deepStrictEqual(touching, [])
      }).pipe(Effect.scoped),
    )

    it.effect("is reached by keyboard: the skip link first, then the sections and the tables", () =>
      Effect.gen(function* () {
        const { page } = yield* open(yield* pages.demo, { viewport: { width: 1280, height: 900 } })
        const focused = Effect.promise(() => page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
        const press = (key: string) => Effect.promise(() => page.keyboard.press(key))
        yield* press("Tab")
        assert.match(String(yield* focused), /^<a class="skip" href="#main">/)
        yield* press("Enter")
        assert.match(String(yield* focused), /^<main id="main"/)
        yield* press("Tab")
        assert.match(String(yield* focused), /^<summary>/)
        yield* press("Enter")
        yield* press("Tab")
        assert.match(String(yield* focused), /^<div class="scroll" role="group"/)
        const outline = yield* Effect.promise(() =>
          page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle + parseFloat(getComputedStyle(document.activeElement).outlineWidth)",
          ),
        )
        assert.strictEqual(outline, "solid3")
      }).pipe(Effect.scoped),
    )

    it.effect("prints with every table but the longest, which it names, and nothing cut off at the side", () =>
      Effect.gen(function* () {
        const { page } = yield* open(yield* pages.demo, {
          colorScheme: "dark",
          viewport: { width: paperWidth, height: 1000 },
        })
        const pdf = yield* Effect.promise(() => page.pdf({ format: "A4", printBackground: true }))
        assert.strictEqual(pdf.subarray(0, 5).toString("latin1"), "%PDF-")
        assert.isAbove(pdf.toString("latin1").match(/\/Type \/Page\b/g)?.length ?? 0, 5)
        yield* Effect.promise(() => page.emulateMedia({ media: "print" }))
        const [wide, hidden, named, background] = yield* Effect.promise(() =>
          page.evaluate<ReadonlyArray<unknown>>(`[
            [...document.querySelectorAll("table, svg.chart")].filter((each) => each.getBoundingClientRect().right > innerWidth + 1).map((each) => each.textContent.slice(0, 40)),
            [...document.querySelectorAll("table")].filter((table) => table.getBoundingClientRect().height === 0).map((table) => table.caption.textContent),
            [...document.querySelectorAll(".printed")].filter((note) => note.getBoundingClientRect().height > 0).map((note) => note.textContent),
            getComputedStyle(document.body).backgroundColor,
          ]`),
        )
        assert.deepStrictEqual(
          [wide, hidden, background],
          [[], ["Conversion by day and intent band"], "rgb(255, 255, 255)"],
        )
        assert.match(
          String(named),
          /^The table “Conversion by day and intent band” has \d+ rows: it is in the file, not on paper\.$/,
        )
      }).pipe(Effect.scoped),
    )
  })
})
