import { ALERTING_CODES } from '../../../accounting/alerts/alert.ts'
import { dayOf, firstDayOfPeriod } from '../../../accounting/period.ts'
import type { AlertKind } from '../../../accounting/alerts/alert.ts'
import type { BudgetState } from '../../../accounting/budget.ts'
import type { Ending, Hold } from '../../../accounting/ledger.ts'
import type { NewAlert, SqliteAlerts } from '../alerts.ts'

/** Alerts that are known to be recorded: a ceiling, since periods go by. */
const MAX_KNOWN = 10_000

export interface CrossingOptions {
  /** ALERT_THRESHOLDS, in percent, the lowest first. */
  readonly thresholds: readonly number[]
  /** Alerts were recorded, and have to be sent. Called after the commit. */
  readonly onRecorded: () => void
}

/** The budgets as they are in the transaction, with what it has written. */
export interface BudgetReader {
  readonly ofKey: (keyId: number, day: number) => BudgetState | undefined
  readonly ofEverybody: (now: number) => BudgetState | undefined
}

/**
 * Finds the thresholds that bookings have reached, in the transaction that books them, so that a row with a unique index
 * decides which process sends the alert. Keys without a budget cost nothing; a key with one costs one read per transaction.
 */
export class Crossings {
  readonly #alerts: SqliteAlerts
  readonly #options: CrossingOptions
  readonly #budgets: BudgetReader
  /** Alerts that were recorded in a transaction which was committed. */
  readonly #known = new Set<string>()
  // Of the transaction under way.
  #now = 0
  #isForEverybody = false
  #hasNew = false
  readonly #keys = new Map<number, string>()
  readonly #codes = new Set<AlertKind>()
  readonly #recorded: string[] = []

  constructor(alerts: SqliteAlerts, budgets: BudgetReader, options: CrossingOptions) {
    this.#alerts = alerts
    this.#budgets = budgets
    this.#options = options
  }

  /** A transaction begins; one that was rolled back has left nothing. */
  begin(): void {
    this.#now = 0
    this.#isForEverybody = false
    this.#hasNew = false
    this.#keys.clear()
    this.#codes.clear()
    this.#recorded.length = 0
  }

  /** A generation is booked. */
  booked({ order, budget, spending }: Hold, { endedAt, errorCode }: Ending, costMicros: number): void {
    this.#now = Math.max(this.#now, endedAt)
    if (errorCode !== undefined && ALERTING_CODES.has(errorCode)) this.#codes.add(errorCode as AlertKind)
    if (costMicros === 0) return
    // A hold that a dead process left has no budget with it: the key may have one.
    if (order.keyId !== undefined && (budget === undefined || budget.limitMicros !== undefined))
      this.#keys.set(order.keyId, order.keyName)
    this.#isForEverybody ||= spending !== undefined || budget === undefined
  }

  /** Records what the transaction has reached; its accounts have been written. */
  record(): void {
    const day = dayOf(this.#now)
    for (const [keyId, keyName] of this.#keys)
      this.#recordBudget({ kind: 'budget', keyName }, this.#budgets.ofKey(keyId, day))
    if (this.#isForEverybody)
      this.#recordBudget({ kind: 'spend_limit', keyName: '' }, this.#budgets.ofEverybody(this.#now))
    const none = { limitMicros: 0, period: 'day', spentMicros: 0, threshold: 0 } as const
    for (const kind of this.#codes)
      this.#recordOne({ kind, keyName: '', budget: none, firstDay: day, at: this.#now, isSuperseded: false })
  }

  /** The transaction was committed. */
  committed(): void {
    if (this.#known.size > MAX_KNOWN) this.#known.clear()
    for (const id of this.#recorded) this.#known.add(id)
    if (this.#hasNew) this.#options.onRecorded()
  }

  #recordBudget(of: Pick<NewAlert, 'kind' | 'keyName'>, state: BudgetState | undefined): void {
    const { limitMicros = 0, period = 'total', spentMicros = 0 } = state ?? {}
    if (limitMicros === 0) return
    const reached = this.#options.thresholds.filter((percent) => spentMicros * 100 >= limitMicros * percent)
    const highest = reached.at(-1)
    for (const threshold of reached.toReversed()) {
      const budget = { limitMicros, period, spentMicros, threshold }
      const firstDay = firstDayOfPeriod(period, dayOf(this.#now))
      this.#recordOne({ ...of, budget, firstDay, at: this.#now, isSuperseded: threshold !== highest })
    }
  }

  #recordOne(alert: NewAlert): void {
    const { kind, keyName, firstDay, budget } = alert
    const id = [kind, keyName, budget.period, firstDay, budget.limitMicros, budget.threshold].join('|')
    if (this.#known.has(id)) return
    if (this.#alerts.record(alert)) this.#hasNew = true
    this.#recorded.push(id)
  }
}
