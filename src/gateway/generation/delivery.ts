import type { AnswerSink } from '../answers/answer.ts'

/** An answer on its way to one client. */
export interface Delivery {
  /** The whole answer, where all of it is there and no part of it was taken. */
  takeWhole(): Buffer | undefined
  /** Lets the answer flow: what has come so far, then the rest as it comes. */
  flowInto(sink: AnswerSink): void
  /** The sink wants more again. */
  resume(): void
  /** The client is gone. */
  stop(): void
}
