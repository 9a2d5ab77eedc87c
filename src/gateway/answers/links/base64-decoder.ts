import { JsonUnescape } from '../../requests/uploads/json-unescape.ts'

const PADDING = 0x3d
/**
 * Characters that are decoded at once. Text of more goes past the young generation of V8's heap, and its memory waits
 * for the collector: 32 answers of 20 MB took 120 MB more.
 */
const CHARACTERS = 32_768
/** The decoded bytes, which are handed on before the next ones are decoded. */
const bytes = Buffer.allocUnsafeSlow(CHARACTERS)

/** Decodes the base64 of a JSON string as it arrives, in any pieces. */
export class Base64Decoder {
  readonly #unescape = new JsonUnescape()
  readonly #onBytes: (bytes: Buffer) => void
  /** The first characters of a group of four that goes on in the next piece. */
  #rest = ''

  /** @param onBytes is lent the bytes until it returns */
  constructor(onBytes: (bytes: Buffer) => void) {
    this.#onBytes = onBytes
  }

  /** @returns how much of the piece was taken: less than all of it where the rest is not base64 */
  write(piece: Buffer): number {
    for (let at = 0; at < piece.length; at += CHARACTERS - 4)
      if (!this.#decode(piece.subarray(at, at + CHARACTERS - 4))) return at
    return piece.length
  }

  /** A last group may have no padding. @returns false where what has come is not base64 */
  end(): boolean {
    return this.#handOn(this.#rest)
  }

  /** The characters that have come and are not decoded yet. */
  get rest(): string {
    return this.#rest
  }

  #decode(piece: Buffer): boolean {
    const text = this.#rest + this.#unescape.write(piece).toString('latin1')
    const whole = text.length - (text.length % 4)
    if (!this.#handOn(text.slice(0, whole))) return false
    this.#rest = text.slice(whole)
    return true
  }

  /** Node skips what is not base64, and stops at padding: the length tells. */
  #handOn(text: string): boolean {
    if (text.length % 4 === 1) return false
    const written = bytes.write(text, 'base64')
    const padding = [text.length - 1, text.length - 2].filter((at) => text.charCodeAt(at) === PADDING).length
    if (written !== Math.floor(((text.length - padding) * 3) / 4)) return false
    if (written > 0) this.#onBytes(bytes.subarray(0, written))
    return true
  }
}
