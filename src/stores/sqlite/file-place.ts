import { statSync } from 'node:fs'
import { StoreError } from '../../errors/store-error.ts'

/** A look at the database costs 3 µs, a transaction 30 and more: for so long, one look serves all transactions. */
const FRESH_MS = 2

/**
 * The place of the files that are open: the database, its write-ahead log, and the index of that.
 *
 * - `here`: at their paths.
 * - `elsewhere`: moved or deleted, with nothing in the place of the database, or without leaving a part behind. They can
 *   still be written to, since a process keeps what it has opened.
 * - `mixed`: another database stands beside our log, our log is gone from our database, or the database was emptied. Any
 *   write could damage one of them.
 */
type Place = 'here' | 'elsewhere' | 'mixed'

/** A file as the system tells it from all others. */
interface Identity {
  readonly device: bigint
  readonly inode: bigint
  readonly bytes: bigint
}

interface Found {
  readonly database: Identity | undefined
  readonly log: Identity | undefined
  readonly index: Identity | undefined
}

export interface FilePlaceOptions {
  /** The files have left their place, or are back there. Nothing may be written in a transaction meanwhile. */
  readonly onChange: (problem: StoreError | undefined, canBeCheckpointed: boolean) => void
  /** Milliseconds on a clock that only goes forward. */
  readonly now?: () => number
}

/** Tells whether the files that are open still stand at their paths, by device and inode. */
export class FilePlace {
  readonly #file: string
  readonly #onChange: FilePlaceOptions['onChange']
  readonly #now: () => number
  readonly #opened: Found
  #place: Place = 'here'
  #problem: StoreError | undefined
  #lookedAt: number

  /** Called when the files are open. */
  constructor(file: string, { onChange, now = () => performance.now() }: FilePlaceOptions) {
    this.#file = file
    this.#onChange = onChange
    this.#now = now
    this.#opened = found(file)
    this.#lookedAt = now()
  }

  /** The problem that was seen last. */
  get problem(): StoreError | undefined {
    return this.#problem
  }

  /** Writing could damage files. */
  get isMixed(): boolean {
    return this.#place === 'mixed'
  }

  /** Looks at the database alone, unless that was done a moment ago: for every transaction. */
  check(): StoreError | undefined {
    if (this.#problem !== undefined) return this.#problem
    const now = this.#now()
    if (now - this.#lookedAt < FRESH_MS) return undefined
    this.#lookedAt = now
    const { database } = this.#opened
    const there = identityOf(this.#file)
    return isSame(there, database) && !isEmptied(there, database) ? undefined : this.look()
  }

  /** Looks at all files. They are back when all are those that were opened, and nobody has written to the log meanwhile. */
  look(): StoreError | undefined {
    const there = found(this.#file)
    const place = placeOf(there, this.#opened)
    if (place === 'here' && this.#place === 'mixed' && there.log?.bytes !== 0n) return this.#problem
    const hasChanged = (place === 'here') !== (this.#place === 'here')
    this.#place = place
    this.#problem = place === 'here' ? undefined : new StoreError('moved', this.#file + reasonOf(there, this.#opened))
    if (hasChanged) this.#onChange(this.#problem, !isEmptied(there.database, this.#opened.database))
    return this.#problem
  }
}

function placeOf(there: Found, opened: Found): Place {
  const hasLog = isSame(there.log, opened.log)
  const hasIndex = isSame(there.index, opened.index)
  if (isEmptied(there.database, opened.database)) return 'mixed'
  if (isSame(there.database, opened.database)) return hasLog && hasIndex ? 'here' : 'mixed'
  return there.database !== undefined && (hasLog || hasIndex) ? 'mixed' : 'elsewhere'
}

function reasonOf({ database }: Found, opened: Found): string {
  if (database === undefined)
    return ' was moved or deleted while it was open: put it back where it was, with its -wal and -shm'
  if (!isSame(database, opened.database))
    return ' was replaced while it was open: put the old file back, or restart the gateway to use the one that is there'
  return isEmptied(database, opened.database)
    ? ' was emptied while it was open: restart the gateway with a backup of it'
    : '-wal and -shm, which belong to it, were moved or deleted while it was open: restart the gateway'
}

/** Our database, with nothing in it any more: its header alone has a hundred bytes. */
function isEmptied(there: Identity | undefined, opened: Identity | undefined): boolean {
  return there?.bytes === 0n && isSame(there, opened)
}

/** A file that was not there when the others were opened is not missed. */
function isSame(there: Identity | undefined, opened: Identity | undefined): boolean {
  return opened === undefined || (there?.inode === opened.inode && there.device === opened.device)
}

function found(file: string): Found {
  return { database: identityOf(file), log: identityOf(`${file}-wal`), index: identityOf(`${file}-shm`) }
}

function identityOf(path: string): Identity | undefined {
  try {
    const { dev: device, ino: inode, size: bytes } = statSync(path, { bigint: true })
    return { device, inode, bytes }
  } catch {
    return undefined
  }
}
