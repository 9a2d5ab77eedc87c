import { randomUUID } from 'node:crypto'
import type { GatewayError } from '../errors.ts'
import { brokenOff, leftBeforeSending, timedOut, unreachable } from '../upstream/failures.ts'
import { EventAnswer } from './event-answer.ts'
import { JsonAnswer } from './json-answer.ts'
import { JsonAsEvents } from './json-as-events.ts'
import { isEventStream, isPlain } from './judge-answer.ts'
import type { Cost } from '../models/cost.ts'
import type { AnswerControl, AnswerHeaders, AnswerReceiver } from '../upstream/upstream.ts'
import type { AnswerFacts } from '../usage/answer-facts.ts'
import type { AnswerOutput, AnswerReader } from './answer.ts'
import type { EventFamily } from '../endpoints/endpoint.ts'

/** Takes an answer's bytes; `write` says false when it wants no more for now. */
export interface AnswerSink {
  write(chunk: Buffer): boolean
  /** The answer is complete. */
  end(): void
  /** The answer broke off: the client must not take what it has for the whole. */
  abort(): void
}

/** What a settled generation came to; size and quality are metrics labels. */
export interface Settlement {
  readonly cost: Cost | undefined
  readonly images: number
  readonly size: string
  readonly quality: string
}

export interface GenerationOptions {
  /** The model as the client named it. */
  readonly modelName: string
  readonly timeoutMs: number
  readonly redact: (text: string) => string
  /** The events that the client asked for; undefined where it asked for one JSON answer. */
  readonly events: EventFamily | undefined
  /** How many generations are under way. */
  readonly running: () => number
  /** Called exactly once, when the upstream call has come to its end. */
  readonly onSettled: (generation: Generation) => void
}

/**
 * One paid upstream call and its answer: `held → sent → answered → settled`. It outlives the exchange when the
 * client leaves: the money is spent, so the answer is read to its end and its usage booked.
 */
export class Generation implements AnswerReceiver, AnswerOutput {
  readonly id = `gen_${randomUUID()}`
  state: 'held' | 'sent' | 'answered' | 'settled' = 'held'
  /** Resolves when the beginning of the answer says images; rejects with the error for the client. */
  readonly answered: Promise<this>
  readonly dispatchedAt = performance.now()
  /** When the beginning of the answer had been judged to be images. */
  acceptedAt: number | undefined
  endedAt: number | undefined
  status = 0
  headers: AnswerHeaders = {}
  /** What went wrong upstream, also when the client had its status already. */
  failure: GatewayError | undefined
  facts: AnswerFacts | undefined
  /** Set by `onSettled`. */
  settlement: Settlement | undefined
  answerBytes = 0
  clientHasLeft = false
  /** The beginning was judged to be images, so that they are paid for whatever happens afterwards. */
  isBought = false

  readonly #options: GenerationOptions
  readonly #timer: NodeJS.Timeout
  #control: AnswerControl | undefined
  #resolve: (generation: this) => void = () => {}
  #reject: (error: GatewayError) => void = () => {}
  /** Bytes that nobody has taken yet. */
  #waiting: Buffer[] = []
  #reader: AnswerReader | undefined
  #sink: AnswerSink | undefined

  constructor(options: GenerationOptions) {
    this.#options = options
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.answered.catch(() => {}) // also where nobody waits for it any more
    this.#timer = setTimeout(() => this.#expire(), options.timeoutMs)
  }

  /** From the call to the end of the answer; undefined while it is under way. */
  get upstreamMs(): number | undefined {
    return this.endedAt === undefined ? undefined : this.endedAt - this.dispatchedAt
  }

  /** From the call to the first event of a stream; undefined where there was none. */
  get firstEventMs(): number | undefined {
    return this.isStream && this.acceptedAt !== undefined ? this.acceptedAt - this.dispatchedAt : undefined
  }

  /** How many generations are under way, this one included. */
  get alongside(): number {
    return this.#options.running()
  }

  /** The client asked for events. */
  get isStream(): boolean {
    return this.#options.events !== undefined
  }

  /** Something may be put between what the sink has got and what it gets next. */
  get isBetweenEvents(): boolean {
    return this.#reader?.isBetweenEvents !== false
  }

