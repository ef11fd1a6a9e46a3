/** The list over a slow network: several chains of pages at once, in the list's order. */
import * as Case from "../Case.ts"
import * as Child from "../Child.ts"
import * as Right from "../Right.ts"
import type * as Server from "../server/Server.ts"
import * as Shop from "../server/Shop.ts"
import * as Wire from "../server/Wire.ts"
import * as Spread from "../Spread.ts"
import type * as Measured from "../subjects/Measured.ts"
import type * as OfParallel from "../subjects/OfParallel.ts"

const subjects = [1, 8, 16].map((chains) => ({ name: `${chains}`, chains }))

export const parallel: Case.Case = {
  name: "parallel",
  title: "The list over a slow network",
  run: async (settings) => {
    const sessions = settings.quick ? 20_000 : 400_000
    const latencyMillis = settings.quick ? 10 : 50
    const server: Server.Options = { sessions, traffic: "skewed", latencyMillis }
    const measured = await Child.withServer(server, ({ baseUrl, counts }) =>
      Case.inTurn(
        subjects,
        { ...settings, repetitions: Math.min(3, settings.repetitions) },
        async ({ chains, name }) => {
          const window = { from: Wire.instant(Shop.firstSecond), to: Wire.instant(Shop.lastSecond) }
          const profile = Case.profileOf(settings, `parallel-${chains}`)
          const options: OfParallel.Options = { baseUrl, ...window, chains, profile }
          const measurement = await Child.run<Measured.Measurement<OfParallel.Answer>>(
            "subjects/OfParallel.ts",
            options,
          )
          Right.check(name, measurement.answer, { sessions, misplaced: 0 })
          return { ...measurement, requests: (await counts()).list }
        },
      ),
    )
    const seconds = (name: string) => Case.spreadOf(measured, name, ({ wall_ms }) => wall_ms / 1000)
    const requests = (name: string) => Case.spreadOf(measured, name, ({ requests }) => requests)
    const extra = (name: string): number | undefined => {
      const ratio = Case.ratio(requests(name), requests("1"))
      return ratio === undefined ? undefined : ratio - 1
    }
    const what = (chains: number) => `listing ${Spread.number(sessions, 0)} sessions, K = ${chains}`
    return {
      about: `${Spread.number(sessions, 0)} sessions, ${latencyMillis} ms for each answer; nights are ten times as quiet as afternoons, one day is a sale.`,
      columns: ["chains (K)", "seconds", "× faster", "requests", "more requests, %", "CPU, s", "peak RSS, MB"],
      rows: subjects.map(({ name }) => [
        name,
        Spread.text(seconds(name), 1),
        Spread.number(Case.ratio(seconds("1"), seconds(name)), 1),
        Spread.median(requests(name), 0),
        Spread.number((extra(name) ?? Number.NaN) * 100, 1),
        Spread.median(
          Case.spreadOf(measured, name, ({ cpu_us }) => cpu_us / 1e6),
          2,
        ),
        Spread.median(
          Case.spreadOf(measured, name, ({ max_rss_bytes }) => max_rss_bytes / 1e6),
          0,
        ),
      ]),
      aims: [
        Case.atLeastTimes(`${what(8)}, faster than one chain`, Case.ratio(seconds("1"), seconds("8")), 7),
        Case.share(`${what(8)}, more requests`, extra("8"), { atMost: 5 }),
        Case.atLeastTimes(`${what(16)}, faster than one chain`, Case.ratio(seconds("1"), seconds("16")), 13),
        Case.share(`${what(16)}, more requests`, extra("16"), { atMost: 5 }),
      ],
      measurements: Object.fromEntries(measured),
    }
  },
}
