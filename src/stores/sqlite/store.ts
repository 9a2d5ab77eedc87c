import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { backup } from 'node:sqlite'
import { StoreError } from '../../errors/store-error.ts'
import { SqliteDatabase } from './database.ts'
import { HEARTBEAT_MS, Instances } from './instances.ts'
import { localProcesses } from './process-identity.ts'
import { storeError } from './failures.ts'
import { SqliteKeyStore } from './key-store.ts'
import { SqliteLedger } from './ledger.ts'
import { SqliteReports } from './reports.ts'
import type { AbandonedHold } from '../../accounting/ledger.ts'
import type { OpenOptions } from './database.ts'
import type { Processes } from './process-identity.ts'

/** More than any file has: a backup in one step reads one snapshot, while others go on writing. */
const ALL_PAGES = 2 ** 31 - 1
/** A gateway serves many requests in one thread, which must not be blocked by another program's transaction. */
const SERVING_TIMEOUT_MS = 20
const COMMAND_TIMEOUT_MS = 5000

export interface RegisterOptions {
  /** Holds that dead instances left open were booked: at the start, or at a later heartbeat. */
  readonly onAbandoned: (rows: readonly AbandonedHold[]) => void
  /** A heartbeat could not be written; the next one comes in 10 s. */
  readonly onHeartbeatFailed: (error: unknown) => void
  readonly now?: () => number
  readonly processes?: Processes
}

/** A running gateway on the file, from `register` to `close`. */
export interface Instance {
  readonly ledger: SqliteLedger
  /** Writes a heartbeat, and books the holds that dead instances left open. A timer calls it every 10 s. */
  readonly heartbeat: () => void
  readonly close: () => void
}

/** Everything that is kept in one SQLite file. */
export class Store {
  readonly keys: SqliteKeyStore
  readonly reports: SqliteReports
  readonly #database: SqliteDatabase
  readonly #heartbeats: NodeJS.Timeout[] = []
  #accounts: Pick<SqliteLedger, 'accountOf'> | undefined

  private constructor(database: SqliteDatabase) {
    this.#database = database
    this.keys = new SqliteKeyStore(database)
    this.reports = new SqliteReports(database)
  }

  /**
   * For a gateway: makes the directory and the file where they are missing.
   * @throws StoreError in plain words
   */
  static forServing(directory: string): Store {
    return Store.#open(directory, { create: true, busyTimeoutMs: SERVING_TIMEOUT_MS })
  }

  /** For a command, which may wait for others. @throws StoreError `missing` where there is no file and `create` is not set */
  static forCommand(directory: string, { create }: { readonly create: boolean }): Store {
    return Store.#open(directory, { create, busyTimeoutMs: COMMAND_TIMEOUT_MS })
  }

  static #open(directory: string, options: OpenOptions): Store {
    const database = SqliteDatabase.open(directory, options)
    try {
      return new Store(database)
    } catch (error) {
      database.close()
      throw error
    }
  }

  get file(): string {
    return this.#database.file
  }

  /** Budgets and load of keys, for commands, which hold nothing. */
  get accounts(): Pick<SqliteLedger, 'accountOf'> {
    return (this.#accounts ??= new SqliteLedger(this.#database, 0))
  }

  /**
   * Registers this process as an instance, which holds and settles, and books the holds that dead instances left open.
   * @throws StoreError
   */
  register({
    onAbandoned,
    onHeartbeatFailed,
    now = Date.now,
    processes = localProcesses(),
  }: RegisterOptions): Instance {
    const instances = new Instances(this.#database, processes)
    const own = this.#database.withLongTimeout(() => instances.register(now()))
    const ledger = new SqliteLedger(this.#database, own)
    let lastHeartbeatAt = now()
    const recover = (): void => {
      const abandoned = instances.dead(own, now()).flatMap((id) => {
        const rows = ledger.bookAbandoned(id, now())
        instances.remove(id)
        return rows
      })
      if (abandoned.length > 0) onAbandoned(abandoned)
    }
    const heartbeat = (): void => {
      // After a pause of the whole machine, the heartbeats of all are late: the others get time to write theirs first.
      const hasPaused = now() - lastHeartbeatAt > 3 * HEARTBEAT_MS
      lastHeartbeatAt = now()
      try {
        instances.heartbeat(own, lastHeartbeatAt)
        ledger.pruneOrderKeys(lastHeartbeatAt)
        if (!hasPaused) recover()
      } catch (error) {
        onHeartbeatFailed(error)
      }
    }
    this.#database.withLongTimeout(recover)
    const timer = setInterval(heartbeat, HEARTBEAT_MS).unref()
    this.#heartbeats.push(timer)
    const close = (): void => {
      clearInterval(timer)
      try {
        this.#database.withLongTimeout(() => instances.remove(own))
      } catch (error) {
        onHeartbeatFailed(error) // another instance will find this one dead, with no holds open
      }
    }
    return { ledger, heartbeat, close }
  }

  /**
   * Copies the file as it is at one moment, while others write (SQLite's online backup). The copy appears whole or
   * not at all.
   * @throws StoreError where the target exists or cannot be written
   */
  async backup(target: string): Promise<void> {
    if (existsSync(target)) throw new StoreError('unavailable', `${target} exists already: choose another name`)
    const partial = `${target}.partial`
    try {
      rmSync(partial, { force: true })
      closeSync(openSync(partial, 'wx', 0o600))
      await backup(this.#database.sqlite, partial, { rate: ALL_PAGES })
      renameSync(partial, target)
    } catch (error) {
      rmSync(partial, { force: true })
      throw storeError(error, target)
    }
  }

  /** The number of order keys that are kept, expired ones that were not removed yet included. */
  keptOrderKeys(): number {
    return this.#database.run(() =>
      Number(this.#database.prepare('SELECT count(*) AS count FROM order_keys').get()?.['count']),
    )
  }

  /** The damages that SQLite finds in the file, which it reads whole; none where it is intact. */
  findDamage(): readonly string[] {
    const rows = this.#database.run(() => this.#database.prepare('PRAGMA quick_check(5)').all())
    return rows.map((row) => String(row['quick_check'])).filter((line) => line !== 'ok')
  }

  /** Tries to write to the file, and rolls back. @throws StoreError where it cannot be written to */
  probe(): void {
    this.#database.run(() => {
      this.#database.sqlite.exec('BEGIN IMMEDIATE')
      try {
        this.#database.sqlite.exec('CREATE TABLE probe (x); DROP TABLE probe')
      } finally {
        if (this.#database.sqlite.isTransaction) this.#database.sqlite.exec('ROLLBACK')
      }
    })
  }

  /** Closes the file. Instances that were not closed have no heartbeat any more, as if their process had ended. */
  close(): void {
    for (const timer of this.#heartbeats) clearInterval(timer)
    this.#database.close()
  }
}
