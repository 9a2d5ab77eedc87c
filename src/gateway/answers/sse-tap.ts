import { JsonTap } from './json-tap.ts'
import type { ElementListener } from './json-tap.ts'
import { normaliseUsage } from '../../accounting/usage.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { MemberLimits } from './member-captures.ts'
import type { Usage } from '../../accounting/usage.ts'

const LF = 0x0a
const CR = 0x0d
const COLON = 0x3a
const SPACE = 0x20
/** Field names of server-sent events are at most five letters long; longer ones are ignored, as the standard says. */
const MAX_FIELD_BYTES = 8
const MAX_NAME_BYTES = 128
/** An event's data is compared with `[DONE]` only while it is as short as that. */
const MAX_SHORT_DATA = 16

const EVENT_MEMBERS: MemberLimits = new Map([
  ['type', 400],
  ['usage', 16_384],
  ['error', 16_384],
  ['message', 8192],
  ['code', 400],
  ['param', 400],
  ['size', 400],
  ['quality', 400],
  ['partial_image_index', 32],
])

/** One event of an image stream. */
export interface StreamEvent {
  readonly kind:
    /** Nothing but comments. */
    | 'comment'
    /** A finished image, or several. */
    | 'image'
    | 'partial'
    /** `[DONE]` */
    | 'done'
    | 'error'
    /** JSON without an image: Seedream's last event, with the usage; one image of several that failed. */
    | 'note'
    /** No JSON object: the SDKs would stop at it with a parse error. */
    | 'unreadable'
  /** An error as far as it was told: an object with `message`, `type`, `code`, `param`, or a text. */
  readonly error: unknown
}

/** Is told where the image of an event is, as offsets in the piece that was named last. */
export interface EventListener extends ElementListener {
  /** A part of the chunk that is being written. */
  pieceBegins(piece: Buffer): void
}

/** The place of the next byte in its line. */
type Place = 'line start' | 'after CR' | 'field' | 'before value' | 'value'

/**
 * Reads a stream of server-sent events in passing (WHATWG HTML, 9.2.6), with memory bounded by a few small values:
 * the base64 of an image is megabytes on one `data:` line and is never kept. All forms that have been seen are
 * understood: OpenAI's, without `[DONE]`; new-api's, with it, `url` for `b64_json` and the usage repeated on every
 * image; Seedream's `partial_succeeded`; lines that end in LF, CRLF or CR; without `event:` lines.
 *
 * | place        | line end                              | colon        | space         | another byte |
 * |--------------|---------------------------------------|--------------|---------------|--------------|
 * | line start   | the event ends                        | before value | field         | field        |
 * | after CR     | an LF is skipped; else as line start  | before value | field         | field        |
 * | field        | a line without a value ends           | before value | field         | field        |
 * | before value | the line ends                         | value        | value, skipped | value       |
 * | value        | the line ends                         | value        | value         | value        |
 *
 * A line that ends in CR leads to `after CR`, any other to `line start`. In a stream of CRLF a CR at a chunk's end waits
 * for its LF.
 */
export class SseTap {
  readonly #onEvent: (event: StreamEvent, end: number) => void
  readonly #listener: EventListener | undefined
  #place: Place = 'line start'
  #field = ''
  /** A line has ended in CRLF: the LF of a CR at a chunk's end is still to come, and belongs to its event. */
  #hasCrLf = false
  #isCrHeld = false
  /** It may begin with a byte order mark. */
  #isFirstLine = true

  #name = ''
  #data: JsonTap | undefined
  #dataStart = ''

  #images = 0
  #partialImages = 0
  #isDone = false
  #usage: Usage | undefined
  #size: unknown
  #quality: unknown

  /** @param onEvent is called at the end of each event, with the offset behind it in the chunk being written */
  constructor(onEvent: (event: StreamEvent, end: number) => void, listener?: EventListener) {
    this.#onEvent = onEvent
    this.#listener = listener
  }

