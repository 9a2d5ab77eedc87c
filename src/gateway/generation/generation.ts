import type { GatewayError } from '../../errors/gateway-error.ts'
import { leftBeforeSending, timedOut } from '../../upstream/failures.ts'
import { upstreamRequestId } from '../answers/relayed-headers.ts'
import { Attempt } from './attempt.ts'
import { LiveDelivery } from './live-delivery.ts'
import { ReplayDelivery } from './replay-delivery.ts'
import { retryDelayMs } from './retry-policy.ts'
import type { Settlement } from '../../accounting/settlement.ts'
import type { AnswerHeaders } from '../../upstream/answer-headers.ts'
import type { AnswerReceiver } from '../../upstream/upstream.ts'
import type { AttemptOptions, AttemptOwner } from './attempt.ts'
import type { Timer } from './clock.ts'
import type { AnswerEnding, Delivery, DeliverySource } from './delivery.ts'
import type { KeptAnswer, KeptAnswerOwner } from './kept-answer.ts'
import type { UpstreamOutcome } from './settlement.ts'

/** `held`: not sent yet, or not sent again yet; `sent`; `answered`: the answer has begun; `settled`: it is over. */
export type GenerationState = 'held' | 'sent' | 'answered' | 'settled'

/** The order behind a generation: sends it, and is told how it goes. Let go of once the generation has settled. */
export interface GenerationOwner {
  /** Sends the order upstream. */
  send(receiver: AnswerReceiver): void
  /** The upstream has taken it: images come. */
  accepted(): void
  /** It cannot have been carried out, and is about to be sent again. */
  retrying(error: GatewayError): void
  /** Called exactly once, when the upstream call has come to its end. */
  settle(generation: Generation, outcome: UpstreamOutcome): Settlement
}

export interface GenerationOptions extends AttemptOptions {
  readonly id: string
  readonly timeoutMs: number
  /** How often an order that cannot have been carried out is sent again, at most. */
  readonly maxRetries: number
  /** The client sends refused orders again by itself: waiting is left to it. */
  readonly clientRetries: boolean
  /** Keeps the answer for a client that comes back; undefined where nothing is kept. */
  readonly kept: KeptAnswer | undefined
  /** How many generations are under way. */
  readonly running: () => number
}

/**
 * One paid upstream call and its answer: `held → sent → answered → settled`. An order that cannot have been carried out is
 * sent again. A generation outlives the exchange when the client leaves: the money is spent, so the answer is read to its
 * end, its usage is booked, and it is kept for the client's retry.
 */
export class Generation implements AttemptOwner, DeliverySource, KeptAnswerOwner {
  readonly id: string
  /** Resolves when the client can have its status; rejects with the error for the client. */
  readonly answered: Promise<this>
  readonly dispatchedAt: number
  state: GenerationState = 'held'
  /** When the beginning of the answer was judged to be images: they are paid for, even if the answer breaks off later. */
  acceptedAt: number | undefined
  endedAt: number | undefined
  /** Why it failed, also when the client had its status already. */
  failure: GatewayError | undefined
  ending: AnswerEnding | undefined
  settlement: Settlement | undefined
  /** A log line has its usage. Written by the exchange log. */
  isLogged = false
  /** Requests upstream so far. */
  attempts = 1
  /** Clients that wait for the answer or are being given it. */
  clients = 1
  readonly kept: KeptAnswer | undefined
  /** The answer as it comes, for the client that ordered it. */
  readonly live: LiveDelivery

  readonly #options: GenerationOptions
  readonly #settling = Promise.withResolvers<this>()
  readonly #timer: Timer
  #owner: GenerationOwner | undefined
  #retryTimer: Timer | undefined
  #attempt: Attempt
  #mayRetry = true

  constructor(options: GenerationOptions, owner: GenerationOwner) {
    const { clock, kept } = options
    this.#options = options
    this.#owner = owner
    this.id = options.id
    this.kept = kept
    // A reference and no closure: one that is stored in a kept answer keeps the young collector from freeing the request.
    if (kept !== undefined) kept.owner = this
    this.live = new LiveDelivery(this)
    this.dispatchedAt = clock.now()
    this.answered = this.#settling.promise
    this.answered.catch(() => {}) // also where nobody waits for it any more
    this.#timer = clock.after(options.timeoutMs, () => this.#giveUp(timedOut(options.timeoutMs)))
    this.#attempt = new Attempt(options, this)
  }

  get status(): number {
    return this.#attempt.status
  }

