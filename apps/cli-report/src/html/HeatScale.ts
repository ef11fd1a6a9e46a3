/** Rates as steps of colour: few enough to tell apart, with round limits. */
import type * as Chart from "./Chart.ts"
import * as Palette from "./Palette.ts"

export interface HeatScale {
  readonly colours: (rate: number) => ReturnType<typeof Palette.heat>
  readonly legend: ReadonlyArray<Chart.LegendItem>
}

const roundSteps = [0.1, 0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15]

/** Of rates from 0 to 1; the last step is open above. */
export const make = (rates: ReadonlyArray<number>): HeatScale => {
  const most = 100 * Math.max(0, ...rates)
  const step = roundSteps.find((size) => size * Palette.heatSteps >= most) ?? 15
  const limit = (index: number): string => String(Number((index * step).toFixed(1)))
  return {
    colours: (rate) => Palette.heat(Math.floor(Number(((100 * rate) / step).toFixed(9)))),
    legend: Array.from({ length: Palette.heatSteps }, (_, index) => ({
      mark: "cell",
      colour: Palette.heat(index).fill,
      label: index === Palette.heatSteps - 1 ? `${limit(index)} % and more` : `${limit(index)}–${limit(index + 1)}`,
    })),
  }
}
