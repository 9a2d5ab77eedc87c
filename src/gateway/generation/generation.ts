import type { GatewayError } from '../../errors/gateway-error.ts'
import { leftBeforeSending, timedOut } from '../../upstream/failures.ts'
import { Attempt } from './attempt.ts'
import { joined } from '../../spool/joined.ts'
import { retryDelayMs } from './retry-policy.ts'
import type { Cost } from '../../models/prices/cost.ts'
import type { AnswerHeaders, AnswerReceiver } from '../../upstream/upstream.ts'
import type { AnswerFacts } from '../answers/answer-facts.ts'
import type { AnswerSink } from '../answers/answer.ts'
import type { AttemptOptions, AttemptOwner } from './attempt.ts'
import type { Delivery } from './delivery.ts'
import type { Entry } from '../adoption/generation-list.ts'
import type { KeptAnswer } from './kept-answer.ts'

/** What a settled generation came to; size and quality are metrics labels. */
export interface Settlement {
  readonly cost: Cost | undefined
  readonly images: number
  readonly size: string
  readonly quality: string
}

export interface GenerationOptions extends AttemptOptions {
  readonly id: string
  readonly timeoutMs: number
  /** How often what cannot have been done is sent again, at most. */
  readonly maxRetries: number
  /** Sends the order upstream. */
  readonly send: (receiver: AnswerReceiver) => void
  /** Where the answer is kept for a client that comes back; undefined where nothing is kept. */
  readonly kept: KeptAnswer | undefined
  /** How many generations are under way. */
  readonly running: () => number
  readonly onRetry: (error: GatewayError) => void
  /** Called exactly once, when the upstream call has come to its end. */
  readonly onSettled: (generation: Generation) => void
}

/**
 * One paid upstream call and its answer: `held → sent → answered → settled`. What cannot have been done is sent again.
 * It outlives the exchange when the client leaves: the money is spent, so the answer is read to its end, its usage is
 * booked, and it is kept for the client's retry.
 */
export class Generation implements AttemptOwner, Delivery {
  readonly id: string
  /** Resolves when the beginning of the answer says images; rejects with the error for the client. */
  readonly answered: Promise<this>
  readonly dispatchedAt = performance.now()
  /** When the beginning of the answer had been judged to be images. */
  acceptedAt: number | undefined
  endedAt: number | undefined
  /** What went wrong upstream, also when the client had its status already. */
  failure: GatewayError | undefined
  facts: AnswerFacts | undefined
  /** Set by `onSettled`. */
  settlement: Settlement | undefined
  /** Where it stands among those that can be asked for again; undefined where it cannot. */
  entry: Entry | undefined
  /** The gauge of orphans counts it. */
  isCountedAsOrphan = false
  /** A log line has its usage. */
  isLogged = false
  /** Requests upstream so far. */
  attempts = 1
  /** Exchanges that wait for the answer or are being given it. */
  clients = 1
  readonly kept: KeptAnswer | undefined
  /** The beginning was judged to be images, so that they are paid for whatever happens afterwards. */
  isBought = false

  readonly #options: GenerationOptions
  readonly #timer: NodeJS.Timeout
  #retryTimer: NodeJS.Timeout | undefined
  #attempt: Attempt
  #isSettled = false
  #resolve: (generation: this) => void = () => {}
  #reject: (error: GatewayError) => void = () => {}
  /** Bytes that the first client has not taken yet. */
  #waiting: Buffer[] = []
  #sink: AnswerSink | undefined
  #firstClientHasLeft = false
  #sinkIsFull = false
  #diskIsBusy = false
  #mayRetry = true
  #lastWords: Buffer | undefined

  constructor(options: GenerationOptions) {
    this.#options = options
    this.id = options.id
    this.kept = options.kept
    if (this.kept !== undefined) this.kept.onDrain = () => this.#diskDrained()
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.answered.catch(() => {}) // also where nobody waits for it any more
    this.#timer = setTimeout(() => this.#expire(), options.timeoutMs)
    this.#attempt = new Attempt(options, this)
  }

  get state(): 'held' | 'sent' | 'answered' | 'settled' {
    return this.#isSettled ? 'settled' : this.#attempt.state
  }

  get status(): number {
    return this.#attempt.status
  }

