/** Text that the API may hold and no terminal may see. Its list is one of its own, so that a test can hold the code to it. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"

export const dangers: ReadonlyArray<{ readonly name: string; readonly text: string }> = [
  { name: "an escape that clears the screen", text: "\u{1b}[2J" },
  { name: "an OSC that sets the title", text: "\u{1b}]0;owned\u{7}" },
  { name: "an OSC that writes the clipboard", text: "\u{1b}]52;c;ZXZpbA==\u{1b}\\" },
  { name: "a C1 control sequence", text: "\u{9b}31m" },
  { name: "a C1 OSC and its end", text: "\u{9d}0;owned\u{9c}" },
  { name: "a carriage return that writes over the line", text: "\r" },
  { name: "a backspace", text: "\b" },
  { name: "a NUL", text: "\0" },
  { name: "a tab", text: "\t" },
  { name: "a delete", text: "\u{7f}" },
  { name: "a next line (C1)", text: "\u{85}" },
  { name: "a right-to-left override", text: "\u{202e}" },
  { name: "a pop of directions", text: "\u{202c}" },
  { name: "an isolate", text: "\u{2066}" },
  { name: "the end of an isolate", text: "\u{2069}" },
  { name: "a right-to-left mark", text: "\u{200f}" },
  { name: "an Arabic letter mark", text: "\u{61c}" },
  { name: "a zero-width space", text: "\u{200b}" },
  { name: "two zero-width joiners", text: "\u{200d}\u{200d}" },
  { name: "a word joiner", text: "\u{2060}" },
  { name: "a byte order mark", text: "\u{feff}" },
  { name: "a soft hyphen", text: "\u{ad}" },
  { name: "a Hangul filler", text: "\u{3164}" },
  { name: "a tag", text: "\u{e0041}" },
  { name: "a line separator", text: "\u{2028}" },
  { name: "a paragraph separator", text: "\u{2029}" },
  { name: "a high surrogate alone", text: "\ud83d" },
  { name: "a low surrogate alone", text: "\udc00" },
]

const ranges: ReadonlyArray<readonly [first: number, last: number]> = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe007f],
]

const isHidden = (codePoint: number): boolean => ranges.some(([first, last]) => first <= codePoint && codePoint <= last)

const isVisible = (codePoint: number | undefined): boolean =>
  codePoint !== undefined && codePoint !== 0x20 && !isHidden(codePoint)

/**
 * Whether the text holds anything that a terminal obeys or does not show; a line feed counts too. A joiner or non-joiner
 * between two visible characters is spelling.
 */
export const isDangerous = (text: string): boolean =>
  Array.from(text, (character) => character.codePointAt(0) ?? 0).some(
    (codePoint, at, all) =>
      isHidden(codePoint) &&
      !((codePoint === 0x200c || codePoint === 0x200d) && isVisible(all[at - 1]) && isVisible(all[at + 1])),
  )

const pieces = [...dangers.map(({ text }) => text), "\n", "toast", " ", "│", ";", "="]

/** Any text, mostly of dangerous pieces. */
export const text: Arbitrary.Arbitrary<string> = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Union([Schema.Literals(pieces), Schema.String])), { maxLength: 6 }),
  (parts) => parts.join(""),
)
