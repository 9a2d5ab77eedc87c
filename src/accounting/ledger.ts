import type { BudgetState } from './budget.ts'
import type { Usage } from './usage.ts'

/** How a generation ended; `abandoned`: its process died, so that nobody knows. */
export const OUTCOMES = ['completed', 'failed', 'ambiguous', 'abandoned'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** What is written down before a generation is sent. Never the prompt. */
export interface HoldOrder {
  readonly generationId: string
  /** The caller's name: a virtual key's, a GATEWAY_KEYS entry's, `admin`, `anonymous`. */
  readonly keyName: string
  /** A virtual key's id; undefined for callers without budgets and limits. */
  readonly keyId: number | undefined
  readonly endpoint: string
  /** The resolved model id. */
  readonly model: string
  readonly size: string
  readonly quality: string
  /** Images asked for. */
  readonly n: number
  /** The most that it can cost; undefined where the model has no price. */
  readonly highestMicros: number | undefined
  /** Whether a key with a budget may use a model without a price; nothing is held for it then. */
  readonly allowUnpriced: boolean
  /** Now, in milliseconds. */
  readonly heldAt: number
}

/** Money that is reserved and a row that is written: what `settle`, `release` or `bookEstimated` ends. */
export interface Hold {
  /** Never used again: nothing can be ended twice. */
  readonly id: number
  readonly order: HoldOrder
  readonly heldMicros: number
  /** The key's budget with this hold in it; undefined where the caller is no virtual key. */
  readonly budget: BudgetState | undefined
}

/** Why nothing was held. */
export type HoldRefusal =
  | { readonly refused: 'budget'; readonly budget: BudgetState }
  | { readonly refused: 'in_flight'; readonly limit: number }
  | { readonly refused: 'unpriced' }
  /** The key was revoked, disabled or expired since it was looked up. */
  | { readonly refused: 'key' }

/** How a hold ended, as far as it is known. */
export interface Ending {
  readonly endedAt: number
  /** The error code that the client got; undefined where there was none. */
  readonly errorCode?: string | undefined
  readonly upstreamRequestId?: string | undefined
  /** From the call to the end of the answer. */
  readonly upstreamMs?: number | undefined
  /** From the request's arrival to the end of the answer. */
  readonly durationMs?: number | undefined
}

/** What a generation really came to. */
export interface Settlement extends Ending {
  /** Undefined where the model has no price. */
  readonly costMicros: number | undefined
  /** The cost was computed without usage from the upstream. */
  readonly isEstimated: boolean
  readonly images: number
  readonly usage: Usage | undefined
  /** What was made, where the request left it open. */
  readonly size?: string | undefined
  readonly quality?: string | undefined
}

/** An ambiguous ending: nobody said whether the images were made. */
export interface EstimatedEnding extends Ending {
  /** Images that may have been made. */
  readonly images: number
}

/** A row that a dead process left open, as it was booked. */
export interface Abandoned {
  readonly generationId: string
  readonly keyName: string
  readonly model: string
  readonly heldAt: number
  readonly bookedMicros: number
}

/**
 * What is written into the ledger. `hold` reserves the highest cost and writes the row, or neither. The others end a
 * hold, once: `settle` books the real cost, into the period in which it was held, and gives the rest back; `release`
 * gives all back; `bookEstimated` books the hold, since all of it may have been spent; `cancel` gives all back and
 * leaves no row, since nothing was started for it.
 */
export type Entry =
  | { readonly verb: 'hold'; readonly order: HoldOrder }
  | { readonly verb: 'settle'; readonly hold: Hold; readonly settlement: Settlement }
  | { readonly verb: 'release'; readonly hold: Hold; readonly ending: Ending }
  | { readonly verb: 'bookEstimated'; readonly hold: Hold; readonly ending: EstimatedEnding }
  | { readonly verb: 'cancel'; readonly hold: Hold }

/** What became of an entry: a hold or its refusal; for an ending, whether it was the one that ended the hold. */
export type Written = Hold | HoldRefusal | boolean

/** One row per generation, and the budgets that it counts against. Engines other than SQLite may answer with promises. */
export interface Ledger {
  /**
   * Writes entries in their order, all of them or none: what one holds is not there for the next. What it has
   * returned survives the process.
   * @throws StoreError
   */
  write(entries: readonly Entry[]): readonly Written[] | Promise<readonly Written[]>
  /** Where a virtual key stands; undefined where there is no such key. */
  accountOf(keyId: number, now: number): KeyAccount | undefined | Promise<KeyAccount | undefined>
}

/** What a key's holder may know of it. */
export interface KeyAccount {
  readonly budget: BudgetState
  readonly inFlight: number
}

/** Tells a hold from its refusal. */
export function isRefusal(result: Hold | HoldRefusal): result is HoldRefusal {
  return 'refused' in result
}
