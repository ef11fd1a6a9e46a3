import type { Session } from "@effect-elnudge/core"
import { assert, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { parseHTML } from "linkedom"
import * as Chart from "../src/html/Chart.ts"
import * as CohortSection from "../src/html/CohortSection.ts"
import * as Figure from "../src/html/Figure.ts"
import * as Findings from "./html/Findings.ts"

const session = (index: number, nudges: ReadonlyArray<Partial<Session.Nudge>>, converted = false): Session.Detail => ({
  id: `sess_${index}`,
  started_at: `2026-10-${String(1 + (index % 31)).padStart(2, "0")}T10:00:00Z`,
  ended_at: `2026-10-${String(1 + (index % 31)).padStart(2, "0")}T10:50:00Z`,
  page_count: 1,
  intent_score: index % 101,
  converted,
  nudge_count: nudges.length,
  events: converted
    ? [
        {
          type: "PURCHASE",
          url: "/done",
          occurred_at: `2026-10-${String(1 + (index % 31)).padStart(2, "0")}T10:20:00Z`,
        },
      ]
    : [],
  nudges: nudges.map((nudge, place) => ({
    nudge_id: `n${index}_${place}`,
    type: "toast",
    shown_at: `2026-10-${String(1 + (index % 31)).padStart(2, "0")}T10:05:00Z`,
    outcome: "clicked",
    influenced_conversion: false,
    ...nudge,
  })),
})

const many = (count: number, make: (index: number) => Session.Detail): ReadonlyArray<Session.Detail> =>
  Array.from({ length: count }, (_, index) => make(index))

const pageOf = (sessions: ReadonlyArray<Session.Detail>): string =>
  Findings.page(Findings.make(Findings.reads(sessions)))

const parse = (html: string) => parseHTML(html).document

const textOf = (html: string, selector: string): ReadonlyArray<string> =>
  Array.from(parse(html).querySelectorAll(selector), ({ textContent }) => textContent.replace(/\s+/g, " ").trim())

const noNumber = /NaN|Infinity|undefined|null|\[object/

describe("the page", () => {
  it.effect("of a month is the same to the byte, whoever draws it again", () =>
    Effect.gen(function* () {
      const sessions = yield* Findings.october
      const html = pageOf(sessions)
      assert.strictEqual(pageOf(sessions.toReversed()), html)
      yield* Effect.promise(() => expect(html).toMatchFileSnapshot("golden/page.html"))
    }),
  )

  it.effect("asks for nothing and runs nothing", () =>
    Effect.gen(function* () {
      const document = parse(pageOf(yield* Findings.october))
      assert.strictEqual(
        document.querySelectorAll("script, link, img, iframe, object, embed, form, [src], [onclick]").length,
        0,
      )
      const addresses = Array.from(document.querySelectorAll("[href]"), (link) => link.getAttribute("href") ?? "")
      assert.isAbove(addresses.length, 8)
      for (const address of addresses) {
        assert.match(address, /^#/)
        assert.isTrue(document.querySelector(address) !== null, address)
      }
      assert.notMatch(document.querySelector("style")?.textContent ?? "", /url\(|@import/)
    }),
  )

  it.effect("has a name for every chart, a table behind it, and headings in order", () =>
    Effect.gen(function* () {
      const document = parse(pageOf(yield* Findings.october))
      const charts = [...document.querySelectorAll("svg.chart")]
      assert.strictEqual(charts.length, 2 * 10)
      for (const chart of charts) {
        assert.strictEqual(chart.getAttribute("role"), "img")
        assert.match(chart.getAttribute("aria-label") ?? "", /^\S.{20,}\.$/)
        const section = chart.closest("section")
        assert.isAbove(section?.querySelectorAll("table").length ?? 0, 0)
      }
      for (const table of document.querySelectorAll("table")) {
        assert.isTrue(table.querySelector("caption") !== null)
        const rows = [...table.querySelectorAll("tbody tr")]
        assert.isAbove(rows.length, 0)
        for (const row of rows) assert.strictEqual(row.querySelector("th")?.getAttribute("scope"), "row")
        for (const head of table.querySelectorAll("thead th")) assert.strictEqual(head.getAttribute("scope"), "col")
      }
      const levels = Array.from(document.querySelectorAll("h1, h2, h3"), ({ tagName }) => Number(tagName.slice(1)))
      assert.strictEqual(levels[0], 1)
      levels.forEach((level, index) => assert.isAtMost(level - (levels[index - 1] ?? 0), 1))
      const ids = Array.from(document.querySelectorAll("[id]"), ({ id }) => id)
      assert.lengthOf(new Set(ids), ids.length)
    }),
  )

  it.effect("holds the numbers of the rows, rounded", () =>
    Effect.gen(function* () {
      const findings = Findings.make(Findings.reads(yield* Findings.demo))
      const html = Findings.page(findings)
      const all = findings.attribution.at(-1)
      const tiles = textOf(html, ".tile").join("\n")
      assert.include(tiles, `${all?.attributed_lower}–${all?.attributed_upper}`)
      assert.include(tiles, "of 3,000 sessions")
    }),
  )

  it.effect("has no adjusted difference at its head, and no number of extra conversions", () =>
    Effect.gen(function* () {
      const findings = Findings.make(Findings.reads(yield* Findings.demo))
      const html = Findings.page(findings)
      const head = textOf(html, "#headline").join("\n")
      assert.notMatch(head, /adjusted|mh|att\b|extra conversions/)
      assert.lengthOf(textOf(html, ".tile"), 4)
      const [crude, ...others] = findings.lift.filter(({ basis, contrast }) => `${contrast} ${basis}` === "E all")
      const [said] = crude?.text.split("; ") ?? []
      assert.include(textOf(html, ".words li").join("\n"), `as they are: ${said}`)
      for (const { text } of others) assert.notInclude(head, text)
      assert.notInclude(textOf(html, "body").join(), "for intent")
    }),
  )

  it("without a session says so, and shows no 0 % and no chart", () => {
    const html = pageOf([])
    assert.include(textOf(html, ".alert").join(), "There is no session in this window")
    assert.strictEqual(parse(html).querySelectorAll("svg.chart").length, 0)
    assert.notMatch(html, noNumber)
    assert.notMatch(textOf(html, "body").join(), /\b0\s%/)
    assert.include(textOf(html, ".tile").join("\n"), "Conversion rate–There is no session.")
  })

  it("does not say that there are no two groups where only the bands have not both", () => {
    const html = pageOf(
      many(60, (index) => ({ ...session(index, index % 2 === 0 ? [{}] : []), intent_score: index % 2 === 0 ? 90 : 5 })),
    )
    const titles = textOf(html, "#lift figcaption, #lift h3").join()
    assert.include(titles, "No band of the final score has sessions of both groups")
    assert.notInclude(textOf(html, "main").join(), "There are no two groups to compare")
  })

  it("of unnudged sessions alone has nothing to compare or to credit", () => {
    const html = pageOf(many(60, (index) => session(index, [], index % 4 === 0)))
    const text = textOf(html, "main").join()
    assert.include(text, "No nudge was shown, so there is nothing to credit.")
    assert.include(text, "There are no two groups to compare")
    assert.include(text, "No nudge was shown, so there is nothing to reconcile.")
    assert.include(text, "25.0 %")
    assert.notMatch(html, noNumber)
    assert.strictEqual(parse(html).querySelectorAll("#intent svg.chart").length, 2)
  })

  it("of nobody who buys has no ratio, and says why", () => {
    const html = pageOf(many(80, (index) => session(index, index % 2 === 0 ? [{}] : [])))
    assert.notMatch(html, noNumber)
    assert.include(textOf(html, "#lift td").join("\n"), "– nobody to compare with")
    assert.include(textOf(html, "#attribution").join(), "No conversion can be credited to a nudge")
  })

  it("says up front which details are missing", () => {
    const sessions = many(40, (index) => session(index, [{}], index % 3 === 0))
    const [first, ...rest] = sessions
    if (first === undefined) throw new Error("there are forty")
    const html = Findings.page(Findings.make([...Findings.reads(rest), Findings.unavailable(first)]))
    assert.include(textOf(html, ".alert li").join(), "Incomplete: the details of 1 session could not be had")
    assert.include(textOf(html, "#lift td").join(), "details missing")
  })

  it("says plainly that nothing is missing, where nothing is", () => {
    const html = pageOf(many(40, (index) => session(index, [{}], index % 3 === 0)))
    assert.match(textOf(html, ".alert").join(), /^CompleteAll 40 sessions of the window were read/)
  })

  describe("of a window with days without a session", () => {
    const onDay = (index: number, day: number): Session.Detail => {
      const date = `2026-10-${String(day).padStart(2, "0")}`
      return {
        ...session(index, [], index % 4 === 0),
        started_at: `${date}T10:00:00Z`,
        ended_at: `${date}T10:50:00Z`,
        events: [],
      }
    }
    const shop = (perDay: number, isOpen: (day: number) => boolean): string => {
      const days = Array.from({ length: 31 }, (_, index) => index + 1).filter(isOpen)
      return pageOf(days.flatMap((day) => many(perDay, (index) => onDay(100 * day + index, day))))
    }
    const limitsOf = (html: string): ReadonlyArray<string> => textOf(html, ".alert li")

    it("asks why before it calls anything complete", () => {
      const html = shop(25, (day) => day > 10 && day < 29 && (day < 15 || day > 18))
      assert.deepStrictEqual(limitsOf(html), [
        "No session up to 10 Oct 2026: older than the plan keeps, or no visits?",
        "No session from 15 Oct 2026 to 18 Oct 2026 (4 days): no visits, or was nothing recorded?",
        "No session from 29 Oct 2026 on: no visits, or was nothing recorded?",
      ])
      assert.notInclude(textOf(html, ".alert").join(), "Complete")
    })

    it("says how many sessions the list may have kept back, at the top and beside their number", () => {
      const findings = Findings.make(Findings.reads(many(40, (index) => session(index, []))))
      const html = Findings.page({ ...findings, coverage: { ...findings.coverage, possibly_missing: 6 } })
      assert.match(limitsOf(html).join(), /^Up to 6 sessions may be missing: /)
      assert.notInclude(textOf(html, ".alert").join(), "Complete")
      assert.include(textOf(html, ".tile .of")[0] ?? "", "up to 6 sessions more may be missing")
      assert.include(textOf(html, "tbody tr").join(), "Maybe missing, at most6")
    })

    it("keeps their places on both axes", () => {
      const html = shop(25, (day) => day > 8 && day < 29 && (day < 10 || day > 17))
      const charts = parse(html).querySelectorAll("#cohorts .narrow svg")
      const [map, line] = Array.from(charts, (chart) =>
        Array.from(chart.querySelectorAll("text"), ({ textContent }) => textContent),
      )
      assert.includeMembers([...(map ?? [])], ["1 Oct", "9 Oct", "10 Oct", "17 Oct", "31 Oct"])
      const empty = 31 - 12
      assert.lengthOf(
        (line ?? []).filter((text) => text === "·"),
        empty,
      )
      assert.include(textOf(html, "#cohorts .note").join(), `${empty} of 31 days have no session`)
    })

    it("asks about two days in the middle as it asks about them at the end, and draws a gap there", () => {
      const middle = shop(40, (day) => day !== 14 && day !== 15)
      assert.deepStrictEqual(limitsOf(middle), [
        "No session from 14 Oct 2026 to 15 Oct 2026 (2 days): no visits, or was nothing recorded?",
      ])
      const end = shop(40, (day) => day < 30)
      assert.deepStrictEqual(limitsOf(end), ["No session from 30 Oct 2026 on: no visits, or was nothing recorded?"])
      assert.deepStrictEqual(limitsOf(shop(40, (day) => day !== 14)), [
        "No session on 14 Oct 2026: no visits, or was nothing recorded?",
      ])
      // A band over each of the two days, in both charts and both sizes, and a word for it.
      const document = parse(middle)
      const gaps = (of: string) => document.querySelectorAll(`#cohorts ${of}`).length
      assert.strictEqual(gaps("figure:last-of-type .wide svg g[stroke='var(--grid)'] line[y1]"), 2)
      assert.strictEqual(gaps("figure:first-of-type .wide svg g[fill='var(--grid)'] rect"), 2 * 6)
      assert.strictEqual(gaps("figure:first-of-type .narrow svg g[fill='var(--grid)'] rect"), 2 * 6)
      assert.lengthOf(
        textOf(middle, "#cohorts .legend li").filter((text) => text === "gap: no session at all"),
        2,
      )
      assert.notInclude(
        textOf(
          shop(40, () => true),
          "#cohorts .legend li",
        ),
        "gap: no session at all",
      )
    })

    it("asks about days that are no habit: not the same of every week", () => {
      const closed = new Set([6, 14, 22])
      assert.lengthOf(limitsOf(shop(40, (day) => !closed.has(day))), 3)
      const isMonday = (day: number) => day % 7 === 5
      assert.deepStrictEqual(limitsOf(shop(40, (day) => !isMonday(day))), [])
      assert.deepStrictEqual(limitsOf(shop(40, (day) => !isMonday(day) && day !== 14)), [
        "No session on 14 Oct 2026: no visits, or was nothing recorded?",
      ])
      // Too few a day to say that any is missing.
      assert.deepStrictEqual(limitsOf(shop(9, (day) => day !== 14 && day !== 15)), [])
    })

    it("does not ask a quiet shop, nor one that is closed at weekends", () => {
      const quiet = shop(1, (day) => day % 5 === 0)
      // October 2026 begins on a Thursday.
      const closed = shop(60, (day) => (day + 2) % 7 < 5)
      assert.match(textOf(quiet, ".alert").join(), /^CompleteAll 6 sessions/)
      assert.match(textOf(closed, ".alert").join(), /^CompleteAll/)
    })
  })

  it("draws few sessions small, pale and with room, on a scale that reaches their rates", () => {
    const html = pageOf(many(20, (index) => ({ ...session(31 * index, [], true), intent_score: 90 })))
    const cells = [...parse(html).querySelectorAll("#cohorts figure:first-of-type .wide svg [fill-opacity='0.5'] rect")]
    assert.isAbove(cells.length, 0)
    const one = Findings.make(Findings.reads([{ ...session(0, [], true), intent_score: 90 }]), "week")
    const chart = CohortSection.heatMap({ ...one.cohorts, periods: ["2026-W40"] })
    if (chart === undefined) return assert.fail("there is a session")
    const rects = [...parse(Chart.svg(chart, Chart.wide)).querySelectorAll("rect")]
    assert.isAbove(rects.length, 0)
    for (const rect of rects) assert.closeTo(Number(rect.getAttribute("width")), 10, 1)
    assert.include(textOf(html, "#cohorts .legend").join(), "90 % and more")
  })

  it("says both numbers of a type, those credited and those flagged", () => {
    const html = pageOf(
      many(120, (index) => session(index, [{ influenced_conversion: index % 2 === 0 }], index % 3 === 0)),
    )
    assert.include(textOf(html, "#attribution .wide svg text"), "40 credited, 60 flagged")
    assert.include(textOf(html, "#attribution .wide svg text").join(), "conversions credited; sessions flagged")
  })

  it("says in words where all converted, or none", () => {
    for (const [hasBought, said] of [
      [true, "No test: all converted"],
      [false, "No test: none converted"],
    ] as const) {
      const html = pageOf(many(300, (index) => session(index, index % 2 === 0 ? [{}] : [], hasBought)))
      assert.include(textOf(html, ".words li")[0] ?? "", `${said}.`)
    }
  })

  it("says how many conversions could not be examined", () => {
    const sessions = many(40, (index) => session(index, [{}], index % 3 === 0))
    const [first, ...rest] = sessions
    if (first === undefined) throw new Error("there are forty")
    const html = Findings.page(Findings.make([...Findings.reads(rest), Findings.unavailable(first)]))
    assert.include(textOf(html, ".tile").join(), "of 14 conversions, 1 of them not examined for want of details")
  })

  it("shows no q and no plan for a comparison that is not to be made", () => {
    const html = pageOf(
      many(400, (index) =>
        session(
          index,
          index % 2 === 0 ? [{ shown_at: `2026-10-${String(1 + (index % 31)).padStart(2, "0")}T10:40:00Z` }] : [],
          index % 4 < 2,
        ),
      ),
    )
    const rows = [...parse(html).querySelectorAll("#lift tbody tr")].filter(({ textContent }) =>
      textContent.includes("not comparable"),
    )
    assert.isAbove(rows.length, 0)
    for (const row of rows) {
      const cells = Array.from(row.querySelectorAll("td"), ({ textContent }) => textContent)
      for (const column of [4, 7]) assert.strictEqual(cells[column], "– not comparable")
    }
  })

  it("names a tie of readings", () => {
    const html = pageOf(
      many(60, (index) => session(index, [{ influenced_conversion: index % 3 === 0 }], index % 3 === 0)),
    )
    const best = Array.from(
      parse(html).querySelectorAll("#reconcile details:last-of-type tbody tr"),
      (row) => row.lastElementChild?.textContent,
    )
    assert.isAbove(best.filter((each) => each === "tie").length, 1)
    assert.notInclude(best, "yes")
  })

  describe("of names from outside", () => {
    const hostile = [
      "<script>alert(1)</script>",
      `"><img src=x onerror=alert(1)>`,
      "</style><script>",
      "]]>&amp;&#39;",
      "\u{202e}reversed\u{200b}",
      "\u{0}\u{1b}[31m",
      "__proto__",
      "(all)",
      "",
      "  ",
      "x".repeat(300),
      "長い名前".repeat(60),
    ]
    const sessions = many(440, (index) =>
      session(
        index,
        [{ type: hostile[index % hostile.length] ?? "", influenced_conversion: index % 5 === 0 }],
        index % 4 === 0,
      ),
    )

    it("shows each as text, and breaks nothing", () => {
      const html = pageOf(sessions)
      const document = parse(html)
      assert.strictEqual(document.querySelectorAll("script, img").length, 0)
      assert.notMatch(html, /(?!\n)[\p{Cc}\p{Cf}]/u)
      const names = textOf(html, "#attribution tbody th")
      assert.lengthOf(names, hostile.length + 1)
      assert.includeMembers([...names], ["<script>alert(1)</script>", "]]>&amp;&#39;", "__proto__", "x".repeat(300)])
      for (const table of ["attribution", "performance"]) {
        const heads = textOf(html, `#${table} tbody th`)
        assert.include(heads, "“(all)”")
        assert.isAbove(heads.filter((head) => head === "(no name)").length, 1)
        assert.notInclude(heads, "")
      }
      assert.deepStrictEqual(textOf(html, "#attribution tr.total th"), ["(all)"])
      const labels = Array.from(
        document.querySelectorAll("#attribution .wide svg text"),
        ({ textContent }) => textContent,
      )
      const ofTypes = labels.filter((label) => !label.startsWith("conversions credited;"))
      assert.isAtMost(Math.max(...ofTypes.map((label) => label.length)), 28)
      assert.include(labels, `${"x".repeat(26)}…`)
    })

    it("shows thirty of two hundred, and all in the table", () => {
      const html = pageOf(many(400, (index) => session(index, [{ type: `type ${index % 200}` }], index % 4 === 0)))
      const labels = textOf(html, "#attribution .wide svg text").filter((label) => label.startsWith("type "))
      assert.lengthOf(labels, 30)
      assert.lengthOf(textOf(html, "#attribution tbody th"), 201)
      assert.include(textOf(html, "#attribution").join(), "The first 30 of 200 types; the others are in the table.")
    })

    it("escapes the title", () => {
      const findings = { ...Findings.make(Findings.reads(sessions)), title: "</title><script>Shoes & Socks" }
      const html = Findings.page(findings)
      assert.strictEqual(parse(html).querySelectorAll("script").length, 0)
      assert.deepStrictEqual(textOf(html, "h1"), ["</title><script>Shoes & Socks"])
    })
  })

  it("writes a range with one number, or with words, where a dash would mislead", () => {
    const plain = (low: number, high: number) => Figure.percentRange(low, high).replaceAll("\u{a0}", " ")
    assert.deepStrictEqual(
      [plain(0.1921, 0.1922), plain(0.148, 0.161), plain(0.991, 0.99999), plain(0.00001, 0.03)],
      ["19.2 %", "14.8–16.1 %", "99.1 to >99.9 %", "<0.01 to 3.0 %"],
    )
  })

  it.effect("by week has a column for each week", () =>
    Effect.gen(function* () {
      const html = Findings.page(Findings.make(Findings.reads(yield* Findings.october), "week"))
      assert.includeMembers([...textOf(html, "#cohorts .wide svg text")], ["W40*", "W41", "W44*"])
      assert.include(textOf(html, "#cohorts .note").join(), "cut by the window: not a whole week")
    }),
  )
})
