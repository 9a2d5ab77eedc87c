import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { scriptedUpstream } from '../../helpers/upstream.ts'
import type { ErrorBody } from '../../../src/errors/gateway-error.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

const ALICE = { authorization: 'Bearer sk-gw-alice-0123456789' }
const BOB = { authorization: 'Bearer sk-gw-bobby-0123456789' }
const order = { model: 'gpt-image-2', prompt: 'a' }

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
})
beforeEach(async () => {
  upstream.received.length = 0
  gateway = await startGateway(upstream.url, {
    GATEWAY_KEYS: 'alice=sk-gw-alice-0123456789,bob=sk-gw-bobby-0123456789',
    RATE_LIMIT_RPM: '2',
  })
  return () => gateway.close()
})
afterAll(() => upstream.close())

it('counts each key for itself and answers 429 with OpenAI’s headers', async () => {
  const first = await gateway.post(order, ALICE)
  expect(first.headers.get('x-ratelimit-limit-requests')).toBe('2')
  expect(first.headers.get('x-ratelimit-remaining-requests')).toBe('1')
  expect(first.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m0|\d+)s$/)
  await gateway.post(order, ALICE)
  const refused = await gateway.post(order, ALICE)
  expect(refused.status).toBe(429)
  expect(((await refused.json()) as ErrorBody).error).toMatchObject({
    code: 'rate_limit_exceeded',
    type: 'requests',
    param: null,
  })
  const seconds = Number(refused.headers.get('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(60)
  expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0')
  expect(upstream.received).toHaveLength(2)
  expect((await gateway.post(order, BOB)).status).toBe(200)
})

it('does not count requests that are refused, nor checks, nor lists', async () => {
  for (let tries = 0; tries < 5; tries++) {
    expect((await gateway.post({ ...order, n: 99 }, ALICE)).status).toBe(400)
    expect((await gateway.post({ ...order, model: 'flux-2-pro' }, ALICE)).status).toBe(404)
    expect((await gateway.post(order, ALICE, '/gateway/check')).status).toBe(200)
    expect((await gateway.get('/v1/models', ALICE)).status).toBe(200)
  }
  expect((await gateway.post(order, ALICE)).headers.get('x-ratelimit-remaining-requests')).toBe('1')
})
