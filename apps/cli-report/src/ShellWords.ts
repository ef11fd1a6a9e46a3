/** Words as a POSIX shell reads them back. */

const quote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

export const join = (words: ReadonlyArray<string>): string => words.map(quote).join(" ")
