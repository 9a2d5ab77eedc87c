import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

/** Tells a database from all others, and from older copies of itself: its id, and how many instances it has had. */
export interface Stamp {
  readonly id: string
  readonly instances: number
}

const STAMP = `SELECT id, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'instances'), 0) AS instances
  FROM identity`

/** The stamp of an open database, its log included. */
export function stampOf(sqlite: DatabaseSync): Stamp | undefined {
  return sqlite.prepare(STAMP).get() as Stamp | undefined
}

/**
 * Whether a file still has the bytes of the database that is open. Copying another file onto it keeps the inode, and
 * SQLite does not notice: it reads from memory and from its log. The file itself is read only when it was written to,
 * which a checkpoint does as well, some thousand orders apart; that takes 0.2 ms.
 */
export class OwnBytes {
  readonly #file: string
  readonly #stamp: Stamp
  /** The time of the last write whose bytes were ours; undefined while the log was never copied into the file. */
  #seenAt: bigint | undefined
  #doubts = 0

  constructor(file: string, stamp: Stamp) {
    this.#file = file
    this.#stamp = stamp
  }

  /** The file was written to since the last look. */
  isChanged(writtenAt: bigint): boolean {
    return this.#seenAt !== undefined && this.#seenAt !== writtenAt
  }

  /**
   * @param writtenAt the time of the file's last write
   * @returns how many looks in a row have found other bytes
   */
  look(writtenAt: bigint): number {
    if (this.#seenAt === writtenAt) return (this.#doubts = 0)
    const found = stampIn(this.#file)
    if (found?.id === this.#stamp.id && found.instances >= this.#stamp.instances) {
      this.#seenAt = writtenAt
      this.#doubts = 0
    } else if (this.#seenAt !== undefined) this.#doubts++
    return this.#doubts
  }
}

/** The stamp in the file itself: past the log, without locks, and without an effect on those of this process. */
function stampIn(file: string): Stamp | undefined {
  const url = pathToFileURL(file)
  url.searchParams.set('immutable', '1')
  try {
    const sqlite = new DatabaseSync(url, { readOnly: true })
    try {
      return stampOf(sqlite)
    } finally {
      sqlite.close()
    }
  } catch {
    return undefined
  }
}
