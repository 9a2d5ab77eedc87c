import { dayOf } from '../../../accounting/period.ts'
import { Account } from './account.ts'
import { LEDGER_SQL } from './ledger-sql.ts'
import { budgetOfRow, daysOf } from './ledger-rows.ts'
import type { Budget, BudgetState } from '../../../accounting/budget.ts'
import type { SqliteDatabase } from '../database.ts'
import type { AccountStatements } from './account-sums.ts'
import type { AccountRow } from './ledger-rows.ts'

/** The day whose row is the sum of all days. */
const ALL_DAYS = -1
/** Later than any day of a hold. */
const LAST_DAY = 2 ** 31

/** The account of everybody together: all callers count against it, with a virtual key or without. */
export class Spending implements AccountStatements {
  readonly #limit: Budget | undefined
  readonly #statements
  /** The day for which its rows are known to exist. */
  #openDay: number | undefined

  /** @param limit SPEND_LIMIT; it may differ between processes, and between one start and the next */
  constructor(database: SqliteDatabase, limit: Budget | undefined) {
    this.#limit = limit
    this.#statements = {
      open: database.prepare(LEDGER_SQL.openSpending),
      read: database.prepare(LEDGER_SQL.spending),
      change: database.prepare(LEDGER_SQL.changeSpending),
    }
  }

  readonly read: AccountStatements['read'] = (_id, day) => new Account(this.#row(day), day)

  readonly open: AccountStatements['open'] = (_id, day) => {
    if (this.#openDay !== day) this.#statements.open.run(day)
  }

  readonly change: AccountStatements['change'] = (_id, day, { heldMicros, spentMicros }) => {
    this.#statements.change.run(day, heldMicros, spentMicros)
  }

  /** Called after the commit: from then on the rows of the day exist. */
  rememberDay(day: number): void {
    this.#openDay = day
  }

  /** Undefined where there is no limit. */
  at(now: number): BudgetState | undefined {
    return this.#limit === undefined ? undefined : budgetOfRow(this.#row(dayOf(now)))
  }

  #row(day: number): AccountRow {
    const { limitMicros = null, period = 'total' } = this.#limit ?? {}
    const [today, week, month] = daysOf(day)
    const first = { day: today, week, month, total: ALL_DAYS }[period]
    const sums = this.#statements.read.get(first, period === 'total' ? ALL_DAYS : LAST_DAY) as {
      readonly spent: number
      readonly held: number
    }
    return { ...ALWAYS_USABLE, ...sums, budget_micros: limitMicros, period }
  }
}

/** Everybody together cannot be revoked, and may have any number of generations in flight. */
const ALWAYS_USABLE = {
  revoked_at: null,
  is_disabled: 0,
  expires_at: null,
  max_in_flight: null,
  open_holds: 0,
} as const
