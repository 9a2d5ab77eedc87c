import { closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs'
import { backup } from 'node:sqlite'
import { StoreError } from '../../errors/store-error.ts'
import { SqliteAlerts } from './alerts.ts'
import { SqliteDatabase } from './database.ts'
import { startInstance } from './instance.ts'
import { storeError } from './failures.ts'
import { SqliteKeyStore } from './keys/key-store.ts'
import { KeysMarker } from './keys/keys-marker.ts'
import { SqliteLedger } from './ledger/ledger.ts'
import { SqlitePictures } from './pictures.ts'
import { SqliteReports } from './reports.ts'
import type { Budget, BudgetState } from '../../accounting/budget.ts'
import type { OpenOptions } from './database.ts'
import type { Instance, RegisterOptions } from './instance.ts'

export type { Instance } from './instance.ts'

/** More than any file has: a backup in one step reads one snapshot, while others go on writing. */
const ALL_PAGES = 2 ** 31 - 1
/** A gateway serves many requests in one thread, which must not be blocked by another program's transaction. */
const SERVING_TIMEOUT_MS = 20
const COMMAND_TIMEOUT_MS = 5000

/** Everything that is kept in one SQLite file. */
export class Store {
  readonly keys: SqliteKeyStore
  readonly keysMarker: KeysMarker
  readonly reports: SqliteReports
  readonly alerts: SqliteAlerts
  readonly pictures: SqlitePictures
  readonly #database: SqliteDatabase
  readonly #instances: Instance[] = []
  #accounts: Pick<SqliteLedger, 'accountOf'> | undefined

  private constructor(database: SqliteDatabase, directory: string) {
    this.#database = database
    this.keysMarker = new KeysMarker(directory)
    this.keys = new SqliteKeyStore(database, this.keysMarker)
    this.reports = new SqliteReports(database)
    this.alerts = new SqliteAlerts(database)
    this.pictures = new SqlitePictures(database)
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
      return new Store(database, directory)
    } catch (error) {
      database.close()
      throw error
    }
  }

  get file(): string {
    return this.#database.file
  }

  /** The file was made, or was empty, when it was opened. */
  get isNew(): boolean {
    return this.#database.isNew
  }

  /** Budgets and load of keys, for commands, which hold nothing. */
  get accounts(): Pick<SqliteLedger, 'accountOf'> {
    return (this.#accounts ??= new SqliteLedger(this.#database, 0))
  }

  /** The spending of everybody together against a limit, for commands. @throws StoreError */
  spending(limit: Budget, now: number): BudgetState | undefined {
    return new SqliteLedger(this.#database, 0, { spendLimit: limit }).spending(now)
  }

  /**
   * Registers this process as an instance, which holds and settles, and books the holds that dead instances left open.
   * @throws StoreError
   */
  register(options: RegisterOptions): Instance {
    const instance = startInstance(this.#database, options)
    this.#instances.push(instance)
    return instance
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
    for (const instance of this.#instances) instance.stop()
    this.#database.close()
  }
}
