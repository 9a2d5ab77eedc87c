import fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { ADMIN } from '../../../src/access/keys/keyring.ts'
import { Origins } from '../../../src/access/origins.ts'
import { VirtualKeys } from '../../../src/access/keys/virtual-keys.ts'
import { StoreError } from '../../../src/errors/store-error.ts'
import { Exchange } from '../../../src/gateway/exchange.ts'
import { errors } from '../../../src/http/plugins/errors.ts'
import { adminRoutes } from '../../../src/http/routes/admin/admin.ts'
import { meRoute } from '../../../src/http/routes/me.ts'
import type { FastifyInstance } from 'fastify'
import type { FailedAuthentications } from '../../../src/http/plugins/failed-authentications.ts'
import type { AdminDatabase } from '../../../src/access/admin-database.ts'
import type { Caller } from '../../../src/access/keys/keyring.ts'
import type { StoreProblem } from '../../../src/errors/store-error.ts'

const ALICE = { name: 'alice', key: { id: 1, name: 'alice' } } as Caller

/** A server whose database fails at everything. */
async function brokenServer(
  problem: StoreProblem,
  caller: Caller,
): Promise<{ app: FastifyInstance; defects: unknown[] }> {
  const fail = (): never => {
    throw new StoreError(problem, '/secret/path/gateway.db cannot be used')
  }
  const defects: unknown[] = []
  const app = fastify()
  app.decorateRequest('exchange')
  app.addHook('onRequest', function openExchange(request, _reply, next) {
    request.exchange = new Exchange('other', request.raw.socket)
    request.exchange.caller = caller
    next()
  })
  await app.register(errors, { origins: new Origins([]), onDefect: (error) => defects.push(error) })
  const keys = { list: fail, find: fail, hasKeys: fail } as unknown as AdminDatabase['keys']
  const ledger = { accountOf: fail }
  const database = { keys, ledger } as unknown as AdminDatabase
  adminRoutes(app, { database, hasAdminKey: true, failures: {} as FailedAuthentications })
  meRoute(app, { ledger, limits: { stateOf: fail }, requestsPerMinute: 0 })
  const virtualKeys = new VirtualKeys(keys)
  app.get('/looked-up', { onRequest: async () => void (await virtualKeys.haveBeenIssued()) }, () => 'never')
  return { app, defects }
}

describe('a database that fails', () => {
  it.each([
    ['at the lookup of a key', '/looked-up', ALICE],
    ["at a key's own account", '/gateway/me', ALICE],
    ['in the admin API', '/gateway/keys', ADMIN],
  ])('%s is a 503 that may be tried again, without a word about this machine', async (_where, url, caller) => {
    const { app, defects } = await brokenServer('unavailable', caller)
    const { statusCode, headers, body } = await app.inject({ url })
    expect([statusCode, headers['retry-after']]).toEqual([503, '5'])
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'storage_unavailable' } })
    expect(body).not.toContain('secret')
    expect(defects).toEqual([])
  })

  it('says so where its disk is full', async () => {
    const { app } = await brokenServer('full', ADMIN)
    const { statusCode, body } = await app.inject({ url: '/gateway/keys' })
    expect(statusCode).toBe(503)
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'storage_full' } })
  })
})
