import { KeptAnswer } from './kept-answer.ts'
import type { SpoolDirectory } from '../../spool/spool-file.ts'

/**
 * What all kept answers may have in memory together: a single image is a few megabytes. Every answer under way has
 * buffers of its own, so that with many of them there is less for what is kept.
 */
const MEMORY_BYTES = { most: 16_777_216, least: 8_388_608, lessForEach: 131_072 } as const

export interface KeptAnswersOptions {
  readonly directory: SpoolDirectory
  /** What they may have on disk together. */
  readonly maxDiskBytes: number
  /** Gives up the oldest answer on disk that nobody is reading; false where there is none. */
  readonly freeDisk: () => boolean
  /** The largest answer in memory. */
  readonly largestInMemory: () => KeptAnswer | undefined
}

/** The room that kept answers share: so much memory, so much disk. */
export class KeptAnswers {
  readonly #options: KeptAnswersOptions
  memoryBytes = 0
  diskBytes = 0
  #answers = 0
  /** On their way to the disk. */
  waitingBytes = 0

  constructor(options: KeptAnswersOptions) {
    this.#options = options
  }

  get directory(): SpoolDirectory {
    return this.#options.directory
  }

  create(): KeptAnswer {
    this.#answers++
    return new KeptAnswer(this)
  }

  /** Called by an answer after it has grown. May spill or drop it, or others. */
  grew(answer: KeptAnswer, bytes: number, where: 'memory' | 'disk'): void {
    if (where === 'memory') this.memoryBytes += bytes
    else this.diskBytes += bytes
    const { most, least, lessForEach } = MEMORY_BYTES
    const maxMemoryBytes = Math.max(least, most - this.#answers * lessForEach)
    while (this.memoryBytes > maxMemoryBytes) {
      const largest = this.#options.largestInMemory() ?? answer
      if (largest.memoryBytes === 0) break
      largest.spill()
    }
    while (this.diskBytes > this.#options.maxDiskBytes) {
      if (this.#options.freeDisk()) continue
      answer.drop()
      break
    }
  }

  /** Called by an answer that goes to disk. */
  moved(bytes: number): void {
    this.memoryBytes -= bytes
    this.diskBytes += bytes
  }

  /** Called by an answer before it is forgotten. */
  dropped(answer: KeptAnswer): void {
    this.#answers--
    this.memoryBytes -= answer.memoryBytes
    this.diskBytes -= answer.diskBytes
  }
}
