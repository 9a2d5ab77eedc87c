import { openFilesLimit } from '../../spool/open-files.ts'
import { AgeList } from './age-list.ts'
import { systemClock } from './clock.ts'
import { KeptAnswer } from './kept-answer.ts'
import type { Expendable } from '../../spool/disk-room.ts'
import type { SpoolDirectory } from '../../spool/spool-file.ts'
import type { Clock, Timer } from './clock.ts'
import type { Claim, KeptAnswerRoom } from './kept-answer.ts'

/**
 * The memory of all kept answers together: a single image is a few megabytes. Every answer under way has buffers of its
 * own, so that with many of them there is less for what is kept.
 */
const MEMORY_BYTES = { most: 16_777_216, least: 8_388_608, lessForEach: 262_144 } as const
/**
 * Kept answers retain the slabs that they came in, which costs nothing, and are copied out of them once they have been
 * kept for so long: by then most clients have all of theirs.
 */
const IN_SLABS_MS = 1000
/** An answer on disk holds a file open; most of what the process may open is for connections. */
const FILES = { most: 512, shareOfLimit: 0.25 } as const

export interface KeptAnswersOptions {
  readonly directory: SpoolDirectory
  /** The disk of all kept answers together, what is on its way there included. */
  readonly maxDiskBytes: number
  /** Files that they hold open together; by default a quarter of what the process may. */
  readonly maxFiles?: number
  readonly clock?: Clock
}

/**
 * The room that kept answers share: so much memory, so much disk, so many files. When memory is used up, answers that were
 * delivered are evicted first, then those that nobody has go to disk, and last one is given up whose client is taking it.
 * When the disk is used up, or others need it, the oldest answers there are evicted.
 */
export class KeptAnswers implements KeptAnswerRoom, Expendable {
  readonly directory: SpoolDirectory
  readonly #maxDiskBytes: number
  readonly #maxFiles: number
  /** In memory, their clients connected. */
  readonly #flowing = new AgeList<KeptAnswer>()
  /** In memory, and nobody has them. */
  readonly #owed = new AgeList<KeptAnswer>()
  /** A client has them, so that a later request most likely does not come. */
  readonly #delivered = new AgeList<KeptAnswer>()
  /** On disk, or on their way there. */
  readonly #spilled = new AgeList<KeptAnswer>()
  readonly #clock: Clock
  #leaving: Timer | undefined
  #files = 0
  memoryBytes = 0
  diskBytes = 0
  waitingBytes = 0

  constructor({ directory, maxDiskBytes, maxFiles, clock = systemClock }: KeptAnswersOptions) {
    this.directory = directory
    this.#clock = clock
    this.#maxDiskBytes = maxDiskBytes
    directory.room.add(this)
    this.#maxFiles = maxFiles ?? Math.min(FILES.most, Math.floor(openFilesLimit() * FILES.shareOfLimit))
  }

  create(): KeptAnswer {
    return new KeptAnswer(this)
  }

  /** How many have bytes that are kept. */
  get size(): number {
    return this.#flowing.size + this.#owed.size + this.#delivered.size + this.#spilled.size
  }

