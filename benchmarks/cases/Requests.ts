/** What attribution costs where requests are what costs: with a limit of 1,000 a minute. */
import * as Case from "../Case.ts"
import * as Child from "../Child.ts"
import * as Right from "../Right.ts"
import * as Shop from "../server/Shop.ts"
import * as Wire from "../server/Wire.ts"
import * as Spread from "../Spread.ts"
import type * as Measured from "../subjects/Measured.ts"
import type * as OfAttribution from "../subjects/OfAttribution.ts"

interface Way {
  readonly name: OfAttribution.Options["way"]
  readonly what: string
}

const ways: ReadonlyArray<Way> = [
  { name: "every", what: "pages of 50 and every detail" },
  { name: "details", what: "ours, by the details that the report needs" },
  { name: "nudges", what: "ours, nudges from their own list" },
]

const rightOf = (shop: Shop.Shop): OfAttribution.Answer => {
  let [shown, attributed] = [0, 0]
  for (let index = 0; index < shop.spec.sessions; index++) {
    const { converted, interacted, nudgeCount } = shop.session(index)
    shown += nudgeCount
    if (converted && interacted) attributed++
  }
  return { shown, attributed }
}

export const requests: Case.Case = {
  name: "requests",
  title: "Requests for attribution",
  run: async (settings) => {
    const spec: Shop.Spec = { sessions: settings.quick ? 5_000 : 100_000, traffic: "skewed" }
    const right = rightOf(new Shop.Shop(spec))
    const window = { from: Wire.instant(Shop.firstSecond), to: Wire.instant(Shop.lastSecond) }
    const measured = await Child.withServer(spec, ({ baseUrl, counts }) =>
      // Counts do not vary.
      Case.inTurn(ways, { ...settings, repetitions: 1 }, async ({ name: way }) => {
        const profile = Case.profileOf(settings, `requests-${way}`)
        const options: OfAttribution.Options = { baseUrl, ...window, way, profile }
        const measurement = await Child.run<Measured.Measurement<OfAttribution.Answer>>(
          "subjects/OfAttribution.ts",
          options,
        )
        Right.check(way, measurement.answer, right)
        const { details, list, nudges } = await counts()
        return { ...measurement, details, list, nudges, requests: list + details + nudges }
      }),
    )
    const of = (name: string, value: (counted: { list: number; details: number; nudges: number }) => number) =>
      Case.spreadOf(measured, name, value)
    const total = (name: string) => of(name, ({ details, list, nudges }) => list + details + nudges)
    const share = (name: string) => Case.ratio(total(name), total("every"))
    const what = "requests for attribution, against pages of 50 + every detail"
    return {
      about: `${Spread.number(spec.sessions, 0)} sessions, 35 % of them nudged, 0.6 % interacted with and converted.`,
      columns: ["", "pages", "details", "pages of nudges", "requests", "%", "minutes at 1,000 a minute"],
      rows: ways.map(({ name, what }) => [
        what,
        Spread.median(
          of(name, ({ list }) => list),
          0,
        ),
        Spread.median(
          of(name, ({ details }) => details),
          0,
        ),
        Spread.median(
          of(name, ({ nudges }) => nudges),
          0,
        ),
        Spread.median(total(name), 0),
        Spread.number((share(name) ?? Number.NaN) * 100, 1),
        Spread.number((total(name)?.median ?? Number.NaN) / 1000, 1),
      ]),
      aims: [
        Case.share(`${what}: by details`, share("details"), { atMost: 36 }),
        Case.share(`${what}: bulk nudges`, share("nudges"), { atMost: 1.5 }),
      ],
      measurements: Object.fromEntries(measured),
    }
  },
}
