/**
 * What a visitor would do, apart from when and apart from buying: that is decided on top of it, so the same visit can
 * be had with a purchase and without. Times are whole seconds since the session's start.
 */

export interface PageView {
  readonly at: number
  readonly url: string
}

export interface ShownNudge {
  readonly at: number
  readonly type: string
  readonly outcome: string
}

export interface Visit {
  /** 0 to 100. Most visitors have little of it. */
  readonly intentScore: number
  readonly views: ReadonlyArray<PageView>
  /** How long the visitor stays when nothing is bought. */
  readonly stay: number
  /** Where the visitor decides; a purchase follows `checkout` seconds later, and everything else then moves back. */
  readonly decidesAt: number
  readonly checkout: number
  /** Where the cart is filled, if it is. A buyer's always is. */
  readonly cartAt: number
  readonly wantsCart: boolean
  readonly nudges: ReadonlyArray<ShownNudge>
}

type Random = () => number

const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

const maxPages = 30

// Half a minute on a page, now and then a phone call: under the 30 minutes without activity that end a session.
const drawDwell = (random: Random): number => {
  const reading = 25 * Math.exp(normal(random))
  const pause = random() < 0.08 ? 300 + 1_200 * random() : 0
  return Math.max(2, Math.min(1_500, Math.round(reading + pause)))
}

const drawProduct = (random: Random): string => `/products/${1 + Math.floor(400 * random() ** 2)}`

const drawUrl = (random: Random, isLanding: boolean): string => {
  const place = random()
  if (place < (isLanding ? 0.4 : 0.05)) return "/"
  return place < (isLanding ? 0.65 : 0.3) ? `/categories/${1 + Math.floor(12 * random())}` : drawProduct(random)
}

const drawViews = (random: Random, keenness: number) => {
  const steps = Math.floor(-Math.log(1 - random()) * (0.4 + 6 * keenness))
  const pages = Math.min(maxPages, 1 + steps)
  const views: Array<PageView> = []
  let stay = 0
  for (let page = 0; page < pages; page++) {
    views.push({ at: stay, url: drawUrl(random, page === 0) })
    stay += drawDwell(random)
  }
  return { views, stay }
}

const drawType = (random: Random): string => {
  const draw = random()
  return draw < 0.3 ? "chat_bubble" : draw < 0.65 ? "toast" : draw < 0.85 ? "exit_modal" : "sticky_bar"
}

/** The part of the stay after which a nudge of the type comes up. */
const drawMoment = (random: Random, type: string): number => {
  const part = random()
  return type === "exit_modal" ? 0.85 + 0.15 * part : type === "sticky_bar" ? 0.3 * part : part
}

const drawInteraction = (random: Random, type: string): string => {
  const draw = random()
  if (type === "chat_bubble") return draw < 0.55 ? "chat_opened" : draw < 0.65 ? "clicked" : "dismissed"
  return draw < 0.5 ? "clicked" : "dismissed"
}

const shortestNudgedStay = 15
const firstNudgeAt = 10

const drawNudges = (random: Random, keenness: number, stay: number, decidesAt: number): Array<ShownNudge> => {
  // Keen visitors who stay get the nudges, as the vendor's triggers have it: that is why a crude comparison misleads.
  if (random() >= 0.1 + 0.6 * keenness || stay < shortestNudgedStay) return []
  return Array.from({ length: 1 + Math.floor(3 * random() ** 3) }, () => {
    const type = drawType(random)
    const at = firstNudgeAt + Math.floor(drawMoment(random, type) * (stay - firstNudgeAt))
    const isTaken = random() < 0.2 + 0.35 * keenness
    const interaction = drawInteraction(random, type)
    // An interaction after the decision could not have caused it: without any, the effect that was set stays exact.
    return { at, type, outcome: isTaken && at <= decidesAt ? interaction : "shown" }
  })
}

/** Draws a visit. */
export const draw = (random: Random): Visit => {
  const intentScore = Math.floor(101 * random() ** 3.3)
  const keenness = intentScore / 100
  const { stay, views } = drawViews(random, keenness)
  const decidesAt = Math.ceil(stay * (0.7 + 0.3 * random()))
  return {
    intentScore,
    views,
    stay,
    decidesAt,
    checkout: 40 + Math.floor(200 * random()),
    cartAt: Math.floor(decidesAt * (0.4 + 0.5 * random())),
    wantsCart: random() < 0.02 + 0.5 * keenness,
    nudges: drawNudges(random, keenness, stay, decidesAt),
  }
}

/** Whether the visitor did anything with the nudge. */
export const isInteraction = (nudge: { readonly outcome: string }): boolean => nudge.outcome !== "shown"
