/** Control, format and line-breaking characters: what could move the cursor, hide, or turn text around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
/** What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/

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

/** One CSV line (RFC 4180); a text that a spreadsheet would calculate is kept from it by an apostrophe. */
export function csvLine(cells: readonly (string | number | boolean | undefined)[]): string {
  return cells.map(csvCell).join(',')
}

function csvCell(cell: string | number | boolean | undefined): string {
  if (typeof cell !== 'string') return cell === undefined ? '' : String(cell)
  const safe = printable(FORMULA.test(cell) ? `'${cell}` : cell)
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function escaped(characters: string): string {
  return Array.from({ length: characters.length }, (_, index) => characters.charCodeAt(index))
    .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    .join('')
}
