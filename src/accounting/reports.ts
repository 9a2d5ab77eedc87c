import type { LedgerOutcome } from './ledger.ts'

/** The groups that `usage` can sum by. */
export const GROUPINGS = ['key', 'model', 'day'] as const
export type Grouping = (typeof GROUPINGS)[number]

export interface UsageQuery {
  readonly by: Grouping
  /** The first day that counts, in days since 1970-01-01. */
  readonly sinceDay: number
  readonly keyName?: string | undefined
}

/** Sums over the generations of one group, counted under the day on which they were held. */
export interface UsageSum {
  /** A key's name, a model id, or a date. */
  readonly group: string
  readonly generations: number
  /** Generations that did not complete. */
  readonly failed: number
  readonly images: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costMicros: number
  /** The part of the cost that was estimated, without usage from the upstream. */
  readonly estimatedMicros: number
}

export interface GenerationsQuery {
  readonly keyName?: string | undefined
  /** Only generations that did not complete. */
  readonly failedOnly?: boolean | undefined
  readonly limit: number
  /** Only rows before this one: the `seq` of the last row of the page before. */
  readonly beforeSeq?: number | undefined
}

/** A generation under way. */
export interface OpenGeneration {
  readonly id: string
  readonly heldAt: number
  readonly keyName: string
  readonly endpoint: string
  readonly model: string
  readonly size: string
  readonly quality: string
  readonly n: number
  /** Undefined where the model has no price. */
  readonly heldMicros: number | undefined
}

/** One row of the ledger. A field that is undefined is not known. */
export interface EndedGeneration extends OpenGeneration {
  readonly seq: number
  readonly outcome: LedgerOutcome
  readonly costMicros: number | undefined
  readonly isEstimated: boolean
  readonly images: number
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly totalTokens: number | undefined
  readonly inputTextTokens: number | undefined
  readonly inputImageTokens: number | undefined
  readonly inputCachedTokens: number | undefined
  readonly outputTextTokens: number | undefined
  readonly outputImageTokens: number | undefined
  readonly errorCode: string | undefined
  readonly upstreamRequestId: string | undefined
  readonly endedAt: number
  readonly upstreamMs: number | undefined
  readonly durationMs: number | undefined
}

/** Reads the ledger and its daily totals. */
export interface Reports {
  /** Sums by group: the highest cost first, days in order. */
  usage(query: UsageQuery): readonly UsageSum[] | Promise<readonly UsageSum[]>
  /** Generations that have ended, the newest first. */
  generations(query: GenerationsQuery): readonly EndedGeneration[] | Promise<readonly EndedGeneration[]>
  /** Generations under way, the newest first. */
  underWay(
    query: Pick<GenerationsQuery, 'keyName' | 'limit'>,
  ): readonly OpenGeneration[] | Promise<readonly OpenGeneration[]>
  /** Removes rows held before a time; the daily totals stay. Returns the number of rows removed. */
  prune(before: number): number | Promise<number>
}
