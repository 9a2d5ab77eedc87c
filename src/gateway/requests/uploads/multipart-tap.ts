import { HeaderBlock } from './header-block.ts'
import { MULTIPART_LIMITS, MultipartError, partHead } from './multipart-headers.ts'
import type { PartHead } from './multipart-headers.ts'

const CR = 0x0d
const LF = 0x0a
const DASH = 0x2d
const SPACE = 0x20
const TAB = 0x09

/** Told what is in the form, in the order of the body. What it throws comes out of `write`. */
export interface PartVisitor {
  /**
   * @param lines its header lines, overwritten by the next part
   * @param dataStart offset in the body of its data, in bytes
   */
  partBegan(head: PartHead, lines: Buffer, dataStart: number): void
  /** @param chunk a slice of what was written, where possible: to be copied if it is kept, not to be changed */
  partData(chunk: Buffer): void
  /**
   * @param end offset in the body of the delimiter (`--boundary`) that follows, in bytes: [head.start, end) is what to
   * cut out to leave the part out
   */
  partEnded(end: number): void
}

/** The place of the next byte in the body. */
type Place = 'opening' | 'after delimiter' | 'headers' | 'data' | 'epilogue'

/**
 * Reads the parts of a multipart/form-data body in passing, whatever the chunking, with memory bounded by the headers of
 * one part and without copying what is in the parts.
 *
 * It is strict, since another parser reads the same bytes after it: what two parsers could read differently is refused.
 * After an exception it reads no further: every later call throws the same.
 *
 * @example
 * const tap = new MultipartTap(boundaryOf(contentType), visitor)
 * for await (const chunk of body) tap.write(chunk)
 * tap.end()
 */
export class MultipartTap {
  /** CRLF "--" boundary. CR stands only at its beginning, so after a mismatch no shorter match is left. */
  readonly #delimiter: Buffer
  readonly #visitor: PartVisitor
  #place: Place = 'opening'
  /** Offset in the body of the chunk being read. */
  #offset = 0
  /** How many bytes of the delimiter the latest bytes are; `#assumed` of them are the CRLF at a place without one. */
  #matched = 2
  #assumed = 2
  #delimiterAt = 0
  /** The byte before, where it matters: zero at the beginning of a place. */
  #last = 0
  #parts = 0
  /** The part may have no data: it is a file without a name. */
  #isNameless = false
  readonly #headers = new HeaderBlock()
  #epilogueBytes = 0
  #failure: { readonly error: unknown } | undefined

