import { chmodSync, closeSync, copyFileSync, existsSync, lstatSync, openSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeDirectory } from '../../spool/make-directory.ts'
import { canBeReplacedIn } from '../../spool/private-directory.js'
import { StoreError } from '../../errors/store-error.ts'
import { FilePlace } from './place/file-place.ts'
import { stampOf } from './place/own-bytes.ts'
import { APPLICATION_ID, MIGRATIONS } from './schema.ts'
import { onStore } from './failures.ts'
import { boundByName, takesNumbers } from './numbered-parameters.ts'
import type { StatementSync } from 'node:sqlite'

const FILE = 'gateway.db'
/** The timeout while opening: another process may be migrating, or a shell have a transaction open. */
const LONG_TIMEOUT_MS = 5000
/** The write-ahead log is checkpointed at 16 MB: rarely, since a checkpoint waits for the disk. */
const CHECKPOINT_PAGES = 4000

export interface OpenOptions {
  /** Make the directory and the file where they are missing. */
  readonly create: boolean
  /** How long a statement waits for other processes' transactions. It blocks this process meanwhile. */
  readonly busyTimeoutMs: number
}

interface OpenedOptions extends Pick<OpenOptions, 'busyTimeoutMs'> {
  readonly isNew: boolean
}

/** The values of a new row, by column. */
export type NewRow = Readonly<Record<string, string | number | null>>

/** The one SQLite file, opened and migrated to the newest schema. All its failures are StoreErrors. */
export class SqliteDatabase {
  readonly file: string
  readonly sqlite: DatabaseSync
  /** It was made, or was empty, when it was opened. */
  readonly isNew: boolean
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #busyTimeoutMs: number
  readonly #place: FilePlace
  /** Called when the files have left their place, and when they are back. */
  onPlaceChange: (problem: StoreError | undefined) => void = () => {}

