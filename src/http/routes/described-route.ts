import type { z } from 'zod'

/** What a route takes and answers: what it checks by, and what the OpenAPI document is made of. */
export interface RouteDescription {
  readonly method: 'GET' | 'POST' | 'PATCH'
  /** As Fastify writes it: `/gateway/keys/:name`. */
  readonly path: string
  /** Also the metrics label of the route, with `gateway.` before it. */
  readonly operationId: string
  readonly summary: string
  /** Who may call it. */
  readonly for: 'anyone' | 'callers' | 'administrators'
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  readonly status: 200 | 201
  readonly answer: z.ZodType
  /** Where the answer is not JSON. */
  readonly contentType?: string
}
