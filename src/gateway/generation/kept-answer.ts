import { Spool } from '../../spool/spool.ts'
import type { SpoolOwner } from '../../spool/spool.ts'
import type { Aged } from './age-list.ts'
import type { SpoolDirectory } from '../../spool/spool-file.ts'

/** How much of one answer may wait for the disk before the upstream is held back; many share what may wait. */
const WAITING_BYTES = { most: 524_288, least: 65_536, together: 8_388_608 } as const

/**
 * The need for a kept answer. `flowing`: its client is connected and takes it as it comes; `owed`: no client has all of
 * it; `delivered`: a client has all of it.
 */
export type Claim = 'flowing' | 'owed' | 'delivered'

/** The room that all kept answers share: it is told of every change, and may spill or discard answers then. */
export interface KeptAnswerRoom {
  readonly directory: SpoolDirectory
  /** Bytes of all answers that are on their way to the disk. */
  readonly waitingBytes: number
  grew(answer: KeptAnswer, bytes: number): void
  /** @param start sends its bytes to the disk */
  spill(answer: KeptAnswer, start: () => void): void
  spooled(bytes: number): void
  reclaimed(answer: KeptAnswer, claim: Claim): void
  discarded(answer: KeptAnswer): void
}

/** The generation whose answer is kept. */
export interface KeptAnswerOwner {
  /** Its client reads more slowly than the upstream sends. */
  readonly isReadSlowly: boolean
  /** The disk has caught up, or nothing is kept any more. */
  diskDrained(): void
}

/**
 * The bytes of one answer, kept so that a later request can be served from the first byte: in memory while there is room,
 * on disk when nobody has it, nowhere when there is no room.
 */
export class KeptAnswer implements SpoolOwner, Aged<KeptAnswer> {
  older: KeptAnswer | undefined
  newer: KeptAnswer | undefined
  claim: Claim = 'flowing'
  /** It has been kept for a while. */
  isAged = false
  /** Everything is still here from the first byte. */
  isWhole = true
  /** Deliveries that read from here. */
  readers = 0
  ending: 'open' | 'complete' | 'cut' = 'open'
  owner: KeptAnswerOwner | undefined
  readonly #all: KeptAnswerRoom
  readonly #spool: Spool
  #waiting: (() => void)[] = []

  constructor(all: KeptAnswerRoom) {
    this.#all = all
    this.#spool = new Spool(all.directory, { memoryBytes: Number.POSITIVE_INFINITY, owner: this })
  }

  get bytes(): number {
    return this.#spool.bytes
  }

  /** Bytes that are in memory, on their way to the disk or not. */
  get memoryBytes(): number {
    return this.#spool.memoryBytes
  }

  get diskBytes(): number {
    return this.#spool.fileBytes
  }

  get isSpilled(): boolean {
    return this.#spool.isSpilled
  }

  /** All of it in one piece, where it is in memory. */
  get inMemory(): Buffer | undefined {
    return this.isWhole ? this.#spool.inMemory : undefined
  }

  /** Nothing holds the upstream back: the disk keeps up, or is not used. */
  get isKeepingUp(): boolean {
    if (!this.isWhole || !this.#spool.isSpilled) return true
    const { most, least, together } = WAITING_BYTES
    return this.memoryBytes < (this.#all.waitingBytes > together ? least : most)
  }

  append(chunk: Buffer): void {
    if (!this.isWhole || chunk.length === 0) return
    this.#spool.append(chunk)
    this.#all.grew(this, chunk.length)
    this.#notify()
  }

  /** Nothing more comes: the answer is complete, or its client must see that it is not. */
  close(ending: 'complete' | 'cut'): void {
    this.ending = ending
    if (this.isWhole && this.isSpilled) this.#spool.spill() // the last bytes too
    this.#notify()
  }

  /** Says who needs it from now on. */
  claimAs(claim: Claim): void {
    if (this.claim === claim || !this.isWhole) return
    this.#all.reclaimed(this, claim)
  }

  /** Copies what is in slabs: they are needed for other answers. */
  leaveSlabs(): void {
    this.#spool.leaveSlabs()
  }

  /** From memory to disk. */
  spill(): void {
    if (this.isWhole && !this.isSpilled) this.#all.spill(this, () => this.#spool.spill())
  }

  /** Gives it up: it is not needed any more, or evicted because there is no room. */
  discard(): void {
    if (!this.isWhole) return
    this.isWhole = false
    this.#all.discarded(this)
    void this.#spool.discard()
    this.#notify()
    this.owner?.diskDrained()
  }

  /** The bytes from an offset on: as many as can be had at once. @throws where it was given up */
  async chunkAt(offset: number): Promise<Buffer> {
    return this.#spool.chunkAt(offset)
  }

  /** Resolves when more has come, or it has ended, or it was given up. */
  async change(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  spooled(bytes: number): void {
    if (!this.isWhole) return
    this.#all.spooled(bytes)
    if (this.isKeepingUp) this.owner?.diskDrained()
  }

  /** There is no room, or no disk: a client that is there still gets its answer. */
  spoolFailed(): void {
    this.discard()
  }

  #notify(): void {
    if (this.#waiting.length > 0) for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
