import type { SqliteDatabase } from './database.ts'
import type { ProcessIdentity, Processes } from './process-identity.ts'

/** The time between two heartbeats of a running gateway. */
export const HEARTBEAT_MS = 10_000
/** After this long without a heartbeat, an instance whose process cannot be looked at counts as dead. */
const LEASE_MS = 6 * HEARTBEAT_MS

const SQL = {
  register: `INSERT INTO instances (scope, pid, started, heartbeat_at) VALUES (?, ?, ?, ?)`,
  // An instance whose heartbeats stopped for too long was removed from the table; it comes back under its id.
  heartbeat: `INSERT INTO instances (id, scope, pid, started, heartbeat_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at`,
  others: `SELECT * FROM instances WHERE id <> ?`,
  // Instances that were removed from the table and left holds open.
  gone: `SELECT DISTINCT instance AS id FROM holds WHERE instance NOT IN (SELECT id FROM instances)`,
  remove: `DELETE FROM instances WHERE id = ?`,
} as const

interface InstanceRow extends ProcessIdentity {
  readonly id: number
  readonly heartbeat_at: number
}

/** The table of gateways that run on one file, with their heartbeats. */
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

  /** Adds this process to the table. Its holds carry the id that is returned. */
  register(now: number): number {
    const { scope, pid, started } = this.#processes.own
    return this.#database.run(() => Number(this.#statements.register.run(scope, pid, started, now).lastInsertRowid))
  }

  heartbeat(id: number, now: number): void {
    const { scope, pid, started } = this.#processes.own
    this.#database.run(() => this.#statements.heartbeat.run(id, scope, pid, started, now))
  }

  /** Ids of instances that have ended and may have left holds open. */
  dead(own: number, now: number): readonly number[] {
    return this.#database.run(() => {
      const others = this.#statements.others.all(own) as unknown as InstanceRow[]
      const dead = others.filter((other) => !this.#isAlive(other, now))
      const gone = this.#statements.gone.all() as unknown as { readonly id: number }[]
      return [...dead, ...gone].map(({ id }) => id)
    })
  }

  remove(id: number): void {
    this.#database.run(() => this.#statements.remove.run(id))
  }

  #isAlive(instance: InstanceRow, now: number): boolean {
    return this.#processes.isAlive(instance) ?? now - instance.heartbeat_at < LEASE_MS
  }
}
