import type { Operation, Parameters } from '../models/model.ts'

/** The first part of the names of a stream's events: `image_generation.completed`. */
export type EventFamily = 'image_generation' | 'image_edit'

/** One OpenAI operation: where it is mounted and how a request to it is read. */
export interface Endpoint {
  readonly operation: Operation
  /** Path here and, with the same meaning, upstream. */
  readonly path: string
  /** The family of events of a stream; undefined where there are no streams. */
  readonly events: EventFamily | undefined
  /** @throws GatewayError 400 where the body is not what this operation takes */
  readonly parse: (body: unknown) => Call
}

/** A request as its endpoint understood it. */
export interface Call {
  /** The parameters by name, as sent. */
  readonly parameters: Parameters
  /** The bytes received; what goes upstream unless a parameter was dropped or defaulted. */
  readonly body: Buffer
  readonly contentType: string
  /** The body with parameters left out and the model set. */
  readonly rewrite: (changes: { readonly drop: readonly string[]; readonly model: string }) => Buffer
}
