import { ByteList } from '../../spool/byte-list.ts'
import { endSink } from './delivery.ts'
import type { AnswerSink } from '../answers/answer.ts'
import type { AnswerEnding, Delivery, DeliverySource } from './delivery.ts'

/**
 * A client that has let the upstream wait for so long at a time, or in all, reads slowly. Where the gateway or the whole
 * machine is busy, clients that keep up are waited for too, but not for as long.
 */
const SLOW_MS = { atATime: 400, inAll: 3000 } as const

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
  readonly #waiting = new ByteList({ retainsSlabs: true })
  /** When the sink wanted no more, while it does not. */
  #fullSince: number | undefined
  /** How long the sink has been full before. */
  #fullMs = 0
  #hasLeft = false

  constructor(source: DeliverySource) {
    this.#source = source
  }

  /** The upstream is to wait. */
  get holdsBack(): boolean {
    return this.#state === 'awaited' ? this.#waiting.bytes > 0 : this.#state === 'flowing' && this.#isSinkFull
  }

  /** The client takes the answer more slowly than the upstream sends it. */
  get isReadSlowly(): boolean {
    if (!this.holdsBack || this.#fullSince === undefined) return false
    const ms = this.#source.now() - this.#fullSince
    return ms > SLOW_MS.atATime || this.#fullMs + ms > SLOW_MS.inAll
  }

  /** More of the answer. */
  data(chunk: Buffer): void {
    if (this.#state === 'awaited') this.#waiting.append(chunk)
    else if (this.#sink !== undefined) this.#write(this.#sink, chunk)
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
    for (const chunk of this.#waiting.pieces()) this.#write(sink, chunk)
    this.#waiting.clear()
    const { ending } = this.#source
    if (ending === undefined) this.#source.steer()
    else this.end(ending)
  }

  resume(): void {
    if (this.#fullSince !== undefined) this.#fullMs += this.#source.now() - this.#fullSince
    this.#fullSince = undefined
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

  get #isSinkFull(): boolean {
    return this.#fullSince !== undefined
  }

  #write(sink: AnswerSink, chunk: Buffer): void {
    if (sink.write(chunk)) this.#fullSince = undefined
    else this.#fullSince ??= this.#source.now()
  }
}
