import { statSync } from 'node:fs'
import { StoreError } from '../../../errors/store-error.ts'
import { OwnBytes } from './own-bytes.ts'
import type { Stamp } from './own-bytes.ts'

/** A look at the database costs 3 µs, a transaction 30 and more: for so long, one look serves all transactions. */
const FRESH_MS = 2

/** Looks in a row that find other bytes in the database: one alone may have met a checkpoint of another process. */
const SURE_AFTER = 3
/** The time between two looks of a process that ends. */
const DOUBT_MS = 20

/**
 * The place of the files that are open: the database, its write-ahead log, and the index of that.
 *
 * - `here`: at their paths.
 * - `elsewhere`: moved or deleted, with nothing in the place of the database, or without leaving a part behind. They can
 *   still be written to, since a process keeps what it has opened.
 * - `mixed`: another database stands beside our log, our log is gone from our database, or the database was emptied or
 *   written over. Any write could damage one of them.
 */
type Place = 'here' | 'elsewhere' | 'mixed'

/** A file as the system tells it from all others. */
interface Identity {
  readonly device: bigint
  readonly inode: bigint
  readonly bytes: bigint
  /** In nanoseconds. */
  readonly writtenAt: bigint
}

interface Found {
  readonly database: Identity | undefined
  readonly log: Identity | undefined
  readonly index: Identity | undefined
}

export interface FilePlaceOptions {
  /** The files have left their place, or are back there. Nothing may be written in a transaction meanwhile. */
  readonly onChange: (problem: StoreError | undefined, canBeCheckpointed: boolean) => void
  /** Another database was copied onto ours: our log must not be taken for its. */
  readonly onOverwritten: () => void
  /** Milliseconds on a clock that only goes forward. */
  readonly now?: () => number
}

/** Tells whether the files that are open still stand at their paths, by device and inode. */
export class FilePlace {
  readonly #file: string
  readonly #options: FilePlaceOptions
  readonly #now: () => number
  readonly #opened: Found
  #bytes: OwnBytes | undefined
  #place: Place = 'here'
  #problem: StoreError | undefined
  /** Others may have written to our log. */
  #isLogInDoubt = false
  #isOverwritten = false
  #hasDoubts = false
  #lookedAt: number

  /** Called when the files are open. */
  constructor(file: string, options: FilePlaceOptions) {
    this.#file = file
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#opened = found(file)
    this.#lookedAt = this.#now()
  }

  /** Writing could damage files. */
  get isMixed(): boolean {
    return this.#place === 'mixed'
  }

  /** From here on the bytes of the database are looked at, too. The stamp should be in the file, and not only in its log. */
  expect(stamp: Stamp): void {
    this.#bytes = new OwnBytes(this.#file, stamp)
    this.look()
  }

  /** Looks at the database alone, unless that was done a moment ago: for every transaction. */
  check(): StoreError | undefined {
    if (this.#problem !== undefined) return this.#problem
    const now = this.#now()
    if (now - this.#lookedAt < FRESH_MS) return undefined
    this.#lookedAt = now
    const there = identityOf(this.#file)
    const isHere = there !== undefined && there.bytes > 0n && isSame(there, this.#opened.database)
    return isHere && this.#bytes?.isChanged(there.writtenAt) !== true ? undefined : this.look()
  }

  /** Looks at all files. They are back when all are those that were opened, and nobody has written to the log meanwhile. */
  look(): StoreError | undefined {
    if (this.#isOverwritten) return this.#problem
    const there = found(this.#file)
    const place = placeOf(there, this.#opened)
    if (place === 'here' && this.#haveBytesChanged(there)) return this.#isAt('mixed', OVERWRITTEN, false)
    if (place === 'here' && this.#isLogInDoubt && there.log?.bytes !== 0n) return this.#problem
    this.#isLogInDoubt = place === 'mixed'
    const canBeCheckpointed = !isEmptied(there.database, this.#opened.database)
    return this.#isAt(place, place === 'here' ? undefined : reasonOf(there, this.#opened), canBeCheckpointed)
  }

  /** Looks until it is sure whether the bytes are ours: before the files are closed, which writes to them. */
  settleDoubts(): void {
    for (let looks = 0; looks < SURE_AFTER; looks++) {
      if (!this.#hasDoubts) return
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DOUBT_MS) // sleeps: the process ends
      this.look()
    }
  }

  #haveBytesChanged({ database }: Found): boolean {
    if (database === undefined || this.#bytes === undefined) return false
    const doubts = this.#bytes.look(database.writtenAt)
    this.#isOverwritten = doubts >= SURE_AFTER
    this.#hasDoubts = doubts > 0 && !this.#isOverwritten
    return doubts > 0
  }

  #isAt(place: Place, reason: string | undefined, canBeCheckpointed: boolean): StoreError | undefined {
    const hasChanged = (place === 'here') !== (this.#place === 'here')
    this.#place = place
    this.#problem = reason === undefined ? undefined : new StoreError('moved', this.#file + reason)
    if (hasChanged) this.#options.onChange(this.#problem, canBeCheckpointed)
    if (this.#isOverwritten) this.#options.onOverwritten()
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

const MOVED = ' was moved or deleted while it was open: put it back where it was, with its -wal and -shm'
const REPLACED =
  ' was replaced while it was open: put the old file back, or restart the gateway to use the one that is there'
const OVERWRITTEN = ' was written over while it was open: restart the gateway with the file that it is to use'
const EMPTIED = ' was emptied while it was open: restart the gateway with a backup of it'
const WITHOUT_LOG = '-wal and -shm, which belong to it, were moved or deleted while it was open: restart the gateway'

function reasonOf({ database }: Found, opened: Found): string {
  if (database === undefined) return MOVED
  if (!isSame(database, opened.database)) return REPLACED
  return isEmptied(database, opened.database) ? EMPTIED : WITHOUT_LOG
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
    const { dev: device, ino: inode, size: bytes, mtimeNs: writtenAt } = statSync(path, { bigint: true })
    return { device, inode, bytes, writtenAt }
  } catch {
    return undefined
  }
}