  write(chunk: Buffer): void {
    let at = 0
    let lf = -1
    let cr = -1
    if (this.#isCrHeld && chunk.length > 0) {
      this.#isCrHeld = false
      at = chunk[0] === LF ? 1 : 0
      this.#endLine(at, 'line start')
    }
    while (at < chunk.length) {
      if (this.#place === 'after CR') {
        this.#place = 'line start'
        if (chunk[at] === LF) {
          at++
          continue
        }
      }
      // Searched once each, not once a line: a stream with many lines of one kind has none of the other.
      if (lf < at) lf = indexOrEnd(chunk, LF, at)
      if (cr < at) cr = indexOrEnd(chunk, CR, at)
      const end = Math.min(lf, cr)
      this.#line(chunk.subarray(at, end))
      at = end + 1
      if (end === chunk.length) return
      const isCrLf = end === cr && chunk[at] === LF
      if (isCrLf) at++
      this.#hasCrLf ||= isCrLf
      this.#isCrHeld = end === cr && this.#hasCrLf && end + 1 === chunk.length
      if (this.#isCrHeld) return
      this.#endLine(at, end === cr && !isCrLf ? 'after CR' : 'line start')
    }
  }

  /** As `JsonTap.closingOfString`, of the event that is being read. */
  closingOfString(minBytes: number): string | undefined {
    return this.#data?.closingOfString(minBytes)
  }

  /** The type of the event that is being read, as far as it has been told; empty where it has not. */
  get type(): string {
    return text(this.#data?.member('type')) ?? this.#name
  }

  /** The event that is being read has all of its data, and lacks at most its empty line. */
  get hasWholeData(): boolean {
    return this.#dataStart.trim() === '[DONE]' || this.#data?.facts().isComplete === true
  }

  /** The stream has said that it is complete: `[DONE]`, or a finished image. */
  get isComplete(): boolean {
    return this.#isDone || this.#images > 0
  }

  facts(): AnswerFacts {
    return {
      isObject: true,
      isComplete: this.isComplete,
      elements: this.#images,
      images: this.#images,
      partialImages: this.#partialImages,
      usage: this.#usage,
      error: undefined,
      size: typeof this.#size === 'string' ? this.#size : undefined,
      quality: typeof this.#quality === 'string' ? this.#quality : undefined,
    }
  }

  /** A piece of a line, without its end. */
  #line(piece: Buffer): void {
    let at = 0
    if (piece.length > 0 && this.#place === 'line start') this.#place = 'field'
    if (this.#place === 'field') at = this.#readField(piece)
    if (at === piece.length) return
    if (this.#place === 'before value') {
      this.#place = 'value'
      if (piece[at] === SPACE) at++
    }
    this.#value(piece.subarray(at))
  }

  /** Reads up to the colon, or to the end of the piece. Returns the next position. */
  #readField(piece: Buffer): number {
    const colon = piece.indexOf(COLON)
    const end = colon === -1 ? piece.length : colon
    const missing = MAX_FIELD_BYTES - this.#field.length
    this.#field += piece.toString('latin1', 0, Math.min(end, missing))
    if (colon === -1) return end
    this.#place = 'before value'
    if (this.#fieldName() === 'data') this.#beginData()
    return end + 1
  }

  /** The field of this line; the first one may have a byte order mark before it. */
  #fieldName(): string {
    return this.#isFirstLine ? this.#field.replace(/^\u00ef\u00bb\u00bf/, '') : this.#field
  }

  #beginData(): void {
    if (this.#data === undefined) this.#data = this.#newTap()
    else this.#data.write(Buffer.from('\n'))
  }

  #newTap(): JsonTap {
    const listener = this.#listener
    return new JsonTap({ members: EVENT_MEMBERS, ...(listener === undefined ? {} : { listener, isElement: true }) })
  }

  #value(piece: Buffer): void {
    const field = this.#fieldName()
    if (field === 'data') {
      if (this.#dataStart.length <= MAX_SHORT_DATA) this.#dataStart += piece.toString('latin1', 0, MAX_SHORT_DATA + 1)
      this.#listener?.pieceBegins(piece)
      this.#data?.write(piece)
    } else if (field === 'event' && this.#name.length < MAX_NAME_BYTES) {
      this.#name += piece.toString('latin1', 0, MAX_NAME_BYTES)
    }
  }

  /** @param at offset behind the line's end */
  #endLine(at: number, next: Place): void {
    const isBlank = this.#place === 'line start'
    if (this.#place === 'field' && this.#fieldName() === 'data') this.#beginData()
    this.#place = next
    this.#field = ''
    this.#isFirstLine = false
    if (!isBlank) return
    const event = this.#read()
    this.#name = ''
    this.#data = undefined
    this.#dataStart = ''
    this.#onEvent(event, at)
  }

  #read(): StreamEvent {
    const data = this.#data
    if (this.#dataStart.trim() === '[DONE]') {
      this.#isDone = true
      return { kind: 'done', error: undefined }
    }
    // An event without data is none by the standard, but the SDKs stop at it.
    if (data === undefined) return { kind: this.#name === '' ? 'comment' : 'unreadable', error: undefined }
    const facts = data.facts()
    if (!facts.isComplete) return { kind: this.#name === 'error' ? 'error' : 'unreadable', error: undefined }
    const type = text(data.member('type')) ?? this.#name
    this.#note(data)
    if (facts.error !== undefined && !type.endsWith('.partial_failed')) return { kind: 'error', error: facts.error }
    if (type === 'error' || type === 'upstream_error' || this.#name === 'error')
      return { kind: 'error', error: flatError(data) }
    return { kind: this.#count(data, type), error: undefined }
  }

  #count(data: JsonTap, type: string): StreamEvent['kind'] {
    const images = data.facts().images + (data.hasTopImage ? 1 : 0)
    if (images === 0) {
      if (type.endsWith('.completed')) this.#isDone = true
      return 'note'
    }
    if (type.endsWith('.partial_image') || data.member('partial_image_index') !== undefined) {
      this.#partialImages += images
      return 'partial'
    }
    this.#images += images
    return 'image'
  }

  /** Of a usage that is given with every image, the largest counts: it is the same each time, or grows. */
  #note(data: JsonTap): void {
    const usage = normaliseUsage(data.member('usage'))
    if (usage !== undefined && usage.totalTokens >= (this.#usage?.totalTokens ?? 0)) this.#usage = usage
    const { size, quality } = data.facts()
    this.#size = size ?? this.#size
    this.#quality = quality ?? this.#quality
  }
}

/** An error that stands in the event itself: `{"type":"error","message":…,"code":…}`. */
function flatError(data: JsonTap): unknown {
  const { message, code, param } = {
    message: data.member('message'),
    code: data.member('code'),
    param: data.member('param'),
  }
  return { message, code, param, type: text(data.member('type')) ?? '' }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function indexOrEnd(chunk: Buffer, byte: number, from: number): number {
  const index = chunk.indexOf(byte, from)
  return index === -1 ? chunk.length : index
}
