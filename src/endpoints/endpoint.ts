import type { Operation, Parameters } from '../models/model.ts'

/** One OpenAI operation: where it is mounted and how a request to it is read. */
export interface Endpoint {
  readonly operation: Operation
  /** Path here and, with the same meaning, upstream. */
  readonly path: string
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
