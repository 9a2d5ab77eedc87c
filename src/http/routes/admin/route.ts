import type { z } from 'zod'
import type { AdminDatabase } from '../../../access/admin-database.ts'
import type { RouteDescription } from '../described-route.ts'

/** A request to the admin API, checked. */
export interface AdminRequest<Q, B> {
  readonly query: Q
  readonly body: B
  /** The key in the path; empty for a route without one. */
  readonly name: string
  readonly now: number
}

export interface AdminRoute extends RouteDescription {
  readonly handle: (database: AdminDatabase, request: AdminRequest<never, never>) => Promise<unknown>
}

type Anything = z.ZodObject

/** One route of the admin API; its schemas are the types of its input and its answer. */
export function adminRoute<Q extends Anything, B extends Anything, A extends z.ZodType>(
  route: Omit<RouteDescription, 'query' | 'body' | 'answer' | 'for'> & {
    readonly query?: Q
    readonly body?: B
    readonly answer: A
    readonly handle: (database: AdminDatabase, request: AdminRequest<z.output<Q>, z.output<B>>) => Promise<z.output<A>>
  },
): AdminRoute {
  return { ...route, for: 'administrators' }
}
