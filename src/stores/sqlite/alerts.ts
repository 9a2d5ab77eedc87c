import type { AlertKind, AlertStore, AlertedBudget, PendingAlert } from '../../accounting/alerts/alert.ts'
import type { Period } from '../../accounting/period.ts'
import type { SqliteDatabase } from './database.ts'

const SQL = {
  /** The number of changes tells whether it is new. */
  record: `
    INSERT INTO alerts (kind, key_name, period, first_day, limit_micros, threshold, spent_micros, created_at, state, due_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8) ON CONFLICT DO NOTHING`,
  /** now, end of the lease */
  claim: `
    UPDATE alerts SET attempts = attempts + 1, due_at = ?2 WHERE id = (
      SELECT id FROM alerts WHERE state = 'pending' AND due_at <= ?1 ORDER BY due_at, id LIMIT 1) RETURNING *`,
  /** A look that writes nothing: most of them find nothing. */
  isDue: `SELECT 1 FROM alerts WHERE state = 'pending' AND due_at <= ? LIMIT 1`,
  /** id, state, now */
  finish: `UPDATE alerts SET state = ?2, ended_at = ?3 WHERE id = ?1`,
  /** id, time */
  postpone: `UPDATE alerts SET due_at = ?2 WHERE id = ?1`,
} as const

interface AlertRow {
  readonly id: number
  readonly message_id: string
  readonly kind: AlertKind
  readonly key_name: string
  readonly period: Period
  readonly limit_micros: number
  readonly threshold: number
  readonly spent_micros: number
  readonly created_at: number
  readonly attempts: number
}

/** An alert at the moment that causes it. */
export interface NewAlert {
  readonly kind: AlertKind
  readonly keyName: string
  readonly budget: AlertedBudget
  readonly firstDay: number
  readonly at: number
  /** A higher threshold was reached at the same time: it is not sent. */
  readonly isSuperseded: boolean
}

/** The table of alerts. `record` is called inside of the ledger's transactions. */
export class SqliteAlerts implements AlertStore {
  readonly #database: SqliteDatabase
  readonly #statements

  constructor(database: SqliteDatabase) {
    this.#database = database
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      record: prepare(SQL.record),
      claim: prepare(SQL.claim),
      isDue: prepare(SQL.isDue),
      finish: prepare(SQL.finish),
      postpone: prepare(SQL.postpone),
    }
  }

  /** @returns whether it is new, so that somebody has to send it */
  record({ kind, keyName, budget, firstDay, at, isSuperseded }: NewAlert): boolean {
    const { period, limitMicros, threshold, spentMicros } = budget
    const of = [kind, keyName, period, firstDay, limitMicros, threshold] as const
    const state = isSuperseded ? 'superseded' : 'pending'
    return this.#statements.record.run(...of, spentMicros, at, state).changes === 1 && !isSuperseded
  }

  claim(now: number, leaseMs: number): PendingAlert | undefined {
    return this.#database.run(() => {
      if (this.#statements.isDue.get(now) === undefined) return undefined
      const row = this.#statements.claim.get(now, now + leaseMs) as AlertRow | undefined
      return row === undefined ? undefined : alertOfRow(row)
    })
  }

  finish(id: number, end: 'delivered' | 'given_up', now: number): void {
    this.#database.run(() => this.#statements.finish.run(id, end, now))
  }

  postpone(id: number, dueAt: number): void {
    this.#database.run(() => this.#statements.postpone.run(id, dueAt))
  }
}

function alertOfRow(row: AlertRow): PendingAlert {
  const { period, threshold, limit_micros: limitMicros, spent_micros: spentMicros } = row
  return {
    id: row.id,
    messageId: `alert_${row.message_id}`,
    kind: row.kind,
    keyName: row.key_name,
    budget: threshold === 0 ? undefined : { limitMicros, period, spentMicros, threshold },
    at: row.created_at,
    attempts: row.attempts,
  }
}
