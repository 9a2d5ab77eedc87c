import { KEY_NAME } from '../../../access/keys/key-name.ts'
import { GatewayError } from '../../../errors/gateway-error.ts'
import { ADMIN, ANONYMOUS } from '../../../access/keys/keyring.ts'
import { KeyError } from '../../../access/keys/virtual-key.ts'
import { KEY_ROUTES } from './keys.ts'
import { REPORT_ROUTES } from './reports.ts'
import { readBody, readQuery } from '../read-input.ts'
import { z } from 'zod'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorCode } from '../../../errors/gateway-error.ts'
import type { FailedAuthentications } from '../../plugins/failed-authentications.ts'
import type { AdminDatabase } from '../../../access/admin-database.ts'
import type { AdminRoute } from './route.ts'

export interface AdminOptions {
  /** Undefined where the gateway runs without one. */
  readonly database: AdminDatabase | undefined
  /** Whether there is an ADMIN_KEY; without one nobody may call these routes. */
  readonly hasAdminKey: boolean
  /** A wrong ADMIN_KEY is counted only here, where the gateway asks nobody else for a key. */
  readonly failures: FailedAuthentications
  readonly now?: () => number
}

/** Every route of the admin API: it is registered from here, and listed in the OpenAPI document from here. */
export const ADMIN_ROUTES: readonly AdminRoute[] = [...KEY_ROUTES, ...REPORT_ROUTES]

const KEY_ERRORS: Readonly<Record<KeyError['code'], ErrorCode>> = {
  no_such_key: 'no_such_key',
  key_is_revoked: 'key_is_revoked',
  name_taken: 'name_taken',
  invalid_settings: 'invalid_value',
}
const NOTHING = z.strictObject({})

/** The command's verbs for keys, usage and generations, for the holder of ADMIN_KEY. */
export function adminRoutes(app: FastifyInstance, options: AdminOptions): void {
  void app.register((scope: FastifyInstance, _options: object, done: () => void) => {
    scope.addHook('onRequest', administratorsOnly(options))
    scope.setErrorHandler((error) => {
      throw translated(error)
    })
    for (const route of ADMIN_ROUTES) register(scope, route, options)
    done()
  })
}

function register(scope: FastifyInstance, route: AdminRoute, { database, now = Date.now }: AdminOptions): void {
  const { method, path: url, operationId, query = NOTHING, body = NOTHING, status, handle } = route
  scope.route<{ Params: { name?: string } }>({
    method,
    url,
    config: { endpoint: `gateway.${operationId}` },
    handler: async (request, reply) => {
      if (database === undefined) throw databaseOff()
      const input = {
        query: readQuery(query, request.query) as never,
        body: (method === 'GET' ? {} : readBody(body, request.body)) as never,
        name: nameOf(request.params.name),
        now: now(),
      }
      const answer = await handle(database, input)
      if (status === 201) reply.header('location', `/gateway/keys/${encodeURIComponent(createdName(answer))}`)
      return reply.code(status).send(answer)
    },
  })
}

/** The 501 of routes that need the database. */
function databaseOff(): GatewayError {
  const message = 'This gateway runs without a database (DATABASE=false): it has no virtual keys and no ledger.'
  return new GatewayError('database_off', message)
}

/** An onRequest hook, after the one that finds the caller. Caches must keep nothing that it lets pass. */
function administratorsOnly({ hasAdminKey, failures }: AdminOptions) {
  return async function refuseOthers(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    reply.header('cache-control', 'no-store')
    const { caller } = request.exchange
    if (caller === ADMIN) return
    const message = hasAdminKey ? 'This route is for the holder of ADMIN_KEY.' : 'ADMIN_KEY is not set on this gateway.'
    const flood = caller === ANONYMOUS ? await failures.count(request) : undefined
    throw flood ?? new GatewayError('forbidden', message)
  }
}

/** The name in the path. Text that cannot be a key's name is not repeated in the error, since it may be anything. */
function nameOf(text: string | undefined): string {
  if (text === undefined || KEY_NAME.test(text)) return text ?? ''
  throw new GatewayError('no_such_key', 'There is no key of this name.')
}

function createdName(answer: unknown): string {
  return typeof answer === 'object' && answer !== null && 'name' in answer ? String(answer.name) : ''
}

function translated(error: unknown): unknown {
  return error instanceof KeyError ? new GatewayError(KEY_ERRORS[error.code], sentence(error.message)) : error
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}
