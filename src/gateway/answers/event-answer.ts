import { errorOf, originOf } from '../../upstream/envelope.ts'
import { brokenOff, invalidAnswer } from '../../upstream/failures.ts'
import { translateStreamError } from '../../upstream/translate.ts'
import { factsOfWhole } from './answer-facts.ts'
import { SseTap } from './sse-tap.ts'
import { errorEvent } from './answer.ts'
import { joined } from '../../spool/joined.ts'
import { judgeAnswer } from './judge-answer.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerFacts } from './answer-facts.ts'
import type { StreamEvent } from './sse-tap.ts'
import type { AnswerHead, AnswerOutput, AnswerReader } from './answer.ts'

/** Strings of an event beyond this are images, which flow on while they arrive; everything else waits for its event's end. */
const LONG_STRING_BYTES = 16_384
/** An event that has no long string and is as large as that is handed on as it comes, strange as it is. */
const MAX_HELD_BYTES = 1_048_576
/** The longest thing that may not be cut in two: an escaped pair of surrogates, `\ud83d\ude00`. */
const LONGEST_ESCAPE = 12

/**
 * An answer of server-sent events. Events are handed on as they come, byte for byte, but for those at which an SDK would
 * stumble. Of an image that is still arriving only the inside of its base64 is handed on, so that the event can be
 * closed in good JSON, with the error in it, should the upstream break off.
 */
export class EventAnswer implements AnswerReader {
  readonly #head: AnswerHead
  readonly #output: AnswerOutput
  readonly #tap = new SseTap((event, end) => this.#eventEnded(event, end))
  #chunk: Buffer = Buffer.alloc(0)
  /** Where in the chunk the current event goes on. */
  #from = 0
  /** What has come of the current event and was not handed on. */
  #held: Buffer[] = []
  #heldBytes = 0
  /** A part of the current event was handed on: what would close it there, where anything can. */
  #partway: { readonly closing: string | undefined } | undefined
  #isAccepted = false
  #isOver = false
  /** The client has been told of the failure in the upstream's own event. */
  #hasSaidError = false

  constructor(head: AnswerHead, output: AnswerOutput) {
    this.#head = head
    this.#output = output
  }

  get facts(): AnswerFacts {
    return this.#tap.facts()
  }

  get isBetweenEvents(): boolean {
    return this.#partway === undefined
  }

  write(chunk: Buffer): void {
    if (this.#isOver) return
    this.#chunk = chunk
    this.#from = 0
    this.#tap.write(chunk)
    if (this.#isOver) return
    this.#hold(chunk.subarray(this.#from))
    const closing = this.#tap.closingOfString(LONG_STRING_BYTES)
    if (closing !== undefined || this.#heldBytes > MAX_HELD_BYTES) this.#handOnPart(closing)
  }

  end(): void {
    if (this.#isOver) return
    if (!this.#isAccepted && this.#held[0]?.[0] === 0x7b) return this.#judgeAsJson()
    // The last event may lack its empty line; what lacks more than that has been cut off.
    if (this.#tap.hasWholeData) this.write(Buffer.from('\n\n'))
    if (this.#isOver) return
    if (!this.#tap.isComplete || this.#partway !== undefined)
      return this.#refuse(brokenOff(new Error('the stream ended too early')))
    if (this.facts.images === 0) this.#refuse(this.#noImages())
  }

  broke(): boolean {
    return false
  }

  lastWords(error: GatewayError): Buffer | undefined {
    if (this.#hasSaidError) return Buffer.alloc(0)
    if (this.#partway === undefined) return errorEvent(error)
    const { closing } = this.#partway
    if (closing === undefined) return undefined
    return Buffer.from(`${closing},"error":${JSON.stringify(error.toBody().error)}}\n\n`)
  }

  #eventEnded({ kind, error }: StreamEvent, end: number): void {
    if (this.#isOver) return
    this.#hold(this.#chunk.subarray(this.#from, end))
    this.#from = end
    const isPartway = this.#partway !== undefined
    this.#partway = undefined
    if (kind === 'error') {
      if (isPartway) {
        this.#handOn(this.#takeHeld())
        this.#hasSaidError = true
      }
      const { status, modelName: model, redact } = this.#head
      return this.#refuse(translateStreamError({ status, model, error: errorOf(error, redact) }))
    }
    if (kind === 'done' && this.facts.images === 0) return this.#refuse(this.#noImages())
    const event = this.#takeHeld()
    const isSkipped = kind === 'unreadable' || (kind === 'comment' && !this.#isAccepted)
    if (isPartway || !isSkipped) this.#handOn(event)
    if (kind === 'done') this.#finish()
  }

  #hold(piece: Buffer): void {
    if (piece.length === 0) return
    this.#held.push(piece)
    this.#heldBytes += piece.length
  }

  #takeHeld(): Buffer {
    const bytes = joined(this.#held)
    this.#held = []
    this.#heldBytes = 0
    return bytes
  }

  /** Hands on an event that is still arriving, up to where it can be closed. */
  #handOnPart(closing: string | undefined): void {
    const bytes = this.#takeHeld()
    const cut = closing === undefined ? bytes.length : safeCut(bytes)
    this.#partway = { closing }
    this.#handOn(bytes.subarray(0, cut))
    this.#hold(bytes.subarray(cut))
  }

  #handOn(bytes: Buffer): void {
    if (!this.#isAccepted) {
      this.#isAccepted = true
      this.#output.accepted()
    }
    if (bytes.length > 0) this.#output.bytes(bytes)
  }

  #finish(): void {
    this.#isOver = true
    this.#output.finished()
  }

  #refuse(error: GatewayError): void {
    this.#isOver = true
    this.#output.refused(error)
  }

  #noImages(): GatewayError {
    return invalidAnswer('a stream without images', originOf(this.#head.status), true)
  }

  /** An error in plain JSON under the content type of a stream. */
  #judgeAsJson(): void {
    const body = this.#takeHeld()
    const headers = { ...this.#head.headers, 'content-type': 'application/json' }
    const error = judgeAnswer({ ...this.#head, headers, body, isWhole: true, facts: factsOfWhole(body) })
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
