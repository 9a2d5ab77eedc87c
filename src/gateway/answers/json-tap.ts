import { answerFacts, NOT_AN_IMAGE } from './answer-facts.ts'
import { ClosingQuote, QUOTE } from '../requests/json-string.ts'
import { MemberCaptures, parsedJson } from './member-captures.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { MemberLimits } from './member-captures.ts'

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
/** Top-level members of an answer whose values are kept, and how many bytes of each at most. */
const ANSWER_MEMBERS: MemberLimits = new Map([
  ['usage', 16_384],
  ['svg_usage', 4096],
  ['error', 16_384],
  ['size', 400],
  ['quality', 400],
])
/** Names under which an event of a stream has its image, beside its other members and not in a list. */
const EVENT_IMAGES: ReadonlySet<string> = new Set(['b64_json', 'url'])

/** Is told where the images of an answer are, as offsets in the chunk that is being written. */
export interface ElementListener {
  /** At the `{` of an element of `data`. */
  elementBegan(at: number): void
  /** At its `}`. */
  elementEnded(at: number): void
  /** At the opening quote of a name in an element. */
  nameBegan?(at: number): void
  /** At the first byte of the value under it; of one that is no string, perhaps again at a later byte. */
  valueBegan?(name: string, at: number): void
  /** At the closing quote of a value that is a string. */
  stringEnded?(at: number): void
}

export interface JsonTapOptions {
  /** The object itself is the element, as an event of a stream is. */
  readonly isElement?: boolean
  readonly members?: MemberLimits
  readonly listener?: ElementListener
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
  readonly #closingQuote = new ClosingQuote()
  #stringIsKey = false
  #stringBytes = 0
  #expectKey = false

  /** Per tracked depth: whether the container is an array, and the member that is being read. */
  readonly #isArray: boolean[] = []
  readonly #keys: string[] = []
  #keyParts: Buffer[] = []

  readonly #captures: MemberCaptures
  readonly #listener: ElementListener | undefined
  readonly #isElement: boolean

  #elements: number | undefined
  #images = 0
  #imagesDepth = 0
  #elementHasImage = false
  #expectElement = false
  #hasTopImage = false

  constructor({ members = ANSWER_MEMBERS, listener, isElement = false }: JsonTapOptions = {}) {
    this.#isElement = isElement
    this.#captures = new MemberCaptures(members)
    this.#listener = listener
  }

