import { ImageFile, ImageUrl } from '../../../models/rules/image-file.ts'
import { ImageHeaderTap } from './image-header.ts'

/** The longest text before the comma of a data URL; `data:image/png;base64` is usual. */
const MAX_PREFIX = 256
const SCHEME = /^([a-z][a-z0-9+.-]*):/i
/** Some encoders put line breaks or spaces into base64; every decoder passes over them. */
const NOT_BASE64 = /[^\w+/=-]/g

/** Reads a URL in passing, and of a data URL (RFC 2397) the image in it, as far as its first bytes tell. */
export class DataUrlTap {
  #characters = 0
  #prefix = ''
  #isData = false
  #payload = 0
  /** Base64 that is not a whole group of four yet. */
  #rest = ''
  readonly #header = new ImageHeaderTap()

  write(piece: Buffer): void {
    this.#characters += piece.length
    let from = 0
    if (!this.#isData) {
      const comma = piece.indexOf(0x2c)
      from = comma === -1 ? piece.length : comma + 1
      this.#prefix += piece.toString('latin1', 0, Math.min(from, MAX_PREFIX - this.#prefix.length))
      this.#isData = comma !== -1
    }
    this.#payload += piece.length - from
    if (from < piece.length && !this.#header.isDone && this.#isBase64) this.#decode(piece.toString('latin1', from))
  }

  result(): ImageUrl {
    const scheme = SCHEME.exec(this.#prefix)?.[1]?.toLowerCase()
    if (scheme !== 'data') return new ImageUrl(this.#characters, scheme, undefined)
    const file = new ImageFile({ bytes: Math.floor((this.#payload * 3) / 4), ...this.#header.header() })
    return new ImageUrl(this.#characters, scheme, file)
  }

  get #isBase64(): boolean {
    return /;base64,$/i.test(this.#prefix)
  }

  #decode(text: string): void {
    const all = this.#rest + text.replaceAll(NOT_BASE64, '')
    const whole = all.length - (all.length % 4)
    this.#rest = all.slice(whole)
    this.#header.write(Buffer.from(all.slice(0, whole), 'base64'))
  }
}
