import { formatOf } from '../../requests/images/image-format.ts'
import { Base64Decoder } from './base64-decoder.ts'
import type { Draft } from '../../../pictures/draft.ts'

/** The first bytes, which tell the format; an svg's root may stand behind a declaration and comments. */
const BEGINNING_BYTES = 512

/** The shelf as one order uses it. */
export interface OrderShelf {
  /** @param onChange the disk has caught up, or has failed */
  begin(onChange: () => void): Draft
  /** Puts a whole picture on the shelf. @returns the link to it @throws where it cannot be kept; the draft can still be read then */
  put(draft: Draft, format: string | undefined): Promise<string>
  /** Takes the pictures of this order away again: nobody gets their links. */
  withdraw(): void
  /** A picture could not be kept, and goes to the client as it came. */
  failed(error: unknown): void
}

/**
 * One picture of an answer: decoded into a draft as it arrives, then a link. Its promise `link` is settled once, with undefined where
 * the picture cannot be kept and has to be given back as it came.
 */
export class ArrivingPicture {
  /** The answer's bytes from the name of the member to the opening quote of its value. */
  readonly opening: Buffer
  readonly link: Promise<string | undefined>
  /** More of it may come. */
  isArriving = true
  readonly #shelf: OrderShelf
  readonly #draft: Draft
  readonly #decoder = new Base64Decoder((bytes) => this.#keep(bytes))
  readonly #settled = Promise.withResolvers<string | undefined>()
  #beginning = Buffer.alloc(0)
  /** Bytes behind what was decoded. */
  #ending = ''

  constructor(shelf: OrderShelf, opening: Buffer, onChange: () => void) {
    this.#shelf = shelf
    this.opening = opening
    this.link = this.#settled.promise
    this.#draft = shelf.begin(() => {
      if (this.isArriving && this.#draft.failure !== undefined) this.#fail(this.#draft.failure)
      onChange()
    })
  }

  /** The disk lags behind. */
  get isLagging(): boolean {
    return this.#draft.isLagging
  }

  /** Takes base64 as it stands in the JSON. @returns how much of it; the bytes after that belong behind what is given back */
  write(piece: Buffer): number {
    if (!this.isArriving) return 0
    const taken = this.#decoder.write(piece)
    if (taken < piece.length) this.#fail(new Error('a picture is not base64'))
    return taken
  }

  /** The closing quote has come. @returns false where the quote belongs behind what is given back */
  end(): boolean {
    if (!this.isArriving) return false
    if (!this.#decoder.end()) {
      this.#fail(new Error('a picture is not base64'))
      return false
    }
    this.isArriving = false
    this.#ending = '"'
    this.#shelf.put(this.#draft, formatOf(this.#beginning.toString('latin1'))).then(
      (link) => this.#settled.resolve(link),
      (error: unknown) => {
        this.#shelf.failed(error)
        this.#settled.resolve(undefined)
      },
    )
    return true
  }

  /** All that came, again: the opening, the base64, and the quote where that has come. */
  async *givenBack(): AsyncGenerator<Buffer> {
    yield this.opening
    for await (const bytes of this.#draft.contents()) yield Buffer.from(bytes.toString('base64'), 'latin1')
    yield Buffer.from(this.#ending, 'latin1')
  }

  /** Closes the file; one that is on the shelf stays there. */
  async close(): Promise<void> {
    await this.#draft.close(false)
  }

  #keep(bytes: Buffer): void {
    if (this.#beginning.length < BEGINNING_BYTES)
      this.#beginning = Buffer.concat([this.#beginning, bytes.subarray(0, BEGINNING_BYTES - this.#beginning.length)])
    this.#draft.write(bytes)
  }

  #fail(error: unknown): void {
    this.isArriving = false
    this.#ending = this.#decoder.rest
    this.#shelf.failed(error)
    this.#settled.resolve(undefined)
  }
}
