/** The pictures of docs: one for each report, of the demo's sessions. `vitest run test/HtmlPictures.test.ts -u` writes them. */
import { assert, describe, expect, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as AttributionSection from "../src/html/AttributionSection.ts"
import * as CohortSection from "../src/html/CohortSection.ts"
import * as IntentSection from "../src/html/IntentSection.ts"
import * as LiftSection from "../src/html/LiftSection.ts"
import * as PerformanceSection from "../src/html/PerformanceSection.ts"
import * as ReconcileSection from "../src/html/ReconcileSection.ts"
import * as Findings from "./html/Findings.ts"
import * as Picture from "./html/Picture.ts"

describe("the pictures", () => {
  layer(Layer.empty)("of the demo's sessions", (it) => {
    it.effect("are those of docs, and stand alone", () =>
      Effect.gen(function* () {
        const findings = Findings.make(Findings.reads(yield* Findings.demo))
        const charts = {
          attribution: AttributionSection.chart(findings.attribution),
          lift: LiftSection.chart(findings.lift),
          cohorts: CohortSection.heatMap(findings.cohorts),
          calibration: IntentSection.chart(findings.calibration),
          "nudge-performance": PerformanceSection.byType(findings.performance),
          reconcile: ReconcileSection.chart(findings.reconcile),
        }
        for (const [name, chart] of Object.entries(charts)) {
          if (chart === undefined) return assert.fail(`${name} has no chart`)
          const picture = Picture.make(chart)
          assert.notMatch(picture, /var\(|<style|<script|href=|NaN/)
          yield* Effect.promise(() => expect(picture).toMatchFileSnapshot(`../../../docs/pictures/${name}.svg`))
        }
      }),
    )
  })
})
