import { canBecomeKnown, formatOf } from './image-format.ts'
import type { ImageFormat } from './image-format.ts'
import { readJpeg, readPng, readWebp } from './image-segments.ts'
import type { Findings, ImageHeader, SegmentReader, Want } from './image-segments.ts'

/** The formats of which more than the name is read. */
const READERS: { readonly [Format in ImageFormat]?: (found: Findings) => SegmentReader } = {
  png: readPng,
  jpeg: readJpeg,
  webp: readWebp,
}

/** The most bytes that a reader takes at once. */
const MAX_TAKEN_BYTES = 32
/** Far more segments than an image has; it bounds the time that a file of millions of empty ones takes. */
const MAX_WANTS = 65_536

/**
 * Reads format, dimensions and transparency out of an image file in passing, whatever the chunking, with a few hundred
 * bytes of memory; what is not of interest is passed over unread, however long.
 *
 * It never throws: what is corrupt or too short is undefined.
 *
 * @example
 * const tap = new ImageHeaderTap()
 * for await (const chunk of file) tap.write(chunk)
 * tap.header()?.width
 */
export class ImageHeaderTap {
  #found: Findings | undefined
  readonly #reader = this.#read()
  /** Undefined: done. */
  #want: Want | undefined
  #wants = 0
  readonly #taken = Buffer.alloc(MAX_TAKEN_BYTES)
  /** How many bytes of the current want have been taken or passed over. */
  #progress = 0

  constructor() {
    this.#next()
  }

  write(chunk: Buffer): void {
    let at = 0
    while (this.#want !== undefined && at < chunk.length) {
      const isTaken = 'take' in this.#want
      const wanted = 'take' in this.#want ? this.#want.take : this.#want.skip
      const to = Math.min(chunk.length, at + wanted - this.#progress)
      if (isTaken) chunk.copy(this.#taken, this.#progress, at, to)
      this.#progress += to - at
      at = to
      if (this.#progress === wanted) this.#next()
    }
  }

  /** Whether there is nothing more to learn from further bytes. */
  get isDone(): boolean {
    return this.#want === undefined
  }

  /** The header as far as it has been read; undefined: no known format. */
  header(): ImageHeader | undefined {
    return this.#found === undefined ? undefined : { ...this.#found }
  }

  #next(): void {
    const { value } = this.#reader.next(this.#taken.subarray(0, this.#progress))
    this.#wants++
    this.#want = this.#wants > MAX_WANTS ? undefined : (value ?? undefined)
    this.#progress = 0
  }

  *#read(): SegmentReader {
    let beginning = ''
    let format: ImageFormat | undefined
    while (format === undefined) {
      if (!canBecomeKnown(beginning)) return
      beginning += (yield { take: 1 }).toString('latin1')
      format = formatOf(beginning)
    }
    this.#found = { format, width: undefined, height: undefined, hasAlpha: undefined }
    const read = READERS[format]
    if (read !== undefined) yield* read(this.#found)
  }
}
