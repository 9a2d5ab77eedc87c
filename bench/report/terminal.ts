import { styleText } from 'node:util'
import { headsOf, rowsOf } from './wording.ts'
import type { SystemFacts, WorkResult } from '../works/results.ts'
import type { Work } from '../works/work.ts'

const isTerminal = process.stdout.isTTY

/** Says on one line what is being done, and for how long; where there is no terminal, one line a work. */
export class Progress {
  readonly #startedAt = performance.now()
  readonly #works: readonly Work[]
  #work: Work | undefined

  constructor(works: readonly Work[]) {
    this.#works = works
  }

  began(work: Work): void {
    this.#work = work
    if (!isTerminal) console.log(`\n(${work.id}) ${work.title}`)
  }

  step(step: string): void {
    if (!isTerminal || this.#work === undefined) return
    const place = `${this.#works.indexOf(this.#work) + 1}/${this.#works.length}`
    const text = `${clock(performance.now() - this.#startedAt)}  ${place}  (${this.#work.id}) ${this.#work.title}: ${step}`
    process.stdout.write(`\r\u001B[2K${text.slice(0, (process.stdout.columns ?? 80) - 1)}`)
  }

  ended(): void {
    if (isTerminal) process.stdout.write('\r\u001B[2K')
  }
}

/** Prints the table of one work. */
export function printWork(work: Work, result: WorkResult, systems: readonly SystemFacts[]): void {
  const rows = rowsOf(work, result, systems)
  const heads = headsOf(work)
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map(({ system, cells }) => ([system, ...cells][column] ?? '').length)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
  if (isTerminal) console.log(styleText('bold', `\n(${work.id}) ${work.title}`))
  console.log(`  ${styleText('dim', line(heads))}`)
  for (const { system, cells, missing } of rows) {
    const reason = missing === undefined ? '' : `  – ${missing}`
    console.log(`  ${cells.length > 0 ? line([system, ...cells]) : system.padEnd(widths[0] ?? 0)}${reason}`)
  }
}

function clock(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
