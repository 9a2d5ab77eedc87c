import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { rawRequest } from '../../helpers/raw-http.ts'
import { scriptedUpstream } from '../../helpers/upstream.ts'
import { GatewayError } from '../../../src/errors/gateway-error.ts'
import { Keyring } from '../../../src/access/keys/keyring.ts'
import { newKeySecret } from '../../../src/access/keys/key-secret.ts'
import { authenticator } from '../../../src/http/plugins/authenticate.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorBody } from '../../../src/errors/gateway-error.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

const ALICE = 'sk-gw-alice-0123456789'
const ADMIN = 'admin-key-0123456789abcdef'
const order = { model: 'gpt-image-2', prompt: 'a' }

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
})
afterAll(() => upstream.close())

describe('a gateway with keys', () => {
  beforeEach(async () => {
    gateway = await startGateway(upstream.url, {
      GATEWAY_KEYS: `alice=${ALICE}`,
      ADMIN_KEY: ADMIN,
      AUTH_FAILURES_PER_MINUTE: '3',
    })
    return () => gateway.close()
  })

  it('serves the holder of a key, under its name', async () => {
    const response = await gateway.post(order, { authorization: `Bearer ${ALICE}` })
    expect(response.status).toBe(200)
    expect(await gateway.logOf(response)).toMatchObject({ key: 'alice' })
  })

  it('refuses a request without a key before it looks at the body', async () => {
    const response = await gateway.post('not json')
    expect(response.status).toBe(401)
    expect(((await response.json()) as ErrorBody).error).toMatchObject({ code: 'invalid_api_key', param: null })
  })

  it.each([
    `bearer ${ALICE}x`,
    `Bearer ${ALICE.slice(0, -1)}`,
    `Bearer ${ALICE.toUpperCase()}`,
    `Basic ${ALICE}`,
    ALICE,
    'Bearer',
    `Bearer  ${ALICE} x`,
  ])('refuses the authorization %s', async (authorization) => {
    expect((await gateway.post(order, { authorization })).status).toBe(401)
  })

  it('refuses an address that failed too often, whatever it sends then: a right guess looks like a wrong one', async () => {
    const statuses: number[] = []
    for (let tries = 0; tries < 5; tries++)
      statuses.push((await gateway.post(order, { authorization: `Bearer guess-${tries}` })).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429])
    const refused = await gateway.post(order)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const bodies = new Set<string>()
    for (const key of [ALICE, ADMIN, 'guess-5']) {
      for (const path of ['/v1/models', '/gateway/keys', '/gateway/me', '/v1/images/generations']) {
        const authorization = `Bearer ${key}`
        const answer = path.endsWith('generations')
          ? await gateway.post(order, { authorization })
          : await gateway.get(path, { authorization })
        expect([path, answer.status]).toEqual([path, 429])
        bodies.add((await answer.text()).replace(/\d+ s/, 'N s'))
      }
    }
    expect(bodies.size).toBe(1)
  })

  it('guards the list of models and the check too', async () => {
    expect((await gateway.get('/v1/models')).status).toBe(401)
    expect((await gateway.post(order, {}, '/gateway/check')).status).toBe(401)
    expect((await gateway.get('/gateway/models', { authorization: `Bearer ${ADMIN}` })).status).toBe(200)
  })
})

