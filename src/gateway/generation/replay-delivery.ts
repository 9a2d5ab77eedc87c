import type { AnswerSink } from '../answers/answer.ts'
import type { Delivery, DeliverySource } from './delivery.ts'
import type { KeptAnswer } from './kept-answer.ts'

/**
 * The answer from its first byte, for a client that comes later: what is kept, then what is still to come as it comes. A
 * slow client does not hold the upstream back, since what it has not read yet is kept.
 */
export class ReplayDelivery implements Delivery {
  readonly #source: DeliverySource
  /** Undefined where nothing is kept: then there is only a failure to tell. */
  readonly #kept: KeptAnswer | undefined
  #position = 0
  #hasLeft = false
  #wake: () => void = () => {}

  constructor(source: DeliverySource, kept: KeptAnswer | undefined) {
    this.#source = source
    this.#kept = kept
    if (kept !== undefined) kept.readers++
  }

  takeWhole(): Buffer | undefined {
    return this.#source.isComplete ? this.#kept?.inMemory : undefined
  }

  flowInto(sink: AnswerSink): void {
    this.#run(sink).catch(() => {
      if (!this.#hasLeft) sink.abort()
    })
  }

  resume(): void {
    this.#wake()
  }

  stop(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    if (this.#kept !== undefined) this.#kept.readers--
    this.#wake()
    this.#source.clientLeft()
  }

  async #run(sink: AnswerSink): Promise<void> {
    const kept = this.#kept
    if (kept === undefined) return sink.abort()
    for (;;) {
      while (this.#position < kept.bytes) {
        const chunk = await kept.chunkAt(this.#position) // fails where it was given up
        if (this.#hasLeft) return
        this.#position += chunk.length
        if (!sink.write(chunk)) await this.#pause()
        if (this.#hasLeft) return
      }
      if (kept.ending !== 'open') return kept.ending === 'complete' ? sink.end() : sink.abort()
      if (!kept.isWhole) return sink.abort()
      await kept.change()
      if (this.#hasLeft) return
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>((wake) => (this.#wake = wake))
  }
}
