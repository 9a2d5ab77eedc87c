import type { BytesVerdict } from '../load/bytes.ts'
import type { Figures } from '../load/figures.ts'
import type { MachineFacts } from '../machine/facts.ts'
import type { Extent } from './work.ts'

/** One round of one system. */
export interface Round extends Figures {
  /** Seconds of CPU of the system's processes per 1,000 requests; not for the upstream itself. */
  readonly cpuPer1000?: number
}

/** One system in one work. */
export interface Measured {
  readonly system: string
  readonly rounds: readonly Round[]
  readonly bytes?: BytesVerdict
  /** Resident memory in MB: before the load, and the peak under it. */
  readonly idleMb?: number
  readonly peakMb?: number
  /** The reason why it has no rounds. */
  readonly missing?: string
}

export interface WorkResult {
  readonly work: string
  /** The upstream itself first, as `direct`. */
  readonly systems: readonly Measured[]
}

export interface SystemFacts {
  readonly id: string
  readonly title: string
  readonly version: string
  readonly settings: string
  readonly fairness: string
  /** The reason why it is not in this run. */
  readonly missing?: string
}

/** A whole run, as it is kept in bench/results. */
export interface Results {
  readonly extent: Extent
  readonly machine: MachineFacts
  readonly seconds: number
  readonly systems: readonly SystemFacts[]
  readonly works: readonly WorkResult[]
  /** Milliseconds from the start of the gateway's process to its first answer, with a warm code cache. */
  readonly startMs: readonly number[]
}

export const DIRECT = 'direct'

/** The medians of a system's rounds; NaN where nothing is known. */
export interface Medians {
  /** Requests a second: median, least and most. */
  readonly rate: number
  readonly rateSpread: readonly [number, number]
  readonly megabytesPerSecond: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly cpuPer1000: number
  readonly seconds: number
  readonly errors: number
}

/** The medians of all rounds of a system; undefined where it has none. */
export function mediansOf({ rounds }: Measured): Medians | undefined {
  if (rounds.length === 0) return undefined
  const of = (read: (round: Round) => number | undefined): number =>
    median(rounds.flatMap((round) => read(round) ?? []))
  const rates = rounds.map(rateOf)
  return {
    rate: median(rates),
    rateSpread: [Math.min(...rates), Math.max(...rates)],
    megabytesPerSecond: of(({ megabytes, seconds }) => megabytes / seconds),
    p50: of(({ p50 }) => p50),
    p95: of(({ p95 }) => p95),
    p99: of(({ p99 }) => p99),
    cpuPer1000: of(({ cpuPer1000 }) => cpuPer1000),
    seconds: of(({ seconds }) => seconds),
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
  }
}

/** NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [below = Number.NaN, above = Number.NaN] = [sorted[middle - 1], sorted[middle]]
  return sorted.length % 2 === 1 ? above : (below + above) / 2
}

const rateOf = ({ requests, errors, seconds }: Figures): number => (requests - errors) / seconds
