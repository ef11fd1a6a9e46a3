/** How far two sides agree, the vendor's flag and a rule, over things that each calls yes or no. Undefined is null. */
import type * as Comparison from "./Comparison.ts"
import type * as Counts from "./Counts.ts"
import * as Proportion from "./Proportion.ts"

/** Nothing counted yet. */
export const noCounts = { both: 0, flag_only: 0, rule_only: 0, neither: 0 }

/** The fourfold table: who said yes. */
export type AgreementCounts = Counts.Counts<keyof typeof noCounts>

/** All nudges: the sum of the four. */
export const total = ({ both, flag_only, neither, rule_only }: Readonly<AgreementCounts>): number =>
  both + flag_only + rule_only + neither

/** Those on which both sides say the same. */
export const agreeing = ({ both, neither }: Readonly<AgreementCounts>): number => both + neither

/** agreeing ÷ total, from 0 to 1, with its Wilson interval. */
export const rate = (counts: Readonly<AgreementCounts>, z: number = Proportion.z95): Comparison.Estimate => ({
  estimate: Proportion.rate(agreeing(counts), total(counts)),
  ...Proportion.wilson(agreeing(counts), total(counts), z),
})

/**
 * Cohen's kappa, from −1 to 1: the agreement beyond the one expected by chance, as a share of what chance leaves to
 * gain; 0 is chance, 1 full agreement. Null where a side says the same of everything, for then chance alone agrees.
 * Cohen J (1960) Educ Psychol Meas 20:37–46, (po − pe)/(1 − pe), with both multiplied by the square of the total.
 */
export const kappa = ({ both, flag_only, neither, rule_only }: Readonly<AgreementCounts>): number | null => {
  const [flagged, unflagged] = [both + flag_only, rule_only + neither]
  const [ruled, unruled] = [both + rule_only, flag_only + neither]
  if (flagged === 0 || unflagged === 0 || ruled === 0 || unruled === 0) return null
  return (2 * (both * neither - flag_only * rule_only)) / (flagged * unruled + ruled * unflagged)
}
