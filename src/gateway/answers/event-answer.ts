import { errorOf, originOf } from '../../upstream/envelope.ts'
import { brokenOff, invalidAnswer } from '../../upstream/failures.ts'
import { withoutKeysInErrors } from '../../upstream/redaction.ts'
import { translateStreamError } from '../../upstream/translate.ts'
import { factsOfWhole } from './answer-facts.ts'
import { SseTap } from './sse-tap.ts'
import { errorEvent } from './answer.ts'
import { ByteList } from '../../spool/byte-list.ts'
import { judgeAnswer } from './judge-answer.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { StreamEvent } from './sse-tap.ts'
import type { AnswerHead, AnswerOutput, AnswerReader } from './answer.ts'

/** Strings of an event beyond this are images, which flow on while they arrive; everything else waits for its event's end. */
const LONG_STRING_BYTES = 16_384
/** Less of an image does not go on before its event's end: an image may come in chunks of one byte. */
const SMALL_BYTES = 4096
/** An event that has no long string and is as large as that is handed on as it comes, strange as it is. */
const MAX_WAITING_BYTES = 1_048_576
/** The longest thing that may not be cut in two: an escaped pair of surrogates, `\ud83d\ude00`. */
const LONGEST_ESCAPE = 12

/** How far the client has been given the stream. */
type Progress = 'nothing' | 'whole events' | 'half an event' | 'over' | 'over in half an event' | 'over with the error'

const OVER: ReadonlySet<Progress> = new Set(['over', 'over in half an event', 'over with the error'])

/**
 * An answer of server-sent events. Events are handed on as they come, byte for byte, but for those at which an SDK would
 * stumble. Of an image that is still arriving only the inside of its base64 is handed on, so that the event can be
 * closed in good JSON, with the error in it, should the upstream break off.
 *
 * | the client has    | an event ends      | it is long and goes on | it is an error      | `[DONE]` | the stream fails      |
 * |-------------------|--------------------|------------------------|---------------------|----------|-----------------------|
 * | nothing (yet)     | whole events       | half an event          | over                | over     | over                  |
 * | whole events      | whole events       | half an event          | over                | over     | over                  |
 * | half an event     | whole events       | half an event          | over with the error | over     | over in half an event |
 *
 * A comment before the first event is left out, so that nothing is handed on before something is known of the answer.
 * Once it is over, nothing more is read.
 */
export class EventAnswer implements AnswerReader {
  readonly #head: AnswerHead
  readonly #output: AnswerOutput
  readonly #tap = new SseTap((event, end) => this.#eventEnded(event, end))
  #progress: Progress = 'nothing'
  /** Closes the half event that the client has; undefined where nothing can. */
  #closing: string | undefined
  #chunk: Buffer = Buffer.alloc(0)
  /** Offset in the chunk at which the current event goes on. */
  #from = 0
  /** The bytes of the current event that have not been handed on. */
  readonly #waiting = new ByteList()

  constructor(head: AnswerHead, output: AnswerOutput) {
    this.#head = head
    this.#output = output
  }

  get facts(): AnswerFacts {
    return this.#tap.facts()
  }

  get isBetweenEvents(): boolean {
    return this.#progress !== 'half an event' && this.#progress !== 'over in half an event'
  }

