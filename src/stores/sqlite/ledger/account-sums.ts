import type { Account, AccountChange } from './account.ts'

/** The statements of the accounts of one table. */
export interface AccountStatements {
  /** The account of an id, read for the period that a day is in; undefined where there is none. */
  readonly read: (id: number, day: number) => Account | undefined
  /** Makes the rows of an account for a day, where they are missing. */
  readonly open: (id: number, day: number) => void
  readonly change: (id: number, day: number, change: AccountChange) => void
}

export type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** An account beside the rows of it that are to be written, by day. */
interface Sums {
  account: Account | undefined
  /** The day of the holds that the account was read for. */
  accountDay: number | undefined
  readonly byDay: Map<number, Writable<AccountChange>>
}

/** The accounts of one table in one transaction: each is read once, changed in memory, and written once at the end. */
export class AccountSums {
  readonly #statements: AccountStatements
  readonly #sums = new Map<number, Sums>()

  constructor(statements: AccountStatements) {
    this.#statements = statements
  }

  /** The account of an id, with all changes until now; undefined where there is none. */
  account(id: number, day: number): Account | undefined {
    const sums = this.#sumsOf(id)
    if (sums.account !== undefined && sums.accountDay === day) return sums.account
    this.#write(id, sums) // what is read has to have all changes
    sums.account = this.#statements.read(id, day)
    sums.accountDay = day
    return sums.account
  }

  /** @param day the day of the hold */
  change(id: number, day: number, change: AccountChange): void {
    const { account, byDay } = this.#sumsOf(id)
    account?.change(day, change)
    const sum = byDay.get(day)
    if (sum === undefined) byDay.set(day, { ...change })
    else addTo(sum, change)
  }

  /** Writes the changes; nothing may be changed after it. */
  write(): void {
    for (const [id, sums] of this.#sums) this.#write(id, sums)
  }

  #sumsOf(id: number): Sums {
    let sums = this.#sums.get(id)
    if (sums === undefined) this.#sums.set(id, (sums = { account: undefined, accountDay: undefined, byDay: new Map() }))
    return sums
  }

  #write(id: number, { accountDay, byDay }: Sums): void {
    for (const [day, change] of byDay) {
      if (day === accountDay) this.#statements.open(id, day)
      this.#statements.change(id, day, change)
    }
    byDay.clear()
  }
}

function addTo(sum: Writable<AccountChange>, { heldMicros, spentMicros, openHolds }: AccountChange): void {
  sum.heldMicros += heldMicros
  sum.spentMicros += spentMicros
  sum.openHolds += openHolds
}