describe('a gateway without keys on loopback', () => {
  beforeAll(async () => {
    gateway = await startGateway(upstream.url)
    return () => gateway.close()
  })

  it('serves anyone on this machine, whatever key their SDK sends', async () => {
    expect((await gateway.post(order, { authorization: 'Bearer sk-anything' })).status).toBe(200)
  })

  it('refuses a page that had its own name point to 127.0.0.1 (DNS rebinding)', async () => {
    const body = JSON.stringify(order)
    const head = `POST /v1/images/generations HTTP/1.1\r\nhost: evil.example\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`
    const text = await rawRequest(gateway.url, head + body)
    expect(text).toMatch(/^HTTP\/1\.1 403 /)
    expect(text).toContain('host_not_allowed')
    expect(text).toContain("names the host '")
  })

  it.each(['localhost:1', '127.0.0.1', '[::1]:8080', 'app.localhost'])('answers to the local name %s', async (host) => {
    const text = await rawRequest(gateway.url, `GET /v1/models HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
  })
})

describe('an address that failed too often', () => {
  it('is refused before its key is looked up', async () => {
    const limited = new GatewayError('rate_limit_exceeded', 'too many')
    const lookedUp: string[] = []
    const authenticate = authenticator({
      keyring: new Keyring([{ name: 'alice', key: ALICE }], ADMIN),
      virtualKeys: {
        authenticate: async (token) => {
          lookedUp.push(token)
          return 'unknown'
        },
        haveBeenIssued: async () => true,
      },
      loopbackOnly: true,
      sandbox: false,
      failures: { refusalOf: async () => limited, count: async () => limited },
    })
    const headers = { authorization: `Bearer ${newKeySecret()}` }
    const request = { headers, exchange: {} } as unknown as FastifyRequest
    expect(await new Promise((done) => authenticate(request, {} as FastifyReply, done))).toBe(limited)
    expect(lookedUp).toEqual([])
  })

  it('is served on loopback where nobody needs a key, but not as the administrator', async () => {
    const open = await startGateway(upstream.url, { ADMIN_KEY: ADMIN, AUTH_FAILURES_PER_MINUTE: '1' })
    expect((await open.get('/gateway/keys', { authorization: 'Bearer a-guess' })).status).toBe(403)
    expect((await open.get('/gateway/keys', { authorization: `Bearer ${ADMIN}` })).status).toBe(429)
    expect((await open.post(order, { authorization: 'Bearer not-needed' })).status).toBe(200)
    await open.close()
  })
})

describe('/metrics', () => {
  it('is open on loopback, and asks for METRICS_TOKEN where that is set', async () => {
    const guarded = await startGateway(upstream.url, { METRICS_TOKEN: 'metrics-token-0123456789' })
    expect((await guarded.get('/metrics')).status).toBe(401)
    expect((await guarded.get('/metrics', { authorization: 'Bearer wrong' })).status).toBe(403)
    expect((await guarded.get('/metrics', { authorization: 'Bearer metrics-token-0123456789' })).status).toBe(200)
    await guarded.close()
  })

  it('counts wrong tokens with all other failures of the address, and refuses the right one after them', async () => {
    const TOKEN = 'metrics-token-0123456789'
    const guarded = await startGateway(upstream.url, {
      METRICS_TOKEN: TOKEN,
      GATEWAY_KEYS: `alice=${ALICE}`,
      AUTH_FAILURES_PER_MINUTE: '3',
    })
    const ask = async (token: string): Promise<number> =>
      (await guarded.get('/metrics', { authorization: `Bearer ${token}` })).status
    expect([await ask('a'), await ask('b'), await ask(TOKEN)]).toEqual([403, 403, 200])
    expect((await guarded.get('/v1/models')).status).toBe(401)
    expect([await ask(TOKEN), await ask('c')]).toEqual([429, 429])
    await guarded.close()
  })

  it('is closed to a page that had its own name point to 127.0.0.1, also where there are keys', async () => {
    const keyed = await startGateway(upstream.url, { GATEWAY_KEYS: `alice=${ALICE}` })
    const text = await rawRequest(keyed.url, 'GET /metrics HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n')
    expect(text).toMatch(/^HTTP\/1\.1 403 /)
    await keyed.close()
  })

  it('is closed on an exposed gateway, but for the admin key', async () => {
    const exposed = await startGateway(upstream.url, {
      HOST: '0.0.0.0',
      GATEWAY_KEYS: `alice=${ALICE}`,
      ADMIN_KEY: ADMIN,
    })
    expect((await exposed.get('/metrics', { authorization: `Bearer ${ALICE}` })).status).toBe(403)
    expect((await exposed.get('/metrics', { authorization: `Bearer ${ADMIN}` })).status).toBe(200)
    await exposed.close()
  })
})
