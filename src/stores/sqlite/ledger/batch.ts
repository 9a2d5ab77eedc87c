import { Account } from './account.ts'
import { daysOf } from './ledger-rows.ts'
import type { NewRow } from '../database.ts'
import type { AccountChange } from './account.ts'
import type { AccountRow } from './ledger-rows.ts'
import type { TotalRow } from './new-ledger-rows.ts'

/** The statements that a batch reads and writes with. */
export interface BatchStatements {
  readonly readAccount: (keyId: number, days: readonly [number, number, number]) => AccountRow | undefined
  /** Makes the rows of an account for a day, where they are missing. */
  readonly openAccount: (keyId: number, day: number) => void
  readonly changeAccount: (keyId: number, day: number, change: AccountChange) => void
  readonly addTotal: (row: NewRow) => void
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** An account beside the rows of it that are to be written, by day. */
interface Sums {
  account: Account | undefined
  /** The day of the holds that the account was read for. */
  accountDay: number | undefined
  readonly byDay: Map<number, Writable<AccountChange>>
}

/**
 * The accounts and totals of one transaction: each is read once, changed in memory, and written once at the end, however
 * many holds and endings there are (decision 31). Only for use between BEGIN IMMEDIATE and COMMIT.
 */
export class Batch {
  readonly #statements: BatchStatements
  readonly #sums = new Map<number, Sums>()
  readonly #totals = new Map<string, Writable<TotalRow>>()

  constructor(statements: BatchStatements) {
    this.#statements = statements
  }

  /** The account of a key, with all changes until now; undefined where there is no such key. */
  account(keyId: number, day: number): Account | undefined {
    const sums = this.#sumsOf(keyId)
    if (sums.account !== undefined && sums.accountDay === day) return sums.account
    this.#writeSums(keyId, sums) // what is read has to have all changes
    const row = this.#statements.readAccount(keyId, daysOf(day))
    sums.account = row === undefined ? undefined : new Account(row, day)
    sums.accountDay = day
    return sums.account
  }

  /** @param day the day of the hold */
  change(keyId: number, day: number, change: AccountChange): void {
    const { account, byDay } = this.#sumsOf(keyId)
    account?.change(day, change)
    const sum = byDay.get(day)
    if (sum === undefined) byDay.set(day, { ...change })
    else addTo(sum, change)
  }

  addTotal(row: TotalRow): void {
    const id = `${row.day}|${row.key_name}|${row.model}`
    const sum = this.#totals.get(id)
    if (sum === undefined) this.#totals.set(id, { ...row })
    else addTotals(sum, row)
  }

  /** Writes what has changed; nothing may be changed after it. */
  write(): void {
    for (const [keyId, sums] of this.#sums) this.#writeSums(keyId, sums)
    for (const row of this.#totals.values()) this.#statements.addTotal({ ...row })
  }

  #sumsOf(keyId: number): Sums {
    let sums = this.#sums.get(keyId)
    if (sums === undefined)
      this.#sums.set(keyId, (sums = { account: undefined, accountDay: undefined, byDay: new Map() }))
    return sums
  }

  #writeSums(keyId: number, { accountDay, byDay }: Sums): void {
    for (const [day, change] of byDay) {
      if (day === accountDay) this.#statements.openAccount(keyId, day)
      this.#statements.changeAccount(keyId, day, change)
    }
    byDay.clear()
  }
}

function addTo(sum: Writable<AccountChange>, { heldMicros, spentMicros, openHolds }: AccountChange): void {
  sum.heldMicros += heldMicros
  sum.spentMicros += spentMicros
  sum.openHolds += openHolds
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