  get headers(): AnswerHeaders {
    return this.#attempt.headers
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

  /** Nobody waits for the answer any more. */
  get isOrphan(): boolean {
    return this.clients === 0
  }

  /** Something may be put between what a client has got and what it gets next. */
  get isBetweenEvents(): boolean {
    return this.#attempt.reader?.isBetweenEvents !== false
  }

  /** Sends the order upstream for the first time. */
  start(): void {
    this.#options.send(this.#attempt)
  }

  /** The whole answer, where all of it had come before the first client took a part. */
  takeWhole(): Buffer | undefined {
    if (!this.#isSettled || this.failure !== undefined) return undefined
    const whole = joined(this.#waiting)
    this.#waiting = []
    return whole
  }

  /** Lets the answer flow to the first client: what has come so far, then the rest as it comes. */
  flowInto(sink: AnswerSink): void {
    this.#sink = sink
    for (const chunk of this.#waiting) this.#sinkIsFull = !sink.write(chunk)
    this.#waiting = []
    if (this.#isSettled) this.#finishSink()
    else this.#steer()
  }

  /** The first client's sink wants more again. */
  resume(): void {
    this.#sinkIsFull = false
    this.#steer()
  }

  /** The answer from its first byte, for a client that comes later. */
  replay(): Delivery {
    const { kept } = this
    if (kept === undefined) throw new Error('nothing is kept')
    let reader: ReturnType<KeptAnswer['replayInto']> | undefined
    return {
      takeWhole: () => (this.#isSettled && this.failure === undefined ? kept.inMemory : undefined),
      flowInto: (sink) => void (reader = kept.replayInto(sink)),
      resume: () => reader?.resume(),
      stop: () => reader?.stop(),
    }
  }

  /** The first client is gone, and says so in another way. */
  stop(): void {}

  /** The first client has left; what has not been sent is not bought. */
  firstClientLeft(): void {
    this.#firstClientHasLeft = true
    this.#sink = undefined
    this.#waiting = []
    this.clientLeft()
  }

  /** One of its clients has left. */
  clientLeft(): void {
    this.clients--
    if (this.clients === 0 && this.state === 'held') this.#giveUp(leftBeforeSending())
    else this.#steer()
  }

  accepted(): void {
    this.isBought = true
    this.acceptedAt = performance.now()
    this.#resolve(this)
  }

  bytes(chunk: Buffer): void {
    this.#diskIsBusy = this.kept?.append(chunk) === false
    if (this.#sink !== undefined) this.#sinkIsFull = !this.#sink.write(chunk)
    else if (!this.#firstClientHasLeft) this.#waiting.push(chunk)
    this.#steer()
  }

  ended(): void {
    this.#settle()
  }

  refused(error: GatewayError): void {
    const delay = this.isBought || this.isOrphan ? undefined : this.#retryDelay(error)
    if (delay === undefined) return this.#fail(error)
    this.#options.onRetry(error)
    this.#attempt = new Attempt(this.#options, this)
    this.#retryTimer = setTimeout(() => {
      this.attempts++
      this.#options.send(this.#attempt)
    }, delay)
  }

  #retryDelay(error: GatewayError): number | undefined {
    const { maxRetries, timeoutMs } = this.#options
    if (!this.#mayRetry || this.attempts > maxRetries) return undefined
    const delay = retryDelayMs(error, this.attempts)
    const left = timeoutMs - (performance.now() - this.dispatchedAt)
    return delay === undefined || delay >= left ? undefined : delay
  }

  #expire(): void {
    this.#giveUp(timedOut(this.#options.timeoutMs))
  }

  #giveUp(error: GatewayError): void {
    if (this.#isSettled) return
    this.#mayRetry = false
    this.#attempt.giveUp(error)
  }

  #diskDrained(): void {
    this.#diskIsBusy = false
    this.#steer()
  }

  /** Lets the upstream go on, or holds it back: while the first client reads slowly or is yet to come, or the disk lags. */
  #steer(): void {
    const isAwaited = this.#sink === undefined && !this.#firstClientHasLeft && this.#waiting.length > 0
    if (isAwaited || (this.#sinkIsFull && this.#sink !== undefined) || this.#diskIsBusy) this.#attempt.pause()
    else this.#attempt.resume()
  }

  #fail(error: GatewayError): void {
    this.failure = error
    this.#reject(error) // first: whoever waits must not depend on the bookkeeping
    this.#settle()
  }

  #settle(): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.endedAt = performance.now()
    clearTimeout(this.#timer)
    clearTimeout(this.#retryTimer)
    this.facts = this.#attempt.reader?.facts
    if (this.failure !== undefined) this.#lastWords = this.#attempt.reader?.closingBytes(this.failure)
    if (this.#lastWords !== undefined) this.kept?.append(this.#lastWords)
    this.kept?.close(this.#isCut ? 'cut' : 'complete')
    try {
      this.#options.onSettled(this)
    } finally {
      this.#finishSink()
    }
  }

  /** It ended where nothing can be said to the client any more. */
  get #isCut(): boolean {
    return this.failure !== undefined && this.#lastWords === undefined
  }

  #finishSink(): void {
    const sink = this.#sink
    this.#sink = undefined
    if (sink === undefined) return
    if (this.#isCut) return sink.abort()
    if (this.#lastWords !== undefined) sink.write(this.#lastWords)
    sink.end()
  }
}
