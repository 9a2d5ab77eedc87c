import type { SqliteDatabase } from './database.ts'
import type { ProcessIdentity, Processes } from './process-identity.ts'

/** How often a running gateway says that it is there. */
export const HEARTBEAT_MS = 10_000
/** Without a word for this long, an instance whose process cannot be looked at counts as dead. */
const SILENT_MS = 6 * HEARTBEAT_MS

const SQL = {
  register: `INSERT INTO instances (scope, pid, started, heartbeat_at) VALUES (?, ?, ?, ?)`,
  // An instance that was silent for too long has been taken off the list; it comes back under its number.
  heartbeat: `INSERT INTO instances (id, scope, pid, started, heartbeat_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at`,
  others: `SELECT * FROM instances WHERE id <> ?`,
  // Instances with holds that are not in the table any more: they ended, and left something open.
  gone: `SELECT DISTINCT instance AS id FROM holds WHERE instance NOT IN (SELECT id FROM instances)`,
  remove: `DELETE FROM instances WHERE id = ?`,
} as const

interface InstanceRow extends ProcessIdentity {
  readonly id: number
  readonly heartbeat_at: number
}

/** The gateways that run on one file: who is there, and who has died. */
export class Instances {
  readonly #statements
  readonly #database: SqliteDatabase
  readonly #processes: Processes

  constructor(database: SqliteDatabase, processes: Processes) {
    this.#database = database
    this.#processes = processes
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      register: prepare(SQL.register),
      heartbeat: prepare(SQL.heartbeat),
      others: prepare(SQL.others),
      gone: prepare(SQL.gone),
      remove: prepare(SQL.remove),
    }
  }

  /** Enters this process; the number stands in the rows that it opens. */
  register(now: number): number {
    const { scope, pid, started } = this.#processes.own
    return this.#database.run(() => Number(this.#statements.register.run(scope, pid, started, now).lastInsertRowid))
  }

  heartbeat(id: number, now: number): void {
    const { scope, pid, started } = this.#processes.own
    this.#database.run(() => this.#statements.heartbeat.run(id, scope, pid, started, now))
  }

  /** Instances that have ended and may have left something open. */
  dead(own: number, now: number): readonly number[] {
    return this.#database.run(() => {
      const others = this.#statements.others.all(own) as unknown as InstanceRow[]
      const dead = others.filter((other) => !this.#lives(other, now))
      const gone = this.#statements.gone.all() as unknown as { readonly id: number }[]
      return [...dead, ...gone].map(({ id }) => id)
    })
  }

  remove(id: number): void {
    this.#database.run(() => this.#statements.remove.run(id))
  }

  #lives(instance: InstanceRow, now: number): boolean {
    return this.#processes.isAlive(instance) ?? now - instance.heartbeat_at < SILENT_MS
  }
}
