import { createHash, randomUUID } from 'node:crypto'
import { GatewayError } from '../../../errors/gateway-error.ts'
import { GatheredBytes } from '../../../spool/gathered-bytes.ts'
import { DataUrlTap } from '../images/data-url-tap.ts'
import { ClosingQuote, QUOTE } from '../json-string.ts'
import { JsonUnescape } from './json-unescape.ts'
import type { ImageUrl } from '../../../models/rules/image-file.ts'
import type { ByteRange } from '../../../spool/spool.ts'
import type { UploadTap } from './receive.ts'

/** A data URL longer than this is left out. */
const LONG_BYTES = 4096
/** The most bytes of the rest of the body; several times the longest prompt. */
const MAX_REST_BYTES = 8_388_608

interface LongUrl {
  /** The place of its characters in the body, without the quotes. */
  readonly range: ByteRange
  readonly url: ImageUrl
}

/**
 * Copies a JSON body without its long data URLs, in passing: a marker stands for each, so that what is left can be parsed
 * in memory while the whole waits on disk.
 */
export class JsonElider implements UploadTap {
  readonly longUrls: LongUrl[] = []
  /** SHA-256 of the body, once it has ended. */
  digest = ''
  readonly #hash = createHash('sha256')
  /** Nobody can guess it, so that no text of the body is taken for a marker. */
  readonly #secret = randomUUID()
  readonly #rest = new GatheredBytes()
  /** Offset in the body of the chunk being read. */
  #offset = 0
  #inString = false
  readonly #closingQuote = new ClosingQuote()
  /** Offsets of the beginning of the string, in the body and in the rest. */
  #stringStart = 0
  #stringInRest = 0
  /** Whether the string is a long data URL; undefined until it is long. */
  #isUrl: boolean | undefined
  #url = new DataUrlTap()
  #unescape = new JsonUnescape()

  write(chunk: Buffer): void {
    this.#hash.update(chunk)
    let at = 0
    while (at < chunk.length) at = this.#inString ? this.#string(chunk, at) : this.#structure(chunk, at)
    this.#offset += chunk.length
  }

  end(): void {
    if (this.#inString) this.#endString(this.#offset)
    this.digest = this.#hash.digest('base64')
  }

  /** The body with its markers. */
  get skeleton(): Buffer {
    return this.#rest.bytes()
  }

  /** The data URL that a string of the parsed skeleton stands for. */
  urlOf(text: string): ImageUrl | undefined {
    const [secret, index] = text.split(':', 2)
    return secret === this.#secret ? this.longUrls[Number.parseInt(index ?? '', 10)]?.url : undefined
  }

  /** A text with markers, with the places of the body in between that they stand for. */
  expand(text: string): (Buffer | ByteRange)[] {
    const [first = '', ...others] = text.split(`${this.#secret}:`)
    const pieces: (Buffer | ByteRange)[] = [Buffer.from(first)]
    for (const other of others) {
      const end = other.indexOf(';')
      const url = this.longUrls[Number(other.slice(0, end))]
      if (url !== undefined) pieces.push(url.range)
      pieces.push(Buffer.from(other.slice(end + 1)))
    }
    return pieces
  }

  #structure(chunk: Buffer, at: number): number {
    const quote = chunk.indexOf(QUOTE, at)
    const end = quote === -1 ? chunk.length : quote + 1
    this.#copy(chunk.subarray(at, end))
    if (quote === -1) return end
    this.#inString = true
    this.#isUrl = undefined
    this.#stringStart = this.#offset + end
    this.#stringInRest = this.#rest.length
    return end
  }

  #string(chunk: Buffer, from: number): number {
    const quote = this.#closingQuote.find(chunk, from)
    const end = quote === -1 ? chunk.length : quote
    this.#piece(chunk.subarray(from, end))
    if (quote === -1) return end
    this.#endString(this.#offset + quote)
    this.#copy(chunk.subarray(quote, quote + 1))
    return quote + 1
  }

  /** A piece of a string. It is copied until it is known to be of a long data URL, and then taken back. */
  #piece(piece: Buffer): void {
    if (this.#isUrl === true) return this.#url.write(this.#unescape.write(piece))
    if (this.#isUrl === false) return this.#copy(piece)
    const missing = this.#stringInRest + LONG_BYTES + 1 - this.#rest.length
    this.#copy(piece.subarray(0, missing))
    if (piece.length < missing) return
    const text = this.#rest.bytes(this.#stringInRest)
    this.#isUrl = /^data:/i.test(text.toString('latin1', 0, 5))
    if (this.#isUrl) {
      this.#url = new DataUrlTap()
      this.#unescape = new JsonUnescape()
      this.#url.write(this.#unescape.write(text))
      this.#rest.truncate(this.#stringInRest)
    }
    this.#piece(piece.subarray(missing))
  }

  /** @param end offset of the closing quote in the body */
  #endString(end: number): void {
    this.#inString = false
    if (this.#isUrl !== true) return
    this.#copy(Buffer.from(`${this.#secret}:${this.longUrls.length};`))
    this.longUrls.push({ range: { start: this.#stringStart, end }, url: this.#url.result() })
  }

  #copy(piece: Buffer): void {
    if (this.#rest.length + piece.length > MAX_REST_BYTES)
      throw new GatewayError('invalid_json', `The body has more than ${MAX_REST_BYTES} bytes beside its data URLs.`)
    this.#rest.append(piece)
  }
}
