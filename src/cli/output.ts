import { styleText } from 'node:util'
import { Option } from 'commander'
import stringWidth from 'string-width'
import { printable, printableJson } from '../errors/printable.ts'
import { csvLine } from './csv.ts'
import type { Command } from 'commander'

export interface OutputOptions {
  readonly json?: boolean
  readonly csv?: boolean
}

/** One column: its name for programs, its title for people. */
export interface Column<Row> {
  readonly name: string
  readonly title: string
  readonly value: (row: Row) => string | number | boolean | undefined
  /** The value for people, if it looks different from the one for programs. */
  readonly shown?: (row: Row) => string
  /** For numbers. */
  readonly align?: 'right'
  /** Left out of tables, which have to fit a terminal. */
  readonly forPrograms?: boolean
}

/** Adds `--json` and `--csv`. */
export function withFormats(command: Command): Command {
  return command
    .addOption(new Option('--json', 'print JSON').conflicts('csv'))
    .addOption(new Option('--csv', 'print CSV, with a line of column names'))
}

/** Prints rows as the options say; `none` is what people read where there are no rows. */
export function printRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { json = false, csv = false }: OutputOptions,
  none: string,
): void {
  if (json) return printJson(rows.map((row) => objectOf(row, columns)))
  if (csv) {
    const lines = rows.map((row) => csvLine(columns.map(({ value }) => value(row))))
    return write([csvLine(columns.map(({ name }) => name)), ...lines])
  }
  write(rows.length === 0 ? [none] : tableLines(rows, columns))
}

/** Prints one row: for people a line a column, else as `printRows` does. */
export function printRow<Row>(row: Row, columns: readonly Column<Row>[], options: OutputOptions): void {
  if (options.json === true) return printJson(objectOf(row, columns))
  if (options.csv === true) return printRows([row], columns, options, '')
  const width = Math.max(...columns.map(({ title }) => title.length))
  write(columns.map((column) => `${dim(column.title.toLowerCase().padEnd(width))}  ${cellOf(row, column)}`.trimEnd()))
}

export function printJson(value: unknown): void {
  write([printableJson(value)])
}

// `comet-gateway generations | head`: the reader has had enough, and nothing went wrong.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

export function write(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}

/** Words beside the result, on standard error, so that a program can read the result. */
export function remark(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** Colours only on a terminal, and never with NO_COLOR (no-color.org): styleText sees to both. */
export function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}

export function dim(text: string): string {
  return styleText('dim', text, { stream: process.stdout })
}

function objectOf<Row>(row: Row, columns: readonly Column<Row>[]): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name, value }) => [name, value(row) ?? null]))
}

function tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string[] {
  const shown = columns.filter(({ forPrograms = false }) => !forPrograms)
  const cells = rows.map((row) => shown.map((column) => cellOf(row, column)))
  const widths = shown.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => stringWidth(line[index] ?? ''))),
  )
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => {
        const padding = ' '.repeat((widths[index] ?? 0) - stringWidth(text))
        return shown[index]?.align === 'right' ? padding + text : text + padding
      })
      .join('  ')
      .trimEnd()
  return [bold(line(shown.map(({ title }) => title))), ...cells.map(line)]
}

function cellOf<Row>(row: Row, { value, shown }: Column<Row>): string {
  return printable(shown === undefined ? String(value(row) ?? '') : shown(row))
}
