import { DIRECT, mediansOf } from '../works/results.ts'
import type { Measured, Medians, SystemFacts, WorkResult } from '../works/results.ts'
import type { FigureName, Work } from '../works/work.ts'

/** One row of a table: a system in a work, in words. */
export interface Row {
  readonly system: string
  readonly cells: readonly string[]
  /** The reason why it has no figures, or why they are not to be trusted. */
  readonly missing?: string
}

interface Column {
  readonly title: string
  /** Only in works that this figure belongs to. */
  readonly applies: (work: Work) => boolean
  readonly cell: (medians: Medians, measured: Measured, work: Work) => string
}

/** Large payloads are told in megabytes too. */
const isLarge = ({ figure }: Work): boolean => figure === 'megabytesPerSecond'
const isCrowd = ({ load }: Work): boolean => load.kind === 'at once'
const always = (): boolean => true

const COLUMNS: readonly Column[] = [
  {
    title: 'requests/s',
    applies: (work) => !isCrowd(work),
    cell: ({ rate, rateSpread: [least, most] }) =>
      `${number(rate)}${least === most ? '' : ` (${number(least)}-${number(most)})`}`,
  },
  { title: 'all done, s', applies: isCrowd, cell: ({ seconds }) => number(seconds) },
  { title: 'MB/s', applies: isLarge, cell: ({ megabytesPerSecond }) => number(megabytesPerSecond) },
  { title: 'p50 ms', applies: always, cell: ({ p50 }) => number(p50) },
  { title: 'p95 ms', applies: always, cell: ({ p95 }) => number(p95) },
  { title: 'p99 ms', applies: always, cell: ({ p99 }) => number(p99) },
  {
    title: 'CPU s/1,000',
    applies: always,
    cell: ({ cpuPer1000 }) => number(cpuPer1000),
  },
  { title: 'peak MB', applies: always, cell: (_medians, { peakMb }) => (peakMb === undefined ? '' : String(peakMb)) },
  { title: 'KB each', applies: isCrowd, cell: (_medians, measured) => number(kilobytesEach(measured)) },
  { title: 'errors', applies: always, cell: ({ errors }) => String(errors) },
  {
    title: 'bytes',
    applies: always,
    cell: (_medians, { system, bytes }) => (system === DIRECT ? '' : (bytes?.verdict ?? '')),
  },
]

/** The heads of a work's table. */
export const headsOf = (work: Work): readonly string[] => [
  'system',
  ...COLUMNS.filter(({ applies }) => applies(work)).map(({ title }) => title),
  'of direct',
]

/** The rows of a work's table, in the order of the results. */
export function rowsOf(work: Work, result: WorkResult, systems: readonly SystemFacts[]): readonly Row[] {
  const direct = figureOf(work, result, DIRECT)
  return result.systems.map((measured) => {
    const system = titleOf(measured.system, systems)
    const medians = mediansOf(measured)
    if (medians === undefined) return { system, cells: [], missing: measured.missing ?? 'not measured' }
    const own = figureFrom(work.figure, medians)
    const cells = COLUMNS.filter(({ applies }) => applies(work)).map(({ cell }) => cell(medians, measured, work))
    const { missing } = measured
    const doubt = missing === undefined ? {} : { missing }
    return {
      system,
      ...doubt,
      cells: [...cells, direct === undefined || measured.system === DIRECT ? '' : ratio(own / direct)],
    }
  })
}

export const titleOf = (id: string, systems: readonly SystemFacts[]): string =>
  id === DIRECT ? 'direct' : (systems.find((system) => system.id === id)?.title ?? id)

/** The figure that counts in a work, of one system; undefined where it was not measured. */
export function figureOf(work: Work, result: WorkResult, id: string): number | undefined {
  const measured = result.systems.find(({ system }) => system === id)
  const medians = measured && mediansOf(measured)
  return medians && figureFrom(work.figure, medians)
}

const figureFrom = (name: FigureName, medians: Medians): number => medians[name]

/** Memory per request in flight, in KB; NaN where it is unknown. */
export function kilobytesEach({ rounds, idleMb, peakMb }: Measured): number {
  const most = Math.max(...rounds.map(({ requests }) => requests))
  return idleMb === undefined || peakMb === undefined ? Number.NaN : ((peakMb - idleMb) * 1024) / most
}

/** Three digits are enough of any figure. */
export function number(value: number): string {
  if (Number.isNaN(value)) return ''
  if (value === 0) return '0'
  if (value >= 100) return Math.round(value).toLocaleString('en')
  return value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3)
}

export const ratio = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(2))
