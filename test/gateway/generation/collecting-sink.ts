import type { AnswerSink } from '../../../src/gateway/answers/answer.ts'

/** A client that takes what it is given; where it is slow, it wants no more after each chunk. */
export class CollectingSink implements AnswerSink {
  #chunks: Buffer[] = []
  isFull = false
  ending: 'open' | 'complete' | 'cut' = 'open'

  write(chunk: Buffer): boolean {
    this.#chunks.push(Buffer.from(chunk))
    return !this.isFull
  }

  end(): void {
    this.ending = 'complete'
  }

  abort(): void {
    this.ending = 'cut'
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }
}