  write(chunk: Buffer): void {
    if (this.#isOver) return
    this.#chunk = chunk
    this.#from = 0
    this.#tap.write(chunk)
    if (this.#isOver) return
    const rest = chunk.subarray(this.#from)
    const closing = this.#tap.closingOfString(LONG_STRING_BYTES)
    const bytes = this.#waiting.bytes + rest.length
    const isEnough = closing !== undefined && bytes >= SMALL_BYTES
    if (isEnough || bytes > MAX_WAITING_BYTES) this.#handOnHalf(rest, closing)
    else this.#waiting.append(rest)
  }

  end(): void {
    if (this.#isOver) return
    if (this.#progress === 'nothing' && this.#waiting.pieces()[0]?.[0] === 0x7b) return this.#judgeAsJson()
    // The last event may lack its empty line; what lacks more than that has been cut off.
    if (this.#tap.hasWholeData) this.write(Buffer.from('\n\n'))
    if (this.#isOver) return
    if (!this.#tap.isComplete || !this.isBetweenEvents)
      return this.#refuse(brokenOff(new Error('the stream ended too early')))
    if (this.facts.images === 0) this.#refuse(this.#noImages())
  }

  abort(): boolean {
    return false
  }

  closingBytes(error: GatewayError): Buffer | undefined {
    if (this.#progress === 'over with the error') return Buffer.alloc(0)
    if (this.isBetweenEvents) return errorEvent(error)
    if (this.#closing === undefined) return undefined
    return Buffer.from(`${this.#closing},"error":${JSON.stringify(error.toBody().error)}}\n\n`)
  }

  get #isOver(): boolean {
    return OVER.has(this.#progress)
  }

  #eventEnded({ kind, error }: StreamEvent, end: number): void {
    if (this.#isOver) return
    const event = this.#takeWaiting(this.#chunk.subarray(this.#from, end))
    this.#from = end
    const hasHalf = this.#progress === 'half an event'
    if (hasHalf) this.#progress = 'whole events'
    if (kind === 'error') return this.#failed(error, hasHalf ? event : undefined)
    if (kind === 'done' && this.facts.images === 0) return this.#refuse(this.#noImages())
    const isSkipped = kind === 'unreadable' || (kind === 'comment' && this.#progress === 'nothing')
    if (hasHalf || !isSkipped) this.#handOn(withoutKeysInErrors(event, this.#head.redact), 'whole events')
    if (kind === 'done') this.#finish()
  }

  /** The upstream's own error event. Where the client has half of it, it gets the rest and needs no other. */
  #failed(error: unknown, rest: Buffer | undefined): void {
    const { status, modelName: model, redact } = this.#head
    if (rest !== undefined) this.#handOn(withoutKeysInErrors(rest, redact), 'over with the error')
    this.#refuse(translateStreamError({ status, model, error: errorOf(error, redact) }))
  }

  /** The bytes that wait, and the next ones; nothing is copied where none wait. */
  #takeWaiting(next: Buffer): Buffer {
    if (this.#waiting.bytes === 0) return next
    this.#waiting.append(next)
    const bytes = this.#waiting.joined()
    this.#waiting.clear()
    return bytes
  }

  /** Hands on an event that is still arriving, up to where it can be closed. */
  #handOnHalf(rest: Buffer, closing: string | undefined): void {
    // A large rest goes by itself, so that it is not copied.
    const isAlone = rest.length >= SMALL_BYTES && safeCut(rest) > 0
    const first = isAlone ? this.#takeWaiting(Buffer.alloc(0)) : Buffer.alloc(0)
    const bytes = this.#takeWaiting(rest)
    const cut = closing === undefined ? bytes.length : safeCut(bytes)
    this.#closing = closing
    this.#handOn(first, 'half an event')
    this.#handOn(bytes.subarray(0, cut), 'half an event')
    this.#waiting.append(bytes.subarray(cut))
  }

  #handOn(bytes: Buffer, progress: Progress): void {
    const isFirst = this.#progress === 'nothing'
    this.#progress = progress
    if (isFirst) this.#output.begin()
    if (bytes.length > 0) this.#output.write(bytes)
  }

  #finish(): void {
    this.#progress = 'over'
    this.#output.end()
  }

  #refuse(error: GatewayError): void {
    if (!this.#isOver) this.#progress = this.isBetweenEvents ? 'over' : 'over in half an event'
    this.#output.abort(error)
  }

  #noImages(): GatewayError {
    return invalidAnswer('a stream without images', originOf(this.#head.status), true)
  }

  /** An error in plain JSON under the content type of a stream. */
  #judgeAsJson(): void {
    const body = this.#takeWaiting(Buffer.alloc(0))
    const headers = { ...this.#head.headers, 'content-type': 'application/json' }
    const error = judgeAnswer({ ...this.#head, headers, body: () => body, isWhole: true, facts: factsOfWhole(body) })
    this.#refuse(error ?? this.#noImages())
  }
}

/** The last place in a piece of a JSON string where no escape and no character is cut in two. */
function safeCut(bytes: Buffer): number {
  let cut = bytes.length
  const tail = bytes.subarray(Math.max(0, cut - LONGEST_ESCAPE))
  const backslash = tail.indexOf(0x5c)
  if (backslash !== -1) cut -= tail.length - backslash
  while (cut > 0 && bytes[cut - 1] === 0x5c) cut--
  // UTF-8: a character of several bytes begins with 11xxxxxx and goes on with 10xxxxxx.
  let lead = cut
  while (lead > 0 && cut - lead < 4 && ((bytes[lead - 1] ?? 0) & 0xc0) === 0x80) lead--
  return lead > 0 && (bytes[lead - 1] ?? 0) >= 0xc0 ? lead - 1 : cut
}