  private constructor(file: string, sqlite: DatabaseSync, { busyTimeoutMs, isNew }: OpenedOptions) {
    this.file = file
    this.sqlite = sqlite
    this.isNew = isNew
    this.#busyTimeoutMs = busyTimeoutMs
    this.#begin = sqlite.prepare('BEGIN IMMEDIATE')
    this.#commit = sqlite.prepare('COMMIT')
    this.#place = new FilePlace(file, {
      onChange: (problem, canBeCheckpointed) => {
        if (problem !== undefined && canBeCheckpointed) this.#emptyLog()
        this.onPlaceChange(problem)
      },
      onOverwritten: () => this.#setLogAside(),
    })
  }

  /** @throws StoreError in plain words for every reason why it cannot be used */
  static open(directory: string, { create, busyTimeoutMs }: OpenOptions): SqliteDatabase {
    const file = join(directory, FILE)
    return onStore(file, () => {
      if (create) makePrivate(directory, file)
      else if (statSync(file, { throwIfNoEntry: false }) === undefined)
        throw new StoreError('missing', `${file} does not exist yet: nothing was booked there`)
      const isNew = isMissingOrEmpty(file)
      const sqlite = new DatabaseSync(file, { timeout: LONG_TIMEOUT_MS })
      try {
        prepareFile(sqlite, file)
        sqlite.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
        return new SqliteDatabase(file, sqlite, { busyTimeoutMs, isNew })
      } catch (error) {
        sqlite.close()
        throw error
      }
    })
  }

  /** Looks whether the files that are open still stand at their paths; undefined where they do. */
  look(): StoreError | undefined {
    const problem = this.#place.look()
    if (problem !== undefined && !this.#place.isMixed) this.#emptyLog()
    return problem
  }

  /** From here on it is noticed, too, when another file is copied onto this one. Called when this instance is registered. */
  watchBytes(): void {
    this.sqlite.exec('PRAGMA wal_checkpoint(PASSIVE)')
    const stamp = stampOf(this.sqlite)
    if (stamp !== undefined) this.#place.expect(stamp)
  }

  /** Writing could damage files: see `mixed` in file-place.ts. */
  get isMixed(): boolean {
    return this.#place.isMixed
  }

  /** @throws StoreError */
  prepare(sql: string): StatementSync {
    const statement = onStore(this.file, () => this.sqlite.prepare(sql))
    return takesNumbers() || !/\?\d/.test(sql) ? statement : boundByName(statement)
  }

  /**
   * An INSERT of rows that one function makes. Its columns are the names in the row, so that no value can land in
   * another's column.
   * @param onConflict the end of the statement, for a row that exists already
   */
  insertInto(table: string, onConflict = ''): (row: NewRow) => void {
    let statement: StatementSync | undefined
    return (row) => {
      statement ??= this.prepare(insertOf(table, Object.keys(row)) + onConflict)
      // Bound by number, which takes half the time of names: one function makes all rows, so their order is the same.
      statement.run(...Object.values(row))
    }
  }

  /** Runs a read or a single write. */
  run<T>(work: () => T): T {
    return onStore(this.file, work)
  }

  /**
   * Runs several writes as one transaction.
   * @param where `anywhere`: also in a database that was moved or deleted, as long as that can harm no file
   */
  transaction<T>(work: () => T, where: 'in place' | 'anywhere' = 'in place'): T {
    const problem = this.#place.check()
    if (problem !== undefined && (where === 'in place' || this.#place.isMixed)) throw problem
    return onStore(this.file, () => {
      this.#begin.run()
      try {
        const result = work()
        this.#commit.run()
        if (problem !== undefined) this.#emptyLog()
        return result
      } catch (error) {
        // On a full disk, SQLite has rolled back already.
        if (this.sqlite.isTransaction) this.sqlite.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** Runs work that may wait longer for other processes' transactions: no request waits at the start and at the end. */
  withLongTimeout<T>(work: () => T): T {
    this.sqlite.exec(`PRAGMA busy_timeout = ${LONG_TIMEOUT_MS}`)
    try {
      return work()
    } finally {
      this.sqlite.exec(`PRAGMA busy_timeout = ${this.#busyTimeoutMs}`)
    }
  }

  /**
   * Copies the write-ahead log into the database, wherever that is by now, and empties it: a log that was left behind
   * would be taken for that of the next database in this place.
   */
  #emptyLog(): void {
    try {
      this.sqlite.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // another process is reading or writing: the next look tries again
    }
  }

  /** The log of a database that was written over: applied to the one that is there now, it would damage that. */
  #setLogAside(): void {
    const log = `${this.file}-wal`
    try {
      copyFileSync(log, `${log}-of-overwritten`)
      truncateSync(log)
    } catch {
      // the log is not there either
    }
  }

  close(): void {
    if (!this.sqlite.isOpen) return
    this.#place.settleDoubts()
    this.sqlite.close()
  }
}

/** There is no database in a directory that was made; SQLite takes an empty file for a new one. */
export function hasDatabase(directory: string): boolean {
  return !isMissingOrEmpty(join(directory, FILE))
}

function isMissingOrEmpty(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) === 0
}

/** Makes the file readable by its owner only: it has names, notes and spending of people. */
function makePrivate(directory: string, file: string): void {
  makeDirectory(directory)
  if (existsSync(file)) closeToOthers(directory, file)
  else closeSync(openSync(file, 'a', 0o600))
}

/**
 * Takes the rights of others from a file. Not through a link, not where others could put one meanwhile, and not from a
 * file with a second name: the file that is meant may be another of this user's.
 */
function closeToOthers(directory: string, file: string): void {
  const stats = lstatSync(file)
  const isOurs = stats.isFile() && stats.uid === process.getuid?.() && stats.nlink === 1
  if ((stats.mode & 0o077) !== 0 && isOurs && !canBeReplacedIn(directory)) chmodSync(file, 0o600)
}

function prepareFile(sqlite: DatabaseSync, file: string): void {
  refuseOtherDatabases(sqlite, file)
  sqlite.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;
     PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA trusted_schema = OFF`,
  )
  if (pragma(sqlite, 'user_version') < MIGRATIONS.length) migrate(sqlite)
}

/** @throws StoreError for another program's database, and for one of a newer gateway */
function refuseOtherDatabases(sqlite: DatabaseSync, file: string): void {
  // In one transaction: another process may be making the schema.
  sqlite.exec('BEGIN')
  const applicationId = pragma(sqlite, 'application_id')
  const version = pragma(sqlite, 'user_version')
  const isEmpty = sqlite.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'] === 0
  sqlite.exec('COMMIT')
  if (applicationId !== APPLICATION_ID && !isEmpty) {
    const advice = 'move it away, or set DATA_DIR to another directory'
    throw new StoreError('not_ours', `${file} is the database of another program: ${advice}`)
  }
  if (version > MIGRATIONS.length) {
    const known = `schema ${version}, and this gateway knows up to ${MIGRATIONS.length}`
    throw new StoreError(
      'too_new',
      `${file} was written by a newer gateway (${known}): use that version or a newer one`,
    )
  }
}

function migrate(sqlite: DatabaseSync): void {
  sqlite.exec('BEGIN IMMEDIATE')
  try {
    // Read again: another process may have migrated meanwhile.
    const from = pragma(sqlite, 'user_version')
    for (const step of MIGRATIONS.slice(from)) sqlite.exec(step)
    sqlite.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${MIGRATIONS.length}`)
    sqlite.exec('COMMIT')
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK')
    throw error
  }
}

function pragma(sqlite: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(sqlite.prepare(`PRAGMA ${name}`).get()?.[name])
}

function insertOf(table: string, columns: readonly string[]): string {
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`
}
