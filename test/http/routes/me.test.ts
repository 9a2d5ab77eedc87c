import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { meAnswer } from '../../../src/http/routes/admin/answers.ts'
import { eventually } from '../../helpers/eventually.ts'
import { startGateway } from '../../helpers/gateway.ts'
import { answerJson, imageAnswer } from '../../helpers/upstream.ts'
import { ADMIN_KEY, BOB, teamGateway } from './team-gateway.ts'
import type { TeamGateway } from './team-gateway.ts'

let team: TeamGateway
beforeEach(async () => {
  team = await teamGateway({ RATE_LIMIT_RPM: '50' })
})
afterEach(() => team.close())

const order = { model: 'gpt-image-2', prompt: 'a', size: '1024x1024', quality: 'low' }
const me = async (key: string) => meAnswer.parse((await team.as(key, 'GET', '/gateway/me')).body)

describe('GET /gateway/me', () => {
  it('tells the holder of a key its limits, what was spent, what is left, and when it resets', async () => {
    const key = await team.key({
      name: 'alice',
      note: 'the administrator’s own words',
      budget: { usd: 1, period: 'month' },
      requests_per_minute: 10,
      images_per_minute: 20,
      max_in_flight: 2,
    })
    await team.as(key, 'POST', '/v1/images/generations', order)
    const cost = (16 * 5 + 208 * 30) / 1e6
    await eventually('it is booked', async () => (await me(key)).spent_usd === cost)
    const answer = await me(key)
    expect(answer).toMatchObject({
      kind: 'virtual_key',
      name: 'alice',
      status: 'active',
      budget: { usd: 1, period: 'month' },
      held_usd: 0,
      left_usd: 1 - cost,
      in_flight: 0,
      max_in_flight: 2,
      rate_limits: { requests: { limit: 10, remaining: 9 }, images: { limit: 20, remaining: 19 } },
    })
    const now = new Date()
    expect(answer.resets_at).toBe(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString())
    expect(JSON.stringify(answer)).not.toContain('own words')
  })

  it('tells what is held and in flight', async () => {
    const key = await team.key({ name: 'alice', budget: { usd: 1, period: 'total' } })
    let finish = (): void => {}
    team.upstream.script = async (response, request) => {
      await new Promise<void>((resolve) => (finish = resolve))
      await answerJson(imageAnswer())(response, request)
    }
    const bought = team.as(key, 'POST', '/v1/images/generations', order)
    await eventually('it is under way', async () => (await me(key)).in_flight === 1)
    const { held_usd: held, left_usd: left, resets_at: resets } = await me(key)
    expect(held).toBeGreaterThan(0)
    expect([(held ?? 0) + (left ?? 0), resets]).toEqual([1, null])
    finish()
    await bought
  })

  it('tells everybody else what applies to them', async () => {
    expect(await me(BOB)).toMatchObject({ kind: 'gateway_key', name: 'bob', requests_per_minute: 50, budget: null })
    expect(await me(ADMIN_KEY)).toMatchObject({ kind: 'admin', name: 'admin' })
    expect((await team.as(undefined, 'GET', '/gateway/me')).status).toBe(401)
  })

  it('answers without a database too, where the admin API says that it is off', async () => {
    const bare = await startGateway(team.upstream.url, { DATABASE: 'false', ADMIN_KEY })
    const authorization = { authorization: `Bearer ${ADMIN_KEY}` }
    expect(meAnswer.parse(await (await bare.get('/gateway/me')).json())).toMatchObject({ kind: 'anonymous' })
    for (const path of ['/gateway/keys', '/gateway/keys/alice', '/gateway/usage', '/gateway/generations']) {
      const answer = await bare.get(path, authorization)
      expect(answer.status).toBe(501)
      expect(await answer.json()).toMatchObject({ error: { code: 'database_off' } })
      expect((await bare.get(path)).status).toBe(403)
    }
    await bare.close()
  })
})

describe('limits of a key', () => {
  it('per minute are kept and told, the larger one at once', async () => {
    const key = await team.key({ name: 'alice', requests_per_minute: 2, images_per_minute: 3 })
    const buy = async (n: number) => team.as(key, 'POST', '/v1/images/generations', { ...order, n })
    const never = await buy(4)
    expect([never.status, never.headers.get('x-should-retry')]).toEqual([400, 'false'])
    expect(never.body).toMatchObject({ error: { code: 'request_exceeds_limit', param: 'n' } })
    const first = await buy(2)
    expect(first.headers.get('x-ratelimit-remaining-images')).toBe('1')
    const refused = await buy(2)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
    expect(refused.body).toMatchObject({ error: { message: expect.stringContaining('images per minute') as unknown } })
    expect((await buy(1)).headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect((await buy(1)).body).toMatchObject({
      error: { message: expect.stringContaining('2 requests per') as unknown },
    })
    expect(team.upstream.received).toHaveLength(2)
  })

  it('are not used up by what its budget refuses, and a whole budget that is too small is a 400', async () => {
    const key = await team.key({ name: 'alice', images_per_minute: 5, budget: { usd: 0.01, period: 'day' } })
    for (let tries = 0; tries < 8; tries++) {
      const refused = await team.as(key, 'POST', '/v1/images/generations', { ...order, n: 5 })
      expect(refused.body).toMatchObject({ error: { code: 'request_exceeds_limit' } })
      expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([400, 'false'])
    }
    expect((await me(key)).rate_limits.images).toMatchObject({ remaining: 5 })
    expect(team.upstream.received).toHaveLength(0)
  })
})
