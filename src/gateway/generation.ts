import { randomUUID } from 'node:crypto'
import type { GatewayError } from '../errors.ts'
import { brokenOff, leftBeforeSending, timedOut, unreachable } from '../upstream/failures.ts'
import { JsonTap } from '../usage/json-tap.ts'
import { factsOfWhole } from '../usage/answer-facts.ts'
import { isEventStream, judgeAnswer, unpacked } from './judge-answer.ts'
import type { Cost } from '../models/cost.ts'
import type { AnswerControl, AnswerHeaders, AnswerReceiver } from '../upstream/upstream.ts'
import type { AnswerFacts } from '../usage/answer-facts.ts'

/** How much of an answer is looked at before the client gets a status. A smaller answer is known whole. */
const HEAD_BYTES = 65_536

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
  /** Called exactly once, when the upstream call has come to its end. */
  readonly onSettled: (generation: Generation) => void
}

/**
 * One paid upstream call and its answer: `held → sent → answered → settled`. It outlives the exchange when the
 * client leaves: the money is spent, so the answer is read to its end and its usage booked.
 */
export class Generation implements AnswerReceiver {
  readonly id = `gen_${randomUUID()}`
  state: 'held' | 'sent' | 'answered' | 'settled' = 'held'
  /** Resolves when the beginning of the answer says images; rejects with the error for the client. */
  readonly answered: Promise<this>
  readonly dispatchedAt = performance.now()
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
  /** Bytes that nobody has taken yet: the head, until it is judged and relayed. */
  #waiting: Buffer[] = []
  #isJudged = false
  #tap: JsonTap | undefined
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

  /** The whole answer, where it was small enough to be known before the client got a status. */
  takeWhole(): Buffer | undefined {
    if (this.state !== 'settled' || this.failure !== undefined || this.#tap !== undefined) return undefined
    const whole = this.#waitingBytes()
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
    if (this.#isJudged) this.#waiting = []
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
    if (this.#isSuccess && isEventStream(headers)) this.#judge(false)
  }

  data(chunk: Buffer): void {
    if (this.state === 'settled') return
    this.answerBytes += chunk.length
    if (this.#isJudged) {
      this.#tap?.write(chunk)
      this.#passOn(chunk)
      return
    }
    this.#waiting.push(chunk)
    if (this.answerBytes >= HEAD_BYTES) this.#judge(false)
  }

  ended(): void {
    if (this.state === 'settled') return
    if (!this.#isJudged) this.#judge(true)
    // A clean end of the connection in the middle of the JSON is a break all the same.
    if (this.#tap !== undefined && this.facts?.isObject === true && !this.#tap.facts().isComplete) {
      this.#fail(brokenOff(new Error('the answer ended too early')))
    }
    this.#settle()
  }

  failed(error: Error): void {
    if (this.state === 'settled' || this.#refusalIsKnown()) return
    this.#fail(this.state === 'held' ? unreachable(error) : brokenOff(error))
  }

  #expire(): void {
    if (this.state === 'settled') return
    const error = timedOut(this.#options.timeoutMs)
    if (!this.#refusalIsKnown()) this.#fail(this.state === 'held' ? unreachable(error) : error)
    this.#control?.abort(error)
  }

  /** A refusal whose body breaks off or stalls is a refusal all the same: its status has said so. */
  #refusalIsKnown(): boolean {
    if (this.#isJudged || this.state !== 'answered' || this.#isSuccess) return false
    this.#judge(true)
    return true
  }

  get #isSuccess(): boolean {
    return this.status >= 200 && this.status < 300
  }

  #passOn(chunk: Buffer): void {
    if (this.clientHasLeft) return
    if (this.#sink === undefined) {
      // Between the verdict and the relay; hold the upstream back rather than collect.
      this.#waiting.push(chunk)
      this.#control?.pause()
    } else if (!this.#sink.write(chunk)) this.#control?.pause()
  }

  /** Decides from the head whether these are images. Of what is not, only the head is read. */
  #judge(isWhole: boolean): void {
    this.#isJudged = true
    const head = this.#waitingBytes()
    const readable = isWhole ? unpacked(head, this.headers) : head
    this.facts = isWhole ? factsOfWhole(readable) : this.#tapHead(head)
    const { modelName, redact } = this.#options
    const error = judgeAnswer({
      status: this.status,
      headers: this.headers,
      head: readable,
      isWhole,
      facts: this.facts,
      modelName,
      redact,
    })
    if (error === undefined) {
      this.isBought = true
      if (this.clientHasLeft) this.#waiting = []
      this.#resolve(this)
      return
    }
    this.#fail(error)
    if (!isWhole) this.#control?.abort(error)
  }

  /** What waits, in one piece; the usual single chunk is not copied. */
  #waitingBytes(): Buffer {
    const [only] = this.#waiting
    return this.#waiting.length === 1 && only !== undefined ? only : Buffer.concat(this.#waiting)
  }

  #tapHead(head: Buffer): AnswerFacts {
    this.#tap = new JsonTap()
    this.#tap.write(head)
    return this.#tap.facts()
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
    this.facts = this.#tap?.facts() ?? this.facts
    try {
      this.#options.onSettled(this)
    } finally {
      this.#finishSink()
    }
  }

  #finishSink(): void {
    if (this.failure === undefined) this.#sink?.end()
    else this.#sink?.abort()
    this.#sink = undefined
  }
}
