/** Two made-up keys, and every form in which one might stand somewhere. */
import { assert } from "@effect/vitest"

// Of characters that a URL, JSON and base64 each write in another way.
export const key = 'sk_test_Tr0ub4dor+&3/="Zq~'
export const newKey = "sk_test_c0rrect+Horse/9=%Ky"

/** A text in base64 starts at one of three places in a group; what is around it changes its first and last character. */
const inBase64 = (text: string): ReadonlyArray<string> =>
  [0, 1, 2].map((offset) =>
    Buffer.from(`${" ".repeat(offset)}${text}`)
      .toString("base64")
      .replaceAll("=", "")
      .slice(offset === 0 ? 0 : offset + 1, -1),
  )

/** The part that no prefix gives away, as it is and in every disguise that a log might give it. */
const formsOf = (secret: string): ReadonlyArray<string> => {
  const part = secret.replace(/^sk_test_/, "")
  return [
    part,
    encodeURIComponent(part),
    encodeURI(part),
    JSON.stringify(part).slice(1, -1),
    Array.from(part).toReversed().join(""),
    Buffer.from(part).toString("hex"),
    ...[part, secret, `Bearer ${secret}`].flatMap(inBase64),
    ...[part, secret].flatMap(inBase64).map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ]
}

const forms = [key, newKey].flatMap(formsOf)

export type Places = Readonly<Record<string, string>>

/** Which form of a key stands where. */
export const findIn = (places: Places): ReadonlyArray<string> =>
  Object.entries(places).flatMap(([place, text]) =>
    forms.filter((form) => text.includes(form)).map((form) => `${form} in ${place}`),
  )

export const assertNowhere = (places: Places) => assert.deepStrictEqual(findIn(places), [])