  /** The whole answer, where all of it had come before anybody took a part. */
  takeWhole(): Buffer | undefined {
    if (this.state !== 'settled' || this.failure !== undefined) return undefined
    const [only] = this.#waiting
    const whole = this.#waiting.length === 1 && only !== undefined ? only : Buffer.concat(this.#waiting)
    this.#waiting = []
    return whole
  }

  /** Lets the answer flow into a sink: what has come so far, then the rest as it comes. */
  flowInto(sink: AnswerSink): void {
    this.#sink = sink
    let wantsMore = true
    for (const chunk of this.#waiting) wantsMore = sink.write(chunk)
    this.#waiting = []
    if (this.state === 'settled') this.#finishSink()
    else if (wantsMore) this.#control?.resume()
    else this.#control?.pause()
  }

  /** The sink wants more again. */
  resume(): void {
    this.#control?.resume()
  }

  /** Nobody takes the answer any more; it is read to its end for its usage. What has not been sent is not bought. */
  clientLeft(): void {
    this.clientHasLeft = true
    if (this.state === 'held') return this.#fail(leftBeforeSending())
    this.#sink = undefined
    this.#waiting = []
    if (this.state !== 'settled') this.#control?.resume()
  }

  sending(control: AnswerControl): void {
    this.#control = control
    if (this.state === 'settled') control.abort(new Error('the generation has ended'))
    else this.state = 'sent'
  }

  began(status: number, headers: AnswerHeaders): void {
    if (this.state === 'settled') return
    this.state = 'answered'
    this.status = status
    this.headers = headers
    this.#reader = this.#readerFor(status, headers)
  }

  data(chunk: Buffer): void {
    if (this.state === 'settled') return
    this.answerBytes += chunk.length
    this.#reader?.write(chunk)
  }

  ended(): void {
    if (this.state === 'settled') return
    this.#control = undefined // its connection may be in use for another request by now
    this.#reader?.end()
    this.#settle()
  }

  failed(error: Error): void {
    if (this.state === 'settled' || this.#reader?.broke() === true) return
    this.#fail(this.state === 'held' ? unreachable(error) : brokenOff(error))
  }

  accepted(): void {
    this.isBought = true
    this.acceptedAt = performance.now()
    this.#resolve(this)
  }

  bytes(chunk: Buffer): void {
    if (this.clientHasLeft) return
    if (this.#sink === undefined) {
      // Between the verdict and the relay; hold the upstream back rather than collect.
      this.#waiting.push(chunk)
      this.#control?.pause()
    } else if (!this.#sink.write(chunk)) this.#control?.pause()
  }

  refused(error: GatewayError): void {
    this.#fail(error)
    this.#control?.abort(error)
  }

  #expire(): void {
    if (this.state === 'settled') return
    const error = timedOut(this.#options.timeoutMs)
    if (this.#reader?.broke() !== true) this.#fail(this.state === 'held' ? unreachable(error) : error)
    this.#control?.abort(error)
  }

  #readerFor(status: number, headers: AnswerHeaders): AnswerReader {
    const { modelName, redact, events } = this.#options
    const head = { status, headers, modelName, redact }
    const isSuccess = status >= 200 && status < 300
    if (isSuccess && isEventStream(headers) && isPlain(headers)) return new EventAnswer(head, this)
    if (isSuccess && events !== undefined) return new JsonAsEvents(head, this, events)
    return new JsonAnswer(head, this)
  }

  #fail(error: GatewayError): void {
    this.failure = error
    this.#reject(error) // first: whoever waits must not depend on the bookkeeping
    this.#settle()
  }

  #settle(): void {
    if (this.state === 'settled') return
    this.state = 'settled'
    this.endedAt = performance.now()
    clearTimeout(this.#timer)
    this.facts = this.#reader?.facts
    try {
      this.#options.onSettled(this)
    } finally {
      this.#finishSink()
    }
  }

  #finishSink(): void {
    const sink = this.#sink
    if (sink === undefined) return
    this.#sink = undefined
    if (this.failure === undefined) return sink.end()
    const lastWords = this.#reader?.lastWords(this.failure)
    if (lastWords === undefined) return sink.abort()
    sink.write(lastWords)
    sink.end()
  }
}
