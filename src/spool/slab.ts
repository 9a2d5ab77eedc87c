/** Overwrites what is given back, so that a late reader sees it; undefined: slabs are given back as they are. */
let poison: number | undefined

/** Has every byte that is given back overwritten, in this process: for tests. */
export function poisonReleasedSlabs(byte = 0xdb): void {
  poison = byte
}

/** Takes a slab that nobody reads from any more. */
export interface SlabHome {
  takeBack(slab: Slab): void
}

const slabs = new WeakMap<ArrayBufferLike, Slab>()

/** The slab that the bytes lie in; undefined where they are ordinary memory, which nobody overwrites. */
export function slabOf(bytes: Buffer): Slab | undefined {
  return slabs.get(bytes.buffer)
}

/**
 * Memory that answers are read into, again and again: allocating and collecting it anew for each read took half of a large
 * answer's time (docs/decisions/0034).
 *
 * **Bytes in a slab are lent.** Every `write(chunk)` on an answer's way lends the chunk until it returns. Who needs the
 * bytes for longer copies them, or calls `slabOf(chunk)?.retain()` and, once done, `release()`. The slab is overwritten
 * after its last release.
 */
export class Slab {
  readonly bytes: Buffer
  #references = 1
  readonly #home: SlabHome | undefined

  /** @param home is given the slab back; undefined: the memory is left to the collector */
  constructor(size: number, home?: SlabHome) {
    this.bytes = Buffer.allocUnsafeSlow(size)
    this.#home = home
    slabs.set(this.bytes.buffer, this)
  }

  /** Only one reader is left, which may overwrite all of it. */
  get isFree(): boolean {
    return this.#references === 1
  }

  /** Keeps the bytes as they are until `release`. @throws where they have been given back already */
  retain(): this {
    if (this.#references === 0) throw new Error('a slab was retained after its last release')
    this.#references++
    return this
  }

  /** @throws where it has been released more often than retained */
  release(): void {
    if (this.#references === 0) throw new Error('a slab was released twice')
    this.#references--
    if (this.#references > 0) return
    this.forget()
    this.#home?.takeBack(this)
  }

  /** Its bytes are of no interest any more. */
  forget(): void {
    if (poison !== undefined) this.bytes.fill(poison)
  }

  /** Out of the pool again. */
  reuse(): this {
    this.#references = 1
    return this
  }
}
