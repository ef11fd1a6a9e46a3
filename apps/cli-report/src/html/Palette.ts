/** The colours, by name: variables of the page, in light and dark. */

/** How many steps the scale of a heat map has. */
export const heatSteps = 7

/** Those of a white page. */
export const light = {
  paper: "#ffffff",
  panel: "#f5f6f8",
  ink: "#1b1f24",
  muted: "#565e69",
  grid: "#dfe2e6",
  line: "#c3c8cf",
  first: "#1f62ad",
  "first-pale": "#9fc3ea",
  second: "#b4500b",
  third: "#7a7f88",
  alert: "#fdf3e7",
  "alert-line": "#b4500b",
  heat1: "#edf2f9",
  heat2: "#d3e2f3",
  heat3: "#adcaea",
  heat4: "#80add9",
  heat5: "#3d79b8",
  heat6: "#235c99",
  heat7: "#0d3c70",
  heat1text: "#1b1f24",
  heat2text: "#1b1f24",
  heat3text: "#1b1f24",
  heat4text: "#111418",
  heat5text: "#ffffff",
  heat6text: "#ffffff",
  heat7text: "#ffffff",
}

export type Name = keyof typeof light

const dark: Readonly<Record<Name, string>> = {
  paper: "#14171b",
  panel: "#1e2328",
  ink: "#e8eaed",
  muted: "#a9b1bb",
  grid: "#30363d",
  line: "#4b535d",
  first: "#74aef0",
  "first-pale": "#2f5a8c",
  second: "#f0a05a",
  third: "#8f97a1",
  alert: "#33261a",
  "alert-line": "#f0a05a",
  heat1: "#27323e",
  heat2: "#25425f",
  heat3: "#264f7a",
  heat4: "#33689e",
  heat5: "#639bd6",
  heat6: "#96c0ee",
  heat7: "#cfe3fb",
  heat1text: "#e8eaed",
  heat2text: "#e8eaed",
  heat3text: "#ffffff",
  heat4text: "#ffffff",
  heat5text: "#0c1117",
  heat6text: "#0c1117",
  heat7text: "#0c1117",
}

/** As a chart names it. */
export const colour = (name: Name): string => `var(--${name})`

const heatNames = [
  ["heat1", "heat1text"],
  ["heat2", "heat2text"],
  ["heat3", "heat3text"],
  ["heat4", "heat4text"],
  ["heat5", "heat5text"],
  ["heat6", "heat6text"],
  ["heat7", "heat7text"],
] as const satisfies ReadonlyArray<readonly [Name, Name]>

/** The colour of a step from 0 on, and that of text on it; the last for all steps above it. */
export const heat = (step: number): { readonly fill: string; readonly text: string } => {
  const [fill, text] = heatNames[Math.min(step, heatSteps - 1)] ?? heatNames[0]
  return { fill: colour(fill), text: colour(text) }
}

const declarations = (colours: Readonly<Record<Name, string>>): string =>
  Object.entries(colours)
    .map(([name, value]) => `--${name}:${value};`)
    .join("")

/** The variables of the page, on paper those of light. */
export const css = [
  `:root{color-scheme:light dark;${declarations(light)}}`,
  `@media screen and (prefers-color-scheme:dark){:root{${declarations(dark)}}}`,
].join("\n")
