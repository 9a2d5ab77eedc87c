/** Control, format and line-breaking characters: they can move the cursor, hide, or turn text around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * The same characters as a pattern that other languages' regular expressions know too (Python's has no classes of Unicode):
 * those of Unicode 17 that have a name.
 */
export const PRINTABLE_PATTERN =
  '^[^\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u180e\\u200b-\\u200f' +
  '\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}' +
  '\u{e0001}\u{e0020}-\u{e007f}]*$'

/** Whether a terminal shows all of a text, in one line and in its order. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) === -1
}

/** Text that a terminal shows and does not obey: names and model ids may come from anybody. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '\u{FFFD}')
}

/** JSON of one value that a terminal shows and does not obey. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replaceAll(UNPRINTABLE, (character) =>
    character === '\n' ? character : escaped(character),
  )
}

function escaped(characters: string): string {
  return Array.from({ length: characters.length }, (_, index) => characters.charCodeAt(index))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')
}