  /** How the pictures reach the client, where it asked for links to what comes as base64. */
  get pictureForms(): string | undefined {
    return this.#attempt.pictureForms
  }

  /** The client wants links to pictures that come as base64. */
  get makesLinks(): boolean {
    return this.#options.shelf !== undefined
  }

  get headers(): AnswerHeaders {
    return this.#attempt.headers
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

  get isComplete(): boolean {
    return this.state === 'settled' && this.failure === undefined
  }

  get isReadSlowly(): boolean {
    return this.live.isReadSlowly
  }

  now(): number {
    return this.#options.clock.now()
  }

  /** Something may be put between what a client has got and what it gets next. */
  get isBetweenEvents(): boolean {
    return this.#attempt.isBetweenEvents
  }

  /** Sends the order upstream for the first time. */
  start(): void {
    this.#owner?.send(this.#attempt)
  }

  /** One more client: it is given the answer from its first byte. */
  replay(): Delivery {
    this.clients++
    this.kept?.claimAs('owed')
    return new ReplayDelivery(this, this.kept)
  }

  clientLeft(): void {
    this.clients--
    if (this.isOrphan && this.state !== 'settled') this.kept?.claimAs('owed')
    if (this.isOrphan && this.state === 'held') this.#giveUp(leftBeforeSending())
    else this.steer()
  }

  diskDrained(): void {
    this.steer()
  }

  /** Lets the upstream go on, or holds it back: while the first client reads slowly or is yet to come, or the disk lags. */
  steer(): void {
    this.#attempt.steer(this.live.holdsBack || this.kept?.isKeepingUp === false)
  }

  sent(): void {
    this.state = 'sent'
  }

  began(): void {
    this.state = 'answered'
  }

  accepted(): void {
    this.acceptedAt = this.#options.clock.now()
    this.#owner?.accepted()
  }

  ready(): void {
    this.#settling.resolve(this)
  }

  bytes(chunk: Buffer): void {
    this.kept?.append(chunk)
    this.live.data(chunk)
    this.steer()
  }

  ended(): void {
    this.#settle()
  }

  refused(error: GatewayError): void {
    const delay = this.acceptedAt !== undefined || this.isOrphan ? undefined : this.#retryDelay(error)
    if (delay === undefined) return this.#fail(error)
    this.#owner?.retrying(error)
    this.state = 'held'
    this.#attempt = new Attempt(this.#options, this)
    this.#retryTimer = this.#options.clock.after(delay, () => {
      this.attempts++
      this.start()
    })
  }

  #retryDelay(error: GatewayError): number | undefined {
    const { maxRetries, clientRetries, timeoutMs, clock } = this.#options
    if (!this.#mayRetry || this.attempts > maxRetries) return undefined
    if (clientRetries && error.code !== 'upstream_unreachable') return undefined
    const delay = retryDelayMs(error, this.attempts)
    const left = timeoutMs - (clock.now() - this.dispatchedAt)
    return delay === undefined || delay >= left ? undefined : delay
  }

  #giveUp(error: GatewayError): void {
    if (this.state === 'settled') return
    this.#mayRetry = false
    this.#attempt.giveUp(error)
  }

  #fail(error: GatewayError): void {
    this.failure = error
    this.#settling.reject(error) // first, so that the client does not wait for the settlement
    this.#settle()
  }

  #settle(): void {
    const owner = this.#owner
    if (owner === undefined) return
    this.#owner = undefined // with it goes the order, which may be large
    this.state = 'settled'
    const { clock } = this.#options
    this.endedAt = clock.now()
    clock.clear(this.#timer)
    clock.clear(this.#retryTimer)
    const closing = this.failure === undefined ? undefined : this.#attempt.closingBytes(this.failure)
    this.ending = { isCut: this.failure !== undefined && closing === undefined, closing }
    if (closing !== undefined) this.kept?.append(closing)
    this.kept?.close(this.ending.isCut ? 'cut' : 'complete')
    try {
      this.settlement = owner.settle(this, this.#outcome(this.endedAt))
    } finally {
      this.live.end(this.ending)
    }
  }

  #outcome(endedAt: number): UpstreamOutcome {
    return {
      isAccepted: this.acceptedAt !== undefined,
      facts: this.#attempt.reader?.facts,
      failure: this.failure,
      upstreamRequestId: upstreamRequestId(this.headers),
      endedAt: this.#options.clock.date(),
      upstreamMs: endedAt - this.dispatchedAt,
      firstEventMs: this.firstEventMs,
    }
  }
}
