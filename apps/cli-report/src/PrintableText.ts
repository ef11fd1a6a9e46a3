/**
 * Text that comes from the API or a file, as it may stand on a terminal: no control character reaches it, nor one that
 * turns the direction of what follows.
 */

/** Control characters become U+FFFD, line breaks too. */
export const line = (text: string): string => text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, "\u{fffd}")

/** The same, but a line break stays one. */
export const lines = (text: string): string => text.replace(/(?!\n)[\p{Cc}\p{Bidi_Control}]/gu, "\u{fffd}")
