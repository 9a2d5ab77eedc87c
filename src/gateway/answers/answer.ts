import type { GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerHeaders } from '../../upstream/upstream.ts'
import type { AnswerFacts } from './answer-facts.ts'

/** The beginning of every answer, and what is needed to judge the rest. */
export interface AnswerHead {
  readonly status: number
  readonly headers: AnswerHeaders
  /** The model as the client named it. */
  readonly modelName: string
  readonly redact: (text: string) => string
}

/** Is told what a reader finds out, in this order: `accepted`, then `bytes`; `refused` instead or after them. */
export interface AnswerOutput {
  /** The beginning says images: the client can have its status. */
  accepted(): void
  /** Bytes for the client, in order. */
  bytes(chunk: Buffer): void
  /** The answer has said that it is complete; what the connection does is of no interest any more. */
  finished(): void
  /** The answer is a failure, and nothing more of it is wanted. */
  refused(error: GatewayError): void
}

/** Takes an answer's bytes; `write` says false when it wants no more for now. */
export interface AnswerSink {
  write(chunk: Buffer): boolean
  /** The answer is complete. */
  end(): void
  /** The answer broke off: the client must not take what it has for the whole. */
  abort(): void
}

/** Reads an answer as it arrives, in whatever chunks: judges it, counts what is in it, hands on what the client gets. */
export interface AnswerReader {
  write(chunk: Buffer): void
  /** The connection says that the answer is complete. */
  end(): void
  /** The connection broke. True where the answer's meaning is known all the same; `refused` has then been called. */
  broke(): boolean
  readonly facts: AnswerFacts | undefined
  /** Something may be put between what has been handed on and what comes next. */
  readonly isBetweenEvents: boolean
  /**
   * What makes a failure that the client understands out of what it has so far. Undefined where nothing can: then its
   * connection must be cut, so that half an image is never taken for a whole one.
   */
  lastWords(error: GatewayError): Buffer | undefined
}

/** An error as an event: both SDKs raise an API error at it (openai-node, core/streaming.ts; openai-python, _streaming.py). */
export function errorEvent(error: GatewayError): Buffer {
  return Buffer.from(`event: error\ndata: ${JSON.stringify(error.toBody())}\n\n`)
}
