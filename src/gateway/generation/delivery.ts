import type { AnswerSink } from '../answers/answer.ts'

/** An answer on its way to one client. */
export interface Delivery {
  /** The whole answer, where all of it is in memory and no part of it was taken. */
  takeWhole(): Buffer | undefined
  /** Lets the answer flow: what has come so far, then the rest as it comes. */
  flowInto(sink: AnswerSink): void
  /** The sink wants more again. */
  resume(): void
  /** The client is gone. Any number of calls; the first one counts. */
  stop(): void
}

/** How an answer ended. */
export interface AnswerEnding {
  /** In the middle, where nothing that could be appended would make it well-formed. */
  readonly isCut: boolean
  /** Appended after a failure, so that the client reads it as such. */
  readonly closing: Buffer | undefined
}

/** The generation as its deliveries see it. */
export interface DeliverySource {
  /** Set once the upstream call has come to its end. */
  readonly ending: AnswerEnding | undefined
  /** Milliseconds on a clock that only goes forward. */
  now(): number
  /** It came to its end without a failure. */
  readonly isComplete: boolean
  /** A delivery takes more now, or less: the upstream may go on, or is held back. */
  steer(): void
  /** The client of one delivery is gone. */
  clientLeft(): void
}

/** Ends a sink as its answer ended. */
export function endSink(sink: AnswerSink, { isCut, closing }: AnswerEnding): void {
  if (isCut) return sink.abort()
  if (closing !== undefined) sink.write(closing)
  sink.end()
}
