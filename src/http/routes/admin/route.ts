import type { z } from 'zod'
import type { KeyStore } from '../../../access/keys/virtual-key.ts'
import type { VirtualKeys } from '../../../access/keys/virtual-keys.ts'
import type { Books } from '../../../accounting/ledger-writer.ts'
import type { Reports } from '../../../accounting/reports.ts'
import type { RouteDescription } from '../described-route.ts'

/** What the administrator's verbs work on. */
export interface AdminDatabase {
  readonly keys: KeyStore
  readonly virtualKeys: Pick<VirtualKeys, 'create' | 'rotate'>
  readonly reports: Reports
  readonly books: Pick<Books, 'accountOf'>
  /** Names of GATEWAY_KEYS: the books go by names, so that no virtual key may have one of them. */
  readonly takenNames: readonly string[]
}

/** A request to the admin API, checked. */
export interface AdminRequest<Q, B> {
  readonly query: Q
  readonly body: B
  /** Of the key in the path; empty where there is none. */
  readonly name: string
  readonly now: number
}

export interface AdminRoute extends RouteDescription {
  readonly handle: (database: AdminDatabase, request: AdminRequest<never, never>) => Promise<unknown>
}

type Anything = z.ZodObject

/** One verb of the admin API; its schemas are the types of what it is given and answers. */
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
