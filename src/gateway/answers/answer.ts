import type { GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerHeaders } from '../../upstream/answer-headers.ts'
import type { AnswerFacts } from './answer-facts.ts'

/** The beginning of every answer, and what is needed to judge the rest. */
export interface AnswerHead {
  readonly status: number
  readonly headers: AnswerHeaders
  /** The model as the client named it. */
  readonly modelName: string
  readonly redact: (text: string) => string
}

/*
 * The verbs of an answer's bytes, from the upstream's connection to the client's: `begin`, `write` for each chunk, then
 * either `end` or `abort`. A reader is written to by the connection and writes to its output; a sink is written to by a
 * generation.
 */

/** Takes the part of an answer that its client gets. */
export interface AnswerOutput {
  /** The beginning says images: the client can have its status. */
  begin(): void
  /** Bytes for the client, in order. */
  write(chunk: Buffer): void
  /** The answer has said that it is complete; its connection is of no interest any more. */
  end(): void
  /** The answer is a failure, and nothing more of it is wanted. It may come before `begin`, or after any chunk. */
  abort(error: GatewayError): void
}

/** Takes an answer's bytes; `write` says false when it wants no more for now. */
export interface AnswerSink {
  write(chunk: Buffer): boolean
  /** The answer is complete. */
  end(): void
  /** The answer broke off: the client must not take its part for the whole. */
  abort(): void
}

/** Reads an answer as it arrives, in any chunks: judges it, counts its images, hands on the client's part. */
export interface AnswerReader {
  write(chunk: Buffer): void
  /** The connection says that the answer is complete. */
  end(): void
  /** The connection broke. True where the answer's meaning is known all the same; the output has then been aborted. */
  abort(): boolean
  readonly facts: AnswerFacts | undefined
  /** Something may be put between the bytes handed on and the next ones. */
  readonly isBetweenEvents: boolean
  /**
   * The bytes that turn the client's part into a failure that it understands. Undefined where none can: then its
   * connection must be cut, so that half an image is never taken for a whole one.
   */
  closingBytes(error: GatewayError): Buffer | undefined
}

/** An error as an event: both SDKs raise an API error at it (openai-node, core/streaming.ts; openai-python, _streaming.py). */
export function errorEvent(error: GatewayError): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify(error.toBody())}\n\n`)
}
