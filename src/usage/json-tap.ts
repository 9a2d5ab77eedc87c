import { answerFacts, NOT_AN_IMAGE } from './answer-facts.ts'
import type { AnswerFacts } from './answer-facts.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const OPEN_ARRAY = 0x5b
const CLOSE_ARRAY = 0x5d
const COMMA = 0x2c
/** White space; the three bytes of a byte order mark count as such, since they stand nowhere else outside of strings. */
const isSpace = (byte: number): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0xef || byte === 0xbb || byte === 0xbf

/** Objects deeper than this hold nothing of interest: `data.data[i].b64_json` is at depth 4. */
const TRACKED_DEPTH = 4
const MAX_KEY_BYTES = 64
/** Top-level members whose values are kept, and how many bytes of each at most. */
const KEPT: ReadonlyMap<string, number> = new Map([
  ['usage', 16_384],
  ['error', 16_384],
  ['size', 400],
  ['quality', 400],
])

/** A value being kept: its bytes so far, copied out of the chunks. */
interface Capture {
  readonly name: string
  readonly limit: number
  readonly chunks: Buffer[]
  bytes: number
}

/**
 * Reads usage, error and the number of images out of a JSON answer in passing, whatever the chunking and key order, with memory
 * bounded by the few values it keeps. It parses nothing else and skips strings (megabytes of base64) with one
 * `indexOf` a chunk, so it costs next to nothing.
 *
 * It watches, it does not validate: what is not JSON gives facts without meaning, never an exception.
 *
 * @example
 * const tap = new JsonTap()
 * for await (const chunk of body) tap.write(chunk)
 * tap.facts().usage?.outputTokens
 */
export class JsonTap {
  #depth = 0
  #started = false
  #isObject = false
  #ended = false
  #trailing = false

  #inString = false
  #escaped = false
  #stringIsKey = false
  #stringBytes = 0
  #expectKey = false

  /** Per tracked depth: whether the container is an array, and the member that is being read. */
  readonly #isArray: boolean[] = []
  readonly #keys: string[] = []
  #keyParts: Buffer[] = []

  #capture: Capture | undefined
  #captureFrom = 0
  readonly #kept = new Map<string, unknown>()

  #elements: number | undefined
  #images = 0
  #imagesDepth = 0
  #elementHasImage = false
  #expectElement = false

