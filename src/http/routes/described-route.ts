import type { z } from 'zod'

/** A route's input and answer: it checks by them, and the OpenAPI document is made of them. */
export interface RouteDescription {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** As Fastify writes it: `/gateway/keys/:name`. */
  readonly path: string
  /** Also the metrics label of the route, with `gateway.` before it. */
  readonly operationId: string
  readonly summary: string
  /** The callers that it is for. */
  readonly for: 'anyone' | 'callers' | 'administrators'
  /** It asks for a key only where others than this machine can reach it. */
  readonly isOpenOnLoopback?: true
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  readonly status: 200 | 201
  readonly answer: z.ZodType
  /** The type of an answer that is not JSON. */
  readonly contentType?: string
}
