import { Slab } from './slab.ts'
import type { SlabHome } from './slab.ts'

/**
 * Large, since each read costs a system call, a callback and a write: 2 MB answers took 1.0-1.3 CPU seconds per 1,000 with
 * slabs of 256 KiB, 1.3-1.6 with 128, 1.5-1.8 with 64.
 */
const SLAB_BYTES = 262_144
/** 32 MiB: enough for a few dozen answers that are flowing, and for those that have just gone by. */
const MOST_SLABS = 128
/** Beyond that number, and near it, reads are as small as Node's own. */
const SMALL_READ_BYTES = 65_536
const SCARCE_SHARE = 0.75

/** The slabs of one process, bounded in number: what goes beyond is ordinary memory for the collector. */
export class SlabPool implements SlabHome {
  readonly #free: Slab[] = []
  readonly #most: number
  #made = 0

  constructor(most = MOST_SLABS) {
    this.#most = most
  }

  /** How many are in use. */
  get inUse(): number {
    return this.#made - this.#free.length
  }

  /** Most of them are in use. */
  get isScarce(): boolean {
    return this.inUse >= SCARCE_SHARE * this.#most
  }

  /** How much may be read at once: many readers must not fill the slabs with what waits for slow clients. */
  get readBytes(): number {
    return this.isScarce ? SMALL_READ_BYTES : SLAB_BYTES
  }

  /** A slab with one reference; a smaller one of ordinary memory where all are in use. */
  take(): Slab {
    const slab = this.#free.pop() // the latest: its bytes are still in the processor's cache
    if (slab !== undefined) return slab.reuse()
    if (this.#made >= this.#most) return new Slab(SMALL_READ_BYTES)
    this.#made++
    return new Slab(SLAB_BYTES, this)
  }

  takeBack(slab: Slab): void {
    this.#free.push(slab)
  }
}
