import { GatheredBytes } from './gathered-bytes.ts'
import { slabOf } from './slab.ts'

/** Smaller pieces after the first are copied together: a Buffer of its own takes a hundred bytes beside its content. */
const SMALL_BYTES = 4096
/** Pieces that are copied together are closed at this size. */
const BLOCK_BYTES = 65_536

export interface ByteListOptions {
  /** Retains the slabs of large pieces, until the pieces are taken away; else bytes in slabs are copied. */
  readonly retainsSlabs?: boolean
}

/**
 * Bytes in memory, in order, appended at the end and taken away at the front. A large piece is kept as it came, without
 * a copy; small pieces, those that would keep a much larger memory alive, and those in a slab are copied together. So the
 * memory that is really held is at most twice `bytes`, however the bytes came.
 */
export class ByteList {
  readonly #retainsSlabs: boolean
  #pieces: Buffer[] = []
  #gathering: GatheredBytes | undefined
  bytes = 0

  constructor({ retainsSlabs = false }: ByteListOptions = {}) {
    this.#retainsSlabs = retainsSlabs
  }

  append(piece: Buffer): void {
    if (piece.length === 0) return
    const slab = slabOf(piece)
    const isSmall = piece.length < SMALL_BYTES && (this.bytes > 0 || slab !== undefined)
    const isDense = slab === undefined ? 2 * piece.length >= piece.buffer.byteLength : this.#retainsSlabs
    this.bytes += piece.length
    if (!isSmall && isDense) {
      slab?.retain()
      this.#closeBlock()
      this.#pieces.push(piece)
      return
    }
    this.#gathering ??= new GatheredBytes()
    this.#gathering.append(piece)
    if (this.#gathering.length >= BLOCK_BYTES) this.#closeBlock()
  }

  /** The pieces in order; not copies. They stay as they are when more is appended, until they are taken away. */
  pieces(): readonly Buffer[] {
    return this.#gathering === undefined ? this.#pieces : [...this.#pieces, this.#gathering.bytes()]
  }

  /** All bytes in one piece, which stays as it is; the usual single piece is not copied. */
  joined(): Buffer {
    const pieces = this.pieces()
    const [only] = pieces
    return pieces.length === 1 && only !== undefined ? unlent(only) : Buffer.concat(pieces, this.bytes)
  }

  /** The bytes from an offset to the end of the piece that holds it; they stay as they are. */
  from(offset: number): Buffer {
    let start = 0
    for (const piece of this.pieces()) {
      if (offset < start + piece.length) return unlent(piece.subarray(offset - start))
      start += piece.length
    }
    throw new RangeError('there is no byte at this offset')
  }

  /** The first pieces, together at most so many bytes, but at least one piece. They do not grow any more. */
  firstPieces(maxBytes: number): readonly Buffer[] {
    this.#closeBlock()
    const pieces = this.#pieces
    let count = 0
    for (let bytes = 0; count < pieces.length; count++) {
      bytes += pieces[count]?.length ?? 0
      if (bytes > maxBytes) break
    }
    return pieces.slice(0, Math.max(1, count))
  }

  /** Takes away the first pieces, as `firstPieces` gave them. */
  removeFirst(pieces: readonly Buffer[]): void {
    this.#release(this.#pieces.splice(0, pieces.length))
    for (const { length } of pieces) this.bytes -= length
  }

  clear(): void {
    this.#release(this.#pieces)
    this.#pieces = []
    this.#gathering = undefined
    this.bytes = 0
  }

  /** Copies what lies in slabs, and releases them. */
  leaveSlabs(): void {
    if (!this.#retainsSlabs) return
    const pieces = this.#pieces
    this.#pieces = pieces.map(unlent)
    this.#release(pieces)
  }

  #release(pieces: readonly Buffer[]): void {
    if (this.#retainsSlabs) for (const piece of pieces) slabOf(piece)?.release()
  }

  /** The block that is being gathered becomes a piece. */
  #closeBlock(): void {
    if (this.#gathering === undefined) return
    this.#pieces.push(this.#gathering.bytes())
    this.#gathering = undefined
  }
}

/** Bytes that stay as they are: a copy, where they lie in a slab. */
function unlent(bytes: Buffer): Buffer {
  return slabOf(bytes) === undefined ? bytes : Buffer.from(bytes)
}
