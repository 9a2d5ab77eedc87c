import type { LedgerOutcome } from './ledger.ts'

/** What `usage` can be summed by. */
export const GROUPINGS = ['key', 'model', 'day'] as const
export type Grouping = (typeof GROUPINGS)[number]

export interface UsageQuery {
  readonly by: Grouping
  /** The first day that counts, since 1970-01-01. */
  readonly sinceDay: number
  readonly keyName?: string | undefined
}

/** What ended in the time asked for, by the day it was held on. */
export interface UsageSum {
  /** A key's name, a model id, or a date. */
  readonly group: string
  readonly generations: number
  /** Those that did not complete. */
  readonly failed: number
  readonly images: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costMicros: number
  /** The part of the cost that is not from reported usage. */
  readonly estimatedMicros: number
}

export interface GenerationsQuery {
  readonly keyName?: string | undefined
  /** Only those that ended otherwise than completed. */
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

/** One row of the ledger. Undefined is what is not known. */
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

/** Reading the books. */
export interface Reports {
  /** The dearest first; days in order. */
  usage(query: UsageQuery): readonly UsageSum[] | Promise<readonly UsageSum[]>
  /** Those that have ended, the newest first. */
  generations(query: GenerationsQuery): readonly EndedGeneration[] | Promise<readonly EndedGeneration[]>
  /** Those under way, the newest first. */
  underWay(
    query: Pick<GenerationsQuery, 'keyName' | 'limit'>,
  ): readonly OpenGeneration[] | Promise<readonly OpenGeneration[]>
  /** Removes rows held before a time; the daily totals stay. Returns how many went. */
  prune(before: number): number | Promise<number>
}
