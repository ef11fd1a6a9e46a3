/** How long the plans keep sessions. A setting, never a hard refusal: Enterprise plans have longer on request. */

/** Days by plan, as the Sessions endpoint document has them. */
export const plans = { starter: 30, growth: 30, scale: 90, enterprise: 90 } as const

/** The vendor's plans that have a documented retention. */
export type Plan = keyof typeof plans
