import { AccountSums } from './account-sums.ts'
import type { NewRow } from '../database.ts'
import type { Account, AccountChange } from './account.ts'
import type { AccountStatements, Writable } from './account-sums.ts'
import type { TotalRow } from './new-ledger-rows.ts'

/** The statements that a batch reads and writes with. */
export interface BatchStatements {
  /** The accounts of virtual keys, by the key's id. */
  readonly keys: AccountStatements
  /** The one account of everybody together; its id does not count. */
  readonly everybody: AccountStatements
  readonly addTotal: (row: NewRow) => void
}

/** Everybody together has one account. */
const EVERYBODY = 0

/**
 * The accounts and totals of one transaction: each is read once, changed in memory, and written once at the end, however
 * many holds and endings there are (decision 31). Only for use between BEGIN IMMEDIATE and COMMIT.
 */
export class Batch {
  readonly #addTotal: BatchStatements['addTotal']
  readonly #keys: AccountSums
  readonly #everybody: AccountSums
  readonly #totals = new Map<string, Writable<TotalRow>>()

  constructor({ keys, everybody, addTotal }: BatchStatements) {
    this.#addTotal = addTotal
    this.#keys = new AccountSums(keys)
    this.#everybody = new AccountSums(everybody)
  }

  /** The account of a key, with all changes until now; undefined where there is no such key. */
  account(keyId: number, day: number): Account | undefined {
    return this.#keys.account(keyId, day)
  }

  /** The account of everybody together, with all changes until now. */
  everybody(day: number): Account | undefined {
    return this.#everybody.account(EVERYBODY, day)
  }

  /**
   * Changes the account of a key and that of everybody.
   * @param keyId undefined for callers that have no account of their own
   * @param day the day of the hold
   */
  change(keyId: number | undefined, day: number, change: AccountChange): void {
    if (keyId !== undefined) this.#keys.change(keyId, day, change)
    this.#everybody.change(EVERYBODY, day, change)
  }

  addTotal(row: TotalRow): void {
    const id = `${row.day}|${row.key_name}|${row.model}`
    const sum = this.#totals.get(id)
    if (sum === undefined) this.#totals.set(id, { ...row })
    else addTotals(sum, row)
  }

  /** Writes what has changed; nothing may be changed after it. */
  write(): void {
    this.#keys.write()
    this.#everybody.write()
    for (const row of this.#totals.values()) this.#addTotal({ ...row })
  }
}

function addTotals(sum: Writable<TotalRow>, row: TotalRow): void {
  sum.generations += row.generations
  sum.failed += row.failed
  sum.images += row.images
  sum.input_tokens += row.input_tokens
  sum.output_tokens += row.output_tokens
  sum.cost_micros += row.cost_micros
  sum.estimated_micros += row.estimated_micros
}
