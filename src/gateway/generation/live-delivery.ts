import { ByteList } from '../../spool/byte-list.ts'
import { endSink } from './delivery.ts'
import type { AnswerSink } from '../answers/answer.ts'
import type { AnswerEnding, Delivery, DeliverySource } from './delivery.ts'

/**
 * The answer as it comes, for the client that ordered it. It holds the upstream back while bytes wait for the client:
 * before it has taken the first ones, and while it reads slowly.
 *
 * `awaited → flowing → over`, or from `awaited` to `over` at once.
 */
export class LiveDelivery implements Delivery {
  readonly #source: DeliverySource
  #state: 'awaited' | 'flowing' | 'over' = 'awaited'
  #sink: AnswerSink | undefined
  /** Bytes that came before the client took the first ones. */
  readonly #waiting = new ByteList()
  #isSinkFull = false
  #hasLeft = false

  constructor(source: DeliverySource) {
    this.#source = source
  }

  /** The upstream is to wait. */
  get holdsBack(): boolean {
    return this.#state === 'awaited' ? this.#waiting.bytes > 0 : this.#state === 'flowing' && this.#isSinkFull
  }

  /** More of the answer. */
  data(chunk: Buffer): void {
    if (this.#state === 'awaited') this.#waiting.append(chunk)
    else if (this.#sink !== undefined) this.#isSinkFull = !this.#sink.write(chunk)
  }

  /** The answer has come to its end. */
  end(ending: AnswerEnding): void {
    const sink = this.#sink
    if (sink === undefined) return // the client takes the end with what waits, or is gone
    this.#state = 'over'
    this.#sink = undefined
    endSink(sink, ending)
  }

  takeWhole(): Buffer | undefined {
    if (this.#state !== 'awaited' || !this.#source.isComplete) return undefined
    const whole = this.#waiting.joined()
    this.#waiting.clear()
    return whole
  }

  flowInto(sink: AnswerSink): void {
    if (this.#state === 'over') return
    this.#state = 'flowing'
    this.#sink = sink
    for (const chunk of this.#waiting.pieces()) this.#isSinkFull = !sink.write(chunk)
    this.#waiting.clear()
    const { ending } = this.#source
    if (ending === undefined) this.#source.steer()
    else this.end(ending)
  }

  resume(): void {
    this.#isSinkFull = false
    this.#source.steer()
  }

  stop(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    this.#state = 'over'
    this.#sink = undefined
    this.#waiting.clear()
    this.#source.clientLeft()
  }
}
