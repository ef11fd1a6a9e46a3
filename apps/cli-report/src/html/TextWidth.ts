/** How wide text is, where nothing can measure it: rather too much than too little, at the font size of charts. */

const broad = /[mwMW@%—…]/
const capital = /\p{Lu}/u
/** Beyond the alphabets whose letters are narrow: as wide as high, or wider. */
const square = /[\u{530}-\u{200f}\u{2028}-\u{10ffff}]/u

const letter = (character: string): number => {
  if (square.test(character)) return 16
  if (broad.test(character)) return 12
  return capital.test(character) ? 9 : 7.4
}

/** In px. */
export const of = (text: string): number => Array.from(text).reduce((sum, character) => sum + letter(character), 0)

/** As much of the text as fits into so many px, with … where that is not all. */
export const cut = (text: string, width: number): string => {
  if (of(text) <= width) return text
  const characters = Array.from(text)
  let [kept, used] = [0, letter("…")]
  for (const character of characters) {
    used += letter(character)
    if (used > width) break
    kept++
  }
  return `${characters.slice(0, kept).join("")}…`
}
