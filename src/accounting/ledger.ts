import type { BudgetState } from './budget.ts'
import type { Usage } from './usage.ts'

/**
 * The end of a generation, as a row has it. `ambiguous`: nobody said whether the images were made; `abandoned`: the
 * process of the generation died.
 */
export const LEDGER_OUTCOMES = ['completed', 'failed', 'ambiguous', 'abandoned'] as const
export type LedgerOutcome = (typeof LEDGER_OUTCOMES)[number]

/**
 * The Idempotency-Key of an order, as it is kept: neither key nor order can be read out of it. One order at a time has a
 * key, from its hold until the key expires; an order that ends without being bought gives the key back.
 */
export interface OrderKey {
  /** A digest of the caller and the Idempotency-Key. */
  readonly key: string
  /** A digest of the order, equal for every attempt. */
  readonly digest: string
  /** From then on it is free, unless its generation is still under way. */
  readonly expiresAt: number
}

/** The order that had the key first. */
export interface EarlierOrder {
  readonly generationId: string
  /** The digests are equal. */
  readonly isSameOrder: boolean
  /** Its hold is open: it is not bought yet, and may turn out not to be. */
  readonly isUnderWay: boolean
}

/** A generation that is not sent yet, as the ledger knows it. Never the prompt. */
export interface OrderedGeneration {
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
  /** The most that the generation can cost; undefined where the model has no price. */
  readonly highestMicros: number | undefined
  /** Whether a key with a budget may use a model without a price; nothing is held for it then. */
  readonly allowUnpriced: boolean
  /** Undefined where the client sent no Idempotency-Key. */
  readonly orderKey?: OrderKey | undefined
  /** Milliseconds since 1970, as all times here. */
  readonly heldAt: number
}

/** Reserved money and the row that says so, until `settle`, `release`, `bookEstimated` or `cancel` ends it. */
export interface Hold {
  /** Never used again, so that no hold can be ended twice. */
  readonly id: number
  readonly order: OrderedGeneration
  readonly heldMicros: number
  /** The key's budget with this hold in it; undefined where the caller is no virtual key. */
  readonly budget: BudgetState | undefined
  /** The spending of everybody together with this hold in it; undefined where there is no SPEND_LIMIT. */
  readonly spending?: BudgetState | undefined
}

/** Why nothing was held. */
export type HoldRefusal =
  /** Another order has its key. */
  | { readonly refused: 'ordered_before'; readonly earlier: EarlierOrder }
  | { readonly refused: 'budget'; readonly budget: BudgetState }
  | { readonly refused: 'in_flight'; readonly limit: number }
  /** The budget of everybody together does not cover the order. */
  | { readonly refused: 'spend_limit'; readonly budget: BudgetState }
  /** The model has no price, and the key has a budget, or everybody together. */
  | { readonly refused: 'unpriced'; readonly isForEverybody?: true }
  /** The key was revoked, disabled or expired since it was looked up. */
  | { readonly refused: 'key' }

/** The end of a hold. A field that is undefined is not known. */
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

/** The end of a generation that was bought, with its real cost. */
export interface SettledEnding extends Ending {
  /** Undefined where the model has no price. */
  readonly costMicros: number | undefined
  /** The cost was computed without usage from the upstream. */
  readonly isEstimated: boolean
  readonly images: number
  readonly usage: Usage | undefined
  /** The size that was made, where the request left it open. */
  readonly size?: string | undefined
  /** The quality that was made, where the request left it open. */
  readonly quality?: string | undefined
}

/** The end of a generation whose images may have been made, or not. */
export interface EstimatedEnding extends Ending {
  /** Images that may have been made. */
  readonly images: number
}

/** A hold that a dead process left open, as it was booked. */
export interface AbandonedHold {
  readonly generationId: string
  readonly keyName: string
  readonly model: string
  readonly heldAt: number
  readonly bookedMicros: number
}

/**
 * One write to the ledger. `hold` reserves the highest cost, takes the order's key, and writes the row of the hold, or
 * none of these. The other verbs end a hold, once: `settle` books the real cost, into the period in which it was held, and
 * gives the rest back; `release` gives all back, the key included; `bookEstimated` books the hold, since all of it may
 * have been spent; `cancel` gives all back and leaves no row, since nothing was started.
 */
export type LedgerCommand =
  | { readonly verb: 'hold'; readonly order: OrderedGeneration }
  | { readonly verb: 'settle'; readonly hold: Hold; readonly ending: SettledEnding }
  | { readonly verb: 'release'; readonly hold: Hold; readonly ending: Ending }
  | { readonly verb: 'bookEstimated'; readonly hold: Hold; readonly ending: EstimatedEnding }
  | { readonly verb: 'cancel'; readonly hold: Hold }

/** The result of `hold` is a hold or its refusal; of the other verbs, whether the hold was still open. */
export type CommandResult = Hold | HoldRefusal | boolean

/** One row per generation, and the budgets that it counts against. Engines other than SQLite may answer with promises. */
export interface Ledger {
  /**
   * Writes commands in their order, all of them or none; each sees what those before it have changed. Results are
   * returned after the commit, so that they survive the process.
   * @throws StoreError
   */
  write(commands: readonly LedgerCommand[]): readonly CommandResult[] | Promise<readonly CommandResult[]>
  /** The budget and the load of a virtual key; undefined where there is no such key. @throws StoreError */
  accountOf(keyId: number, now: number): KeyAccount | undefined | Promise<KeyAccount | undefined>
  /** The spending of everybody together; undefined where there is no SPEND_LIMIT. @throws StoreError */
  spending(now: number): BudgetState | undefined | Promise<BudgetState | undefined>
}

/** The budget of a virtual key and its generations under way. */
export interface KeyAccount {
  readonly budget: BudgetState
  readonly inFlight: number
}

/** Tells a hold from its refusal. */
export function isRefusal(result: Hold | HoldRefusal): result is HoldRefusal {
  return 'refused' in result
}
