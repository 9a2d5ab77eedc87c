const LEAST_CAPACITY = 1024

/**
 * Bytes that come one after the other, in one piece of memory: it takes at most twice their number, however small the
 * pieces they come in. A list of pieces takes a hundred bytes and more for each.
 */
export class GatheredBytes {
  readonly #expected: number | undefined
  #memory: Buffer = Buffer.alloc(0)
  #length = 0

  /** @param expected how many bytes will come, where that is known; more may come, or less */
  constructor(expected?: number) {
    this.#expected = expected
  }

  get length(): number {
    return this.#length
  }

  append(piece: Buffer): void {
    const length = this.#length + piece.length
    if (length > this.#memory.length) this.#grow(length)
    piece.copy(this.#memory, this.#length)
    this.#length = length
  }

  /** The bytes so far; not a copy. They stay as they are, unless some are taken back. */
  bytes(from = 0): Buffer {
    return this.#memory.subarray(from, this.#length)
  }

  /** Takes back what came after the first `length` bytes. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length)
  }

  clear(): void {
    this.#memory = Buffer.alloc(0)
    this.#length = 0
  }

  #grow(length: number): void {
    const memory = Buffer.allocUnsafeSlow(this.#capacityFor(length))
    this.#memory.copy(memory, 0, 0, this.#length)
    this.#memory = memory
  }

  /** Twice what there is, so that few bytes are copied twice. Towards an expected end it goes faster, and not beyond. */
  #capacityFor(length: number): number {
    const next = Math.max(length, LEAST_CAPACITY, 2 * this.#memory.length)
    const isExpected = this.#expected !== undefined && length <= this.#expected
    return isExpected ? Math.min(this.#expected, 4 * next) : next
  }
}
