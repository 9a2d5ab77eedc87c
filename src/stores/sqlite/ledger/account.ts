import { budgetOfRow, daysOf } from './ledger-rows.ts'
import type { BudgetState } from '../../../accounting/budget.ts'
import type { HoldRefusal, OrderedGeneration } from '../../../accounting/ledger.ts'
import type { AccountRow } from './ledger-rows.ts'

/** The sums that a hold or its end adds to an account. */
export interface AccountChange {
  readonly heldMicros: number
  readonly spentMicros: number
  readonly openHolds: number
}

/**
 * A virtual key's account as one transaction sees it: as it was read, with what the transaction has changed since. No other
 * process can change it before the transaction has ended, so that the check and the reservation are one step.
 */
export class Account {
  readonly #row: AccountRow
  /** The first day that its budget's period has. */
  readonly #since: number
  #spent: number
  #held: number
  #open: number

  /** @param day the day on which it was read */
  constructor(row: AccountRow, day: number) {
    const [today, week, month] = daysOf(day)
    this.#row = row
    this.#since = { day: today, week, month, total: Number.NEGATIVE_INFINITY }[row.period]
    this.#spent = row.spent
    this.#held = row.held
    this.#open = row.open_holds
  }

  get budget(): BudgetState {
    return { ...budgetOfRow(this.#row), spentMicros: this.#spent, heldMicros: this.#held }
  }

  /**
   * Why nothing can be held for an order; undefined where it can. Refusals that no waiting helps against come first, so
   * that the client learns of them at once.
   */
  refusalOf({ highestMicros, allowUnpriced, heldAt }: OrderedGeneration): HoldRefusal | undefined {
    const { revoked_at: revokedAt, is_disabled: isDisabled, expires_at: expiresAt } = this.#row
    if (revokedAt !== null || isDisabled === 1 || (expiresAt !== null && expiresAt <= heldAt)) return { refused: 'key' }
    const { budget_micros: budgetMicros, max_in_flight: limit } = this.#row
    if (budgetMicros !== null && highestMicros === undefined && !allowUnpriced) return { refused: 'unpriced' }
    const limitMicros = budgetMicros ?? Number.POSITIVE_INFINITY
    const micros = highestMicros ?? 0
    if (micros > limitMicros) return { refused: 'budget', budget: this.budget }
    if (limit !== null && this.#open >= limit) return { refused: 'in_flight', limit }
    return this.#spent + this.#held + micros > limitMicros ? { refused: 'budget', budget: this.budget } : undefined
  }

  /** @param day the day of the hold: one before the budget's period counts no more */
  change(day: number, { heldMicros, spentMicros, openHolds }: AccountChange): void {
    this.#open += openHolds
    if (day < this.#since) return
    this.#held += heldMicros
    this.#spent += spentMicros
  }
}
