/** Nudges as `GET /nudges` lists them. */

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
