/** Latencies in milliseconds; absent where nothing was answered. */
export interface Latencies {
  readonly p50?: number
  readonly p95?: number
  readonly p99?: number
}

/** The outcome of one measured stretch of load. */
export interface Figures extends Latencies {
  readonly requests: number
  readonly errors: number
  readonly seconds: number
  /** Megabytes that came in answers, or went out in uploads. */
  readonly megabytes: number
}

/** One request of a load, the same each time. */
export interface Target {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | string
}

/** The value that a share of the numbers does not exceed. */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN
}

export function latencies(milliseconds: readonly number[]): Latencies {
  if (milliseconds.length === 0) return {}
  return {
    p50: percentile(milliseconds, 0.5),
    p95: percentile(milliseconds, 0.95),
    p99: percentile(milliseconds, 0.99),
  }
}