  grew(answer: KeptAnswer, bytes: number): void {
    if (answer.bytes === bytes) this.#listOf(answer).add(answer) // its first bytes
    this.memoryBytes += bytes
    if (this.#leaving === undefined) this.#leaveSlabsLater()
    if (answer.isSpilled) {
      this.waitingBytes += bytes
      this.#boundDisk(answer)
    } else this.#boundMemory(answer)
  }

  spill(answer: KeptAnswer, start: () => void): void {
    this.#listOf(answer).remove(answer)
    this.#files++
    this.waitingBytes += answer.memoryBytes
    start()
    this.#listOf(answer).add(answer)
    this.#boundDisk(answer)
  }

  spooled(bytes: number): void {
    this.memoryBytes -= bytes
    this.waitingBytes -= bytes
    this.diskBytes += bytes
  }

  reclaimed(answer: KeptAnswer, claim: Claim): void {
    this.#listOf(answer).remove(answer)
    answer.claim = claim
    if (answer.bytes > 0) this.#listOf(answer).add(answer)
  }

  discarded(answer: KeptAnswer): void {
    this.#listOf(answer).remove(answer)
    this.memoryBytes -= answer.memoryBytes
    this.diskBytes -= answer.diskBytes
    if (!answer.isSpilled) return
    this.waitingBytes -= answer.memoryBytes
    this.#files--
  }

  /** Evicts the oldest answer on disk, for somebody who needs the room more. False where there is none. */
  giveUp(): boolean {
    const evicted = this.#evictable(({ ending }) => ending !== 'open') ?? this.#evictable(() => true)
    evicted?.discard()
    return evicted !== undefined
  }

  /** Answers that have been kept for a while leave their slabs. */
  #leaveSlabs(): void {
    let isSomeLeft = false
    for (const list of [this.#flowing, this.#owed, this.#delivered, this.#spilled]) {
      for (const answer of list.oldestFirst()) {
        if (answer.isAged) answer.leaveSlabs()
        isSomeLeft ||= !answer.isAged || answer.ending === 'open'
        answer.isAged = true
      }
    }
    this.#leaving = undefined
    if (isSomeLeft) this.#leaveSlabsLater()
  }

  #leaveSlabsLater(): void {
    this.#leaving = this.#clock.background(IN_SLABS_MS, () => this.#leaveSlabs())
  }

  #listOf({ claim, isSpilled }: KeptAnswer): AgeList<KeptAnswer> {
    if (claim === 'delivered') return this.#delivered
    if (isSpilled) return this.#spilled
    return claim === 'owed' ? this.#owed : this.#flowing
  }

  #boundMemory(growing: KeptAnswer): void {
    const { most, least, lessForEach } = MEMORY_BYTES
    const maxBytes = Math.max(least, most - this.size * lessForEach)
    while (this.memoryBytes - this.waitingBytes > maxBytes) {
      const evicted = this.#delivered.oldest
      const owed = this.#owed.oldest
      if (evicted !== undefined) evicted.discard()
      else if (owed !== undefined) owed.spill()
      else if (!this.#giveUpFlowing(growing, maxBytes)) return
    }
  }

  /** A client that keeps up needs nothing kept; what a slow one has not taken yet goes to disk. */
  #giveUpFlowing(growing: KeptAnswer, maxBytes: number): boolean {
    const isAboveShare = growing.claim === 'flowing' && growing.memoryBytes * this.#flowing.size >= maxBytes
    const answer = isAboveShare ? growing : this.#flowing.oldest
    if (answer === undefined) return false
    if (answer.owner?.isReadSlowly === true) answer.spill()
    else answer.discard()
    return true
  }

  /** Evicts the oldest answers on disk that are complete and not being read; where there is none, the one that needs room. */
  #boundDisk(needy: KeptAnswer): void {
    while (this.#isDiskUsedUp()) {
      const evicted = this.#evictable((answer) => answer !== needy && answer.ending !== 'open')
      if (evicted === undefined) return needy.discard()
      evicted.discard()
    }
  }

  #isDiskUsedUp(): boolean {
    const { diskBytes, waitingBytes, directory } = this
    const isFull = diskBytes + waitingBytes > this.#maxDiskBytes || directory.room.spareBytes < waitingBytes
    return isFull || this.#files > this.#maxFiles
  }

  /** The oldest answer on disk that nobody is reading; first of those that were delivered. */
  #evictable(mayBe: (answer: KeptAnswer) => boolean): KeptAnswer | undefined {
    const isEvictable = (answer: KeptAnswer): boolean => answer.isSpilled && answer.readers === 0 && mayBe(answer)
    return this.#delivered.oldestFirst().find(isEvictable) ?? this.#spilled.oldestFirst().find(isEvictable)
  }
}
