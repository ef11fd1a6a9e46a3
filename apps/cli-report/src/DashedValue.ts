/**
 * Values that begin with a dash, such as `--time-zone -03:00`: the parser would take each of their characters for a flag. So
 * that every flag takes them, whatever its value is, a word after a flag's name is joined to it by `=` where it cannot be
 * flags itself. What was right without it stays as it is: an unknown flag is always an error.
 */

/** The flags of one letter, together or with a value; a test knows that there are no others. */
const shortFlags = /^-[hoqv]+(?:=|$)/

/** These the parser knows: after a flag that takes no value they are arguments. */
const negativeNumber = /^-(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

const isValue = (word: string): boolean => /^-[^-]/.test(word) && !shortFlags.test(word) && !negativeNumber.test(word)

const isName = (word: string | undefined): boolean => word !== undefined && /^(?:--[^=]+|-[hoqv])$/.test(word)

/** The words for the parser. What comes after `--` is no flag's. */
export const join = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const joined: Array<string> = []
  let isOver = false
  for (const word of words) {
    const name = joined.at(-1)
    isOver ||= word === "--"
    if (!isOver && isName(name) && isValue(word)) joined.splice(-1, 1, `${name}=${word}`)
    else joined.push(word)
  }
  return joined
}