  /** @param boundary as {@link boundaryOf} gives it */
  constructor(boundary: string, visitor: PartVisitor) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
    this.#visitor = visitor
  }

  /** @throws MultipartError */
  write(chunk: Buffer): void {
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      for (let at = 0; at < chunk.length;) at = this.#read(chunk, at)
    } catch (error) {
      this.#failure = { error }
      throw error
    }
    this.#offset += chunk.length
  }

  /**
   * No more bytes come.
   * @throws MultipartError where the closing delimiter is missing
   */
  end(): void {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#offset === 0) throw new MultipartError('The body is empty.')
    if (this.#place !== 'epilogue' || this.#last === CR) {
      throw new MultipartError('The form ends too early: the closing delimiter is missing or incomplete.')
    }
  }

  /** Reads at least one byte. Returns the next position. */
  #read(chunk: Buffer, at: number): number {
    switch (this.#place) {
      case 'opening':
        return this.#opening(chunk, at)
      case 'after delimiter':
        return this.#afterDelimiter(chunk, at)
      case 'headers':
        return this.#partHeaders(chunk, at)
      case 'data':
        return this.#data(chunk, at)
      case 'epilogue':
      default:
        return this.#epilogue(chunk, at)
    }
  }

  #opening(chunk: Buffer, at: number): number {
    const byte = chunk[at]
    if (this.#offset + at === 0 && byte === CR) {
      this.#matched = 1
      this.#assumed = 0
    } else if (byte === this.#delimiter[this.#matched]) {
      this.#matched++
    } else {
      throw new MultipartError('The body does not begin with the boundary that the Content-Type header names.')
    }
    return this.#matched === this.#delimiter.length ? this.#endDelimiter(at + 1) : at + 1
  }

  #endDelimiter(at: number): number {
    this.#delimiterAt = this.#offset + at - (this.#delimiter.length - 2)
    this.#place = 'after delimiter'
    this.#last = 0
    return at
  }

  /** CRLF: a part follows. Two dashes: the end. */
  #afterDelimiter(chunk: Buffer, at: number): number {
    const byte = chunk[at]
    if (this.#last === 0 && (byte === CR || byte === DASH)) {
      this.#last = byte
      return at + 1
    }
    const isPart = this.#last === CR && byte === LF
    const isEnd = this.#last === DASH && byte === DASH
    if (!isPart && !isEnd) {
      throw new MultipartError('The boundary is followed by something else than a CRLF line end or two dashes.')
    }
    if (this.#parts > 0) this.#visitor.partEnded(this.#delimiterAt)
    if (isPart) this.#beginHeaders()
    else this.#place = 'epilogue'
    this.#last = 0
    return at + 1
  }

  #beginHeaders(): void {
    if (this.#parts === MULTIPART_LIMITS.parts) {
      throw new MultipartError(`The form has more than ${MULTIPART_LIMITS.parts} parts.`)
    }
    this.#parts++
    this.#place = 'headers'
    this.#headers.begin(this.#parts)
  }

  #partHeaders(chunk: Buffer, from: number): number {
    const at = this.#headers.read(chunk, from)
    if (!this.#headers.isComplete) return at
    const head = partHead(this.#headers.lines(), this.#parts, this.#delimiterAt)
    this.#place = 'data'
    this.#matched = 2
    this.#assumed = 2
    this.#isNameless = head.filename === ''
    this.#visitor.partBegan(head, this.#headers.lines(), this.#offset + at)
    return at
  }

  /** An empty file without a name is how a browser sends a file that was not chosen. */
  #giveData(chunk: Buffer): void {
    // To some parsers it is a file, to others (Go) a text field.
    if (this.#isNameless) {
      const header = `The Content-Disposition header of part ${this.#parts} of the form`
      throw new MultipartError(`${header} has an empty filename: give the file a name.`)
    }
    this.#visitor.partData(chunk)
  }

  #data(chunk: Buffer, from: number): number {
    const at = this.#matched === 0 ? from : this.#continueMatch(chunk, from)
    if (at === chunk.length || this.#place !== 'data') return at
    const found = chunk.indexOf(this.#delimiter, at)
    this.#matched = found === -1 ? this.#matchAtEnd(chunk, at) : this.#delimiter.length
    const to = found === -1 ? chunk.length - this.#matched : found
    if (to > at) this.#giveData(chunk.subarray(at, to))
    return found === -1 ? chunk.length : this.#endDelimiter(found + this.#delimiter.length)
  }

  /** Goes on with a delimiter of which the bytes before were a part. Where it is none they were data. */
  #continueMatch(chunk: Buffer, from: number): number {
    let at = from
    while (at < chunk.length && chunk[at] === this.#delimiter[this.#matched]) {
      at++
      this.#matched++
      if (this.#matched < this.#delimiter.length) continue
      if (this.#assumed === 0) return this.#endDelimiter(at)
      // The end of an empty part to Go, data to others.
      throw new MultipartError(`The data of part ${this.#parts} of the form begins with the boundary.`)
    }
    if (at === chunk.length) return at
    // A copy: the visitor may keep what it gets.
    const data = Buffer.from(this.#delimiter.subarray(this.#assumed, this.#matched))
    this.#matched = 0
    this.#assumed = 0
    if (data.length > 0) this.#giveData(data)
    return at
  }

  /** With how many bytes of the delimiter the chunk ends. */
  #matchAtEnd(chunk: Buffer, from: number): number {
    for (let at = Math.max(from, chunk.length - this.#delimiter.length + 1); at < chunk.length; at++) {
      const length = chunk.length - at
      if (chunk[at] === CR && chunk.compare(this.#delimiter, 0, length, at) === 0) return length
    }
    return 0
  }

  #epilogue(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0
    const isAllowed = this.#last === CR ? byte === LF : byte === SPACE || byte === TAB || byte === CR
    if (!isAllowed || this.#epilogueBytes === MULTIPART_LIMITS.epilogueBytes) {
      throw new MultipartError('Something follows the closing delimiter of the form.')
    }
    this.#epilogueBytes++
    this.#last = byte
    return at + 1
  }
}
