import { statfsSync } from 'node:fs'
import { StoreError } from '../../errors/store-error.ts'
import type { StoreProblem } from '../../errors/store-error.ts'

/** A disk with less than this free counts as full, where SQLite only says that writing failed. */
const FULL_BELOW_BYTES = 256 * 1024

/** SQLite's primary result codes (sqlite.org/rescode.html), in words for the operator of the gateway. */
const RESULT_CODES: Readonly<Record<number, readonly [StoreProblem, string]>> = {
  3: ['unavailable', 'may not be opened by this user'],
  5: ['locked', 'is locked: another program, perhaps sqlite3, has a transaction open on it'],
  6: ['locked', 'is locked by another connection of this process'],
  7: ['unavailable', 'could not be used: there is not enough memory'],
  8: ['read_only', 'can only be read: check the owner and the mode of the file and its directory'],
  10: ['unavailable', 'could not be read or written: the disk reports an error'],
  11: ['corrupt', 'is damaged: restore a backup, or move it away to begin with an empty one'],
  13: ['full', 'cannot grow: the disk is full'],
  14: ['unavailable', 'cannot be opened: check the owner and the mode of the file and its directory'],
  26: ['not_ours', 'is not an SQLite database: move it away, or set DATA_DIR to another directory'],
}
const IO_ERROR = 10
const CANNOT_OPEN = 14

/** Translates an error of SQLite or of the file system into a StoreError; any other error is a defect, and returned as it is. */
export function storeError(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error
  const { code, errcode } = error as Error & { readonly code?: string; readonly errcode?: number }
  if (code === 'ERR_SQLITE_ERROR' && errcode !== undefined) {
    const primary = errcode & 0xff
    if ((primary === IO_ERROR || primary === CANNOT_OPEN) && isFull(file)) return storeErrorOf(13, file, error)
    return primary in RESULT_CODES ? storeErrorOf(primary, file, error) : error
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return storeErrorOf(13, file, error)
  if (code === 'EROFS') return storeErrorOf(8, file, error)
  if (code === 'EACCES' || code === 'EPERM') return storeErrorOf(14, file, error)
  if (code === 'ENOTDIR' || code === 'EEXIST') {
    return new StoreError('unavailable', `${file} cannot be made: DATA_DIR, or a part of it, is a file`, error)
  }
  // Node reports a read-only file system like this, too, when it makes several levels at once.
  if (code === 'ENOENT') {
    const words = 'cannot be made: its directory does not exist, or is on a read-only file system'
    return new StoreError('unavailable', `${file} ${words}`, error)
  }
  return error
}

/** Runs work on the database, and translates its errors into StoreErrors. */
export function onStore<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storeError(error, file)
  }
}

function storeErrorOf(resultCode: number, file: string, cause: Error): StoreError {
  const [problem, words] = RESULT_CODES[resultCode] ?? ['unavailable', 'cannot be used']
  return new StoreError(problem, `${file} ${words}`, cause)
}

function isFull(file: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(file)
    return bavail * bsize < FULL_BELOW_BYTES
  } catch {
    return false
  }
}
