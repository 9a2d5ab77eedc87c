import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { systemCode } from '../errors/system-error.ts'

/** How old a look at the disk may be; what this process writes meanwhile is counted. */
const LOOK_MS = 1000
/** The reserve where none is configured: SQLite's log alone takes 16 MB before it is written back. */
const USUAL_RESERVE = { most: 67_108_864, shareOfDisk: 0.05 } as const
/** As much is given up at once for somebody who could not write. */
const RELIEF_BYTES = 4_194_304

/** A disk: its size, and how much of it this user may still write. */
export interface DiskState {
  readonly totalBytes: number
  readonly freeBytes: number
}

export interface DiskRoomOptions {
  /** A directory on the disk; it need not exist yet. */
  readonly directory: string
  /** Kept free for the database; by default 64 MiB, or a twentieth of a smaller disk. */
  readonly reserveBytes?: number | undefined
  /** Looks at the disk. Undefined: it cannot be looked at, and counts as endless. */
  readonly look?: (directory: string) => DiskState | undefined
  /** Must never go back; default the process's own clock. */
  readonly now?: () => number
}

/** Something on the disk that can be done without when others need the room. */
export interface Expendable {
  readonly diskBytes: number
  /** Gives up a part of it. False: nothing can be given up. */
  giveUp(): boolean
}

/**
 * The room on the disk of DATA_DIR. A reserve of it is kept free for the database: before that is touched, kept answers
 * are given up, and uploads are refused.
 */
export class DiskRoom {
  readonly #directory: string
  readonly #reserveBytes: number | undefined
  readonly #look: (directory: string) => DiskState | undefined
  readonly #now: () => number
  readonly #expendables: Expendable[] = []
  #lookedAt = Number.NEGATIVE_INFINITY
  /** Beyond the reserve, by the last look and what was written and freed since. */
  #spareBytes = Number.POSITIVE_INFINITY
  /** Of files that were given up and are not closed yet: their bytes count as free. */
  #closingBytes = 0
  #whenClosed: (() => void)[] = []

  constructor({ directory, reserveBytes, look = stateOf, now = () => performance.now() }: DiskRoomOptions) {
    this.#directory = directory
    this.#reserveBytes = reserveBytes
    this.#look = look
    this.#now = now
  }

  /** How much can be written before the reserve is touched; negative where it has been. */
  get spareBytes(): number {
    if (this.#now() - this.#lookedAt >= LOOK_MS) this.#lookAgain()
    return this.#spareBytes
  }

  /** The reserve is free, kept answers having been given up where that was needed. */
  get isEnough(): boolean {
    return this.makeRoom(0)
  }

  /** The same if all that can be done without were given up. */
  get reachableBytes(): number {
    return this.#expendables.reduce((sum, { diskBytes }) => sum + diskBytes, this.spareBytes)
  }

  /** Has something given up when there is not enough room. */
  add(expendable: Expendable): void {
    this.#expendables.push(expendable)
  }

  /** Whether so much can be written without touching the reserve; gives up what can be done without until it can. */
  makeRoom(bytes: number): boolean {
    while (this.spareBytes < bytes) if (!this.#giveUp()) return false
    return true
  }

  /**
   * Gives up a few megabytes for somebody who could not write, and waits until they are free.
   * @returns whether it is worth to try again
   */
  async relieve(): Promise<boolean> {
    const before = this.#closingBytes
    while (this.#closingBytes - before < RELIEF_BYTES) if (!this.#giveUp()) break
    if (this.#closingBytes === 0) return false
    await new Promise<void>((resolve) => this.#whenClosed.push(resolve))
    return true
  }

  /** So much was written to a file. */
  written(bytes: number): void {
    this.#spareBytes -= bytes
  }

  /** A file of so many bytes is about to be closed for good; it has no name. The returned function says that it is. */
  closing(bytes: number): () => void {
    this.#spareBytes += bytes
    this.#closingBytes += bytes
    return () => {
      this.#closingBytes -= bytes
      if (this.#closingBytes === 0) for (const resolve of this.#whenClosed.splice(0)) resolve()
    }
  }

  #giveUp(): boolean {
    return this.#expendables.some((expendable) => expendable.giveUp())
  }

  #lookAgain(): void {
    this.#lookedAt = this.#now()
    const state = this.#look(this.#directory)
    if (state === undefined) {
      this.#spareBytes = Number.POSITIVE_INFINITY
      return
    }
    const { most, shareOfDisk } = USUAL_RESERVE
    const reserveBytes = this.#reserveBytes ?? Math.min(most, Math.floor(state.totalBytes * shareOfDisk))
    this.#spareBytes = state.freeBytes + this.#closingBytes - reserveBytes
  }
}

/** The disk of a directory, or of the nearest one above that exists. */
function stateOf(directory: string): DiskState | undefined {
  try {
    const { bsize, blocks, bavail } = statfsSync(directory)
    return { totalBytes: blocks * bsize, freeBytes: bavail * bsize }
  } catch (error) {
    const above = dirname(directory)
    return systemCode(error) === 'ENOENT' && above !== directory ? stateOf(above) : undefined
  }
}
