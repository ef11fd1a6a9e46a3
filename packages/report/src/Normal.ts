/** The normal distribution in double precision. Coefficients stand in ascending powers, rounded to doubles. */

interface Rational {
  readonly numerator: ReadonlyArray<number>
  readonly denominator: ReadonlyArray<number>
}

const polynomial = (coefficients: ReadonlyArray<number>, x: number): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0)

const ratio = ({ denominator, numerator }: Rational, x: number): number =>
  polynomial(numerator, x) / polynomial(denominator, x)

const quantileCentral: Rational = {
  numerator: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  denominator: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
}

const quantileMiddle: Rational = {
  numerator: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  denominator: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
}

const quantileFar: Rational = {
  numerator: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  denominator: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
}

/**
 * The z with P(Z ≤ z) = p; null unless 0 < p < 1.
 * Wichura MJ (1988) Algorithm AS 241, Applied Statistics 37:477–484, PPND16: about 1 part in 10^16.
 */
export const quantile = (p: number): number | null => {
  if (!(p > 0 && p < 1)) return null
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) return q * ratio(quantileCentral, 0.180625 - q * q)
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)))
  return Math.sign(q) * (r <= 5 ? ratio(quantileMiddle, r - 1.6) : ratio(quantileFar, r - 5))
}

/** erf(x) ÷ x by x², for |x| ≤ 0.46875. */
const erfCentral: Rational = {
  numerator: [3209.3775891384694, 377.485237685302, 113.86415415105016, 3.1611237438705655, 0.18577770618460315],
  denominator: [2844.236833439171, 1282.6165260773723, 244.02463793444417, 23.601290952344122, 1],
}

/** exp(x²)·erfc(x) by x, for 0.46875 ≤ x ≤ 4. */
const erfcMiddle: Rational = {
  numerator: [
    1230.3393547979972, 2051.0783778260716, 1712.0476126340707, 881.952221241769, 298.6351381974001, 66.11919063714163,
    8.883149794388377, 0.5641884969886701, 2.1531153547440383e-8,
  ],
  denominator: [
    1230.3393548037495, 3439.3676741437216, 4362.619090143247, 3290.7992357334597, 1621.3895745666903,
    537.1811018620099, 117.6939508913125, 15.744926110709835, 1,
  ],
}

/** x²·(1/√π − x·exp(x²)·erfc(x)) by 1/x², for x ≥ 4. */
const erfcFar: Rational = {
  numerator: [
    0.0006587491615298378, 0.016083785148742275, 0.12578172611122926, 0.36034489994980445, 0.30532663496123236,
    0.016315387137302097,
  ],
  denominator: [
    0.0023352049762686918, 0.06051834131244132, 0.5279051029514285, 1.8729528499234604, 2.568520192289822, 1,
  ],
}

/** exp(x²)·erfc(x) for x ≥ 0.46875. */
const scaledErfc = (x: number): number => {
  if (x <= 4) return ratio(erfcMiddle, x)
  const y = 1 / (x * x)
  return (1 / Math.sqrt(Math.PI) - y * ratio(erfcFar, y)) / x
}

/** exp(−z²/2). A rounded z² would cost up to z²/2 units in the last place; the square of `head` is exact. */
const bell = (z: number): number => {
  const head = Math.trunc(z * 16) / 16
  return Math.exp((-head * head) / 2) * Math.exp((-(z - head) * (z + head)) / 2)
}

/**
 * P(Z > z) = erfc(z/√2)/2, to about 1 part in 10^15 as far as 1e-300; 1 − P(Z ≤ z) would be 0 from z = 8.3 on.
 * Cody WJ (1969) Rational Chebyshev approximations for the error function, Math Comp 23:631–637.
 */
export const upperTail = (z: number): number => {
  const x = z / Math.SQRT2
  if (Math.abs(x) <= 0.46875) return (1 - x * ratio(erfCentral, x * x)) / 2
  if (z < 0) return 1 - upperTail(-z)
  // The tail is below the least positive double here, and `bell` would be NaN at Infinity.
  if (z > 40) return 0
  return (scaledErfc(x) * bell(z)) / 2
}

/** P(|Z| > |z|), which is also P(χ² > z²) with one degree of freedom. */
export const twoSidedP = (z: number): number => 2 * upperTail(Math.abs(z))