  write(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      at = this.#inString ? this.#skipString(chunk, at) : this.#structure(chunk, at)
    }
    this.#captures.endChunk(chunk)
  }

  /** The value of a top-level member that is kept; `true` where it was too large for that. */
  member(name: string): unknown {
    return this.#captures.kept.get(name)
  }

  /** The object itself holds an image, as an event of a stream does. */
  get hasTopImage(): boolean {
    return this.#hasTopImage
  }

  /**
   * The text that closes the object after the part of a string value, so that more members can follow: the quote and
   * the brackets inside the outermost. Undefined elsewhere, and in strings of up to `minBytes`.
   */
  closingOfString(minBytes: number): string | undefined {
    const isKnown = this.#isObject && this.#depth <= TRACKED_DEPTH
    if (!this.#inString || this.#stringIsKey || this.#stringBytes <= minBytes || !isKnown) return undefined
    const brackets = this.#isArray.slice(2, this.#depth + 1).map((isArray) => (isArray ? ']' : '}'))
    return `"${brackets.toReversed().join('')}`
  }

  /** The facts as far as the answer has been read. */
  facts(): AnswerFacts {
    return answerFacts({
      usage: this.member('usage'),
      svgUsage: this.member('svg_usage'),
      error: this.member('error'),
      size: this.member('size'),
      quality: this.member('quality'),
      isObject: this.#isObject,
      isComplete: this.#isObject && this.#ended && !this.#trailing,
      elements: this.#elements,
      images: this.#images,
    })
  }

  /** Moves behind the closing quote of the string, or to the end of the chunk. Returns the next position. */
  #skipString(chunk: Buffer, from: number): number {
    const quote = this.#closingQuote.find(chunk, from)
    if (quote !== -1) return this.#endString(chunk, from, quote)
    this.#readString(chunk.subarray(from))
    return chunk.length
  }

  #endString(chunk: Buffer, from: number, quote: number): number {
    this.#readString(chunk.subarray(from, quote))
    this.#inString = false
    if (this.#stringIsKey) this.#keys[this.#depth] = keyOf(this.#keyParts)
    else if (this.#isInElement) this.#listener?.stringEnded?.(quote)
    return quote + 1
  }

  /** A piece of the current string: part of a key to remember, or a sign that an image is not empty. */
  #readString(piece: Buffer): void {
    this.#stringBytes += piece.length
    if (this.#stringIsKey) {
      if (this.#stringBytes <= MAX_KEY_BYTES) this.#keyParts.push(Buffer.from(piece))
      else this.#keyParts = [] // no name of interest is as long
    } else if (piece.length > 0) this.#noteImage(this.#keys[this.#depth] ?? '')
  }

  /** A string that is not empty stands under this name. */
  #noteImage(name: string): void {
    if (this.#depth === this.#imagesDepth && !NOT_AN_IMAGE.has(name)) this.#elementHasImage = true
    if (this.#depth === 1 && this.#isArray[1] === false && EVENT_IMAGES.has(name)) this.#hasTopImage = true
  }

  /** Reads one byte outside of strings. Returns the next position. */
  #structure(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0
    // A comma or closing bracket ends the value before it.
    if (this.#depth === 1 && (byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_ARRAY))
      this.#captures.end(chunk, at)
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
        this.#open(byte === OPEN_ARRAY, at)
        break
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        this.#close(at)
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
    else if (this.#isInElement) this.#listener?.nameBegan?.(at)
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
    if (this.#isInElement) this.#listener?.valueBegan?.(this.#keys[this.#depth] ?? '', at)
    if (this.#depth !== 1 || this.#captures.isOpen || this.#isArray[1] !== false) return
    const name = this.#keys[1] ?? ''
    if (name === 'data') {
      // A second `data` counts instead of the first, as JSON.parse has it.
      this.#elements = undefined
      this.#images = 0
    }
    this.#captures.begin(name, at)
  }

  #open(isArray: boolean, at: number): void {
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
      if (!isArray) this.#listener?.elementBegan(at)
    }
  }

  /** At a name or a value of an image. */
  get #isInElement(): boolean {
    const depth = this.#isElement ? 1 : this.#imagesDepth
    return this.#depth > 0 && this.#depth === depth && this.#isArray[this.#depth] === false
  }

  #isImageList(depth: number): boolean {
    if (depth === 2) return this.#isObject && this.#keys[1] === 'data'
    return depth === 3 && this.#isArray[2] === false && this.#keys[1] === 'data' && this.#keys[2] === 'data'
  }

  #close(at: number): void {
    if (this.#depth === this.#imagesDepth) {
      if (this.#elementHasImage) this.#images++
      this.#elementHasImage = false
      if (this.#isArray[this.#depth] === false) this.#listener?.elementEnded(at)
    }
    if (this.#depth === this.#imagesDepth - 1) this.#imagesDepth = 0
    this.#depth--
    this.#expectKey = false
    this.#expectElement = false
    if (this.#depth <= 0) this.#ended = true
  }
}

/** The name that a key's bytes spell, escapes resolved: `"us\u0061ge"` is `usage`. */
function keyOf(parts: readonly Buffer[]): string {
  const raw = Buffer.concat(parts).toString('utf8')
  if (!raw.includes('\\')) return raw
  const value = parsedJson(Buffer.from(`"${raw}"`))
  return typeof value === 'string' ? value : ''
}
