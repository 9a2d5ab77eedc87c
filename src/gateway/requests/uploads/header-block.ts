import { MULTIPART_LIMITS, MultipartError } from './multipart-headers.ts'

const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const DELETE = 0x7f

/** Collects the header lines of one part after the other, up to the blank line, in a buffer of constant size. */
export class HeaderBlock {
  readonly #bytes = Buffer.allocUnsafe(MULTIPART_LIMITS.headerBytes)
  #length = 0
  #lineAt = 0
  #isComplete = false
  #part = 0

  /** @param part the number of the part, from 1, for the messages */
  begin(part: number): void {
    this.#part = part
    this.#length = 0
    this.#lineAt = 0
    this.#isComplete = false
  }

  /**
   * Reads to the end of the blank line or of the chunk. Returns the next position.
   * @throws MultipartError where a line does not end with CRLF, has control characters, or they are too many
   */
  read(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length && !this.#isComplete) this.#add(chunk[at++] ?? 0)
    return at
  }

  /** Whether the blank line has been read. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** The lines, each with its CRLF, without the blank one; overwritten by the next part. */
  lines(): Buffer {
    return this.#bytes.subarray(0, this.#lineAt)
  }

  #add(byte: number): void {
    const isAfterCr = this.#length > 0 && this.#bytes[this.#length - 1] === CR
    if (isAfterCr !== (byte === LF)) {
      throw new MultipartError(`Part ${this.#part} of the form has a header line that does not end with CRLF.`)
    }
    if ((byte < SPACE && byte !== CR && byte !== LF) || byte === DELETE) {
      throw new MultipartError(`Part ${this.#part} of the form has a control character in its headers.`)
    }
    if (this.#length === MULTIPART_LIMITS.headerBytes) {
      const kibibytes = MULTIPART_LIMITS.headerBytes / 1024
      throw new MultipartError(`Part ${this.#part} of the form has more than ${kibibytes} KiB of headers.`)
    }
    this.#bytes[this.#length++] = byte
    if (byte !== LF) return
    this.#isComplete = this.#length - this.#lineAt === 2
    if (!this.#isComplete) this.#lineAt = this.#length
  }
}
