import { printable } from '../errors/printable.ts'

/** The beginnings of a text that a spreadsheet takes for a formula (OWASP, CSV Injection). */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/

/** One CSV line (RFC 4180); an apostrophe keeps a spreadsheet from calculating a text. */
export function csvLine(cells: readonly (string | number | boolean | undefined)[]): string {
  return cells.map(csvCell).join(',')
}

function csvCell(cell: string | number | boolean | undefined): string {
  if (typeof cell !== 'string') return cell === undefined ? '' : String(cell)
  const safe = printable(FORMULA.test(cell) ? `'${cell}` : cell)
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