  write(chunk: Buffer): void {
    this.#captureFrom = 0
    let at = 0
    while (at < chunk.length) {
      at = this.#inString ? this.#skipString(chunk, at) : this.#structure(chunk, at)
    }
    if (this.#capture !== undefined) this.#keep(chunk, chunk.length)
  }

  /** What has been read so far. */
  facts(): AnswerFacts {
    const top = {
      usage: undefined,
      error: undefined,
      size: undefined,
      quality: undefined,
      ...Object.fromEntries(this.#kept),
    }
    return answerFacts({
      ...top,
      isObject: this.#isObject,
      isComplete: this.#isObject && this.#ended && !this.#trailing,
      elements: this.#elements,
      images: this.#images,
    })
  }

  /** Moves to the closing quote of the string, or to the end of the chunk. Returns the next position. */
  #skipString(chunk: Buffer, from: number): number {
    let at = from
    if (this.#escaped) {
      this.#escaped = false
      at++
    }
    while (at < chunk.length) {
      const quote = chunk.indexOf(QUOTE, at)
      const end = quote === -1 ? chunk.length : quote
      const escapes = backslashesBefore(chunk, end, at)
      if (quote === -1) {
        this.#escaped = escapes % 2 === 1
        break
      }
      at = quote + 1
      if (escapes % 2 === 0) return this.#endString(chunk, from, quote)
    }
    this.#readString(chunk.subarray(from))
    return chunk.length
  }

  #endString(chunk: Buffer, from: number, quote: number): number {
    this.#readString(chunk.subarray(from, quote))
    this.#inString = false
    if (this.#stringIsKey) this.#keys[this.#depth] = keyOf(this.#keyParts)
    return quote + 1
  }

  /** A piece of the current string: part of a key to remember, or a sign that an image is not empty. */
  #readString(piece: Buffer): void {
    this.#stringBytes += piece.length
    if (this.#stringIsKey) {
      if (this.#stringBytes <= MAX_KEY_BYTES) this.#keyParts.push(Buffer.from(piece))
      else this.#keyParts = [] // no name of interest is as long
    } else if (
      piece.length > 0 &&
      this.#depth === this.#imagesDepth &&
      !NOT_AN_IMAGE.has(this.#keys[this.#depth] ?? '')
    ) {
      this.#elementHasImage = true
    }
  }

  /** Reads one byte outside of strings. Returns the next position. */
  #structure(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0
    if (byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) this.#endValue(chunk, at)
    if (isSpace(byte)) return at + 1
    if (this.#ended) this.#trailing = true
    else if (!this.#started) this.#start(byte)
    switch (byte) {
      case QUOTE:
        this.#startString(at)
        break
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        this.#startValue(at)
        this.#open(byte === OPEN_ARRAY)
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        this.#close()
        break
      case COMMA:
        this.#expectKey = this.#depth <= TRACKED_DEPTH && this.#isArray[this.#depth] === false
        this.#expectElement = this.#depth === this.#imagesDepth - 1
        break
      default:
        if (byte !== 0x3a) this.#startValue(at)
    }
    return at + 1
  }

  #start(byte: number): void {
    this.#started = true
    this.#isObject = byte === OPEN_OBJECT
  }

  #startString(at: number): void {
    this.#stringIsKey = this.#expectKey
    this.#expectKey = false
    if (!this.#stringIsKey) this.#startValue(at)
    this.#inString = true
    this.#stringBytes = 0
    this.#keyParts = []
  }

  /** The first byte of a value: counts it where it is an image, begins to keep it where its name is of interest. */
  #startValue(at: number): void {
    if (this.#expectElement) {
      this.#expectElement = false
      this.#elements = (this.#elements ?? 0) + 1
    }
    if (this.#depth !== 1 || this.#capture !== undefined || this.#isArray[1] !== false) return
    const name = this.#keys[1] ?? ''
    if (name === 'data') {
      // A second `data` counts instead of the first, as JSON.parse has it.
      this.#elements = undefined
      this.#images = 0
    }
    const limit = KEPT.get(name)
    if (limit === undefined) return
    this.#capture = { name, limit, chunks: [], bytes: 0 }
    this.#captureFrom = at
  }

  #open(isArray: boolean): void {
    this.#depth++
    const depth = this.#depth
    if (depth > TRACKED_DEPTH) {
      this.#expectKey = false
      return
    }
    this.#isArray[depth] = isArray
    this.#keys[depth] = ''
    this.#expectKey = !isArray
    if (isArray && this.#isImageList(depth)) {
      this.#elements = 0
      this.#images = 0
      this.#imagesDepth = depth + 1
      this.#expectElement = true
    } else if (depth === this.#imagesDepth) {
      this.#elementHasImage = false
    }
  }

  #isImageList(depth: number): boolean {
    if (depth === 2) return this.#isObject && this.#keys[1] === 'data'
    return depth === 3 && this.#isArray[2] === false && this.#keys[1] === 'data' && this.#keys[2] === 'data'
  }

  #close(): void {
    if (this.#depth === this.#imagesDepth && this.#elementHasImage) {
      this.#images++
      this.#elementHasImage = false
    }
    if (this.#depth === this.#imagesDepth - 1) this.#imagesDepth = 0
    this.#depth--
    this.#expectKey = false
    this.#expectElement = false
    if (this.#depth <= 0) this.#ended = true
  }

  /** A comma or closing bracket ends the value before it, where that stands at the top level. */
  #endValue(chunk: Buffer, at: number): void {
    if (this.#capture === undefined || this.#depth !== 1) return
    this.#keep(chunk, at)
    const { name, limit, bytes, chunks } = this.#capture
    this.#capture = undefined
    this.#kept.set(name, bytes > limit ? true : parsed(Buffer.concat(chunks)))
  }

  #keep(chunk: Buffer, to: number): void {
    const capture = this.#capture
    if (capture === undefined) return
    const piece = chunk.subarray(this.#captureFrom, to)
    capture.bytes += piece.length
    if (capture.bytes <= capture.limit) capture.chunks.push(Buffer.from(piece))
    else capture.chunks.length = 0
  }
}

/** How many backslashes stand directly before `end`, looking back to `from`. */
function backslashesBefore(chunk: Buffer, end: number, from: number): number {
  let at = end
  while (at > from && chunk[at - 1] === BACKSLASH) at--
  return end - at
}

/** The name that a key's bytes spell, escapes resolved: `"us\u0061ge"` is `usage`. */
function keyOf(parts: readonly Buffer[]): string {
  const raw = Buffer.concat(parts).toString('utf8')
  if (!raw.includes('\\')) return raw
  const value = parsed(Buffer.from(`"${raw}"`))
  return typeof value === 'string' ? value : ''
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    return undefined
  }
}
