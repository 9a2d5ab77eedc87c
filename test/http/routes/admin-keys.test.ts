import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { issuedKeyAnswer, keyAnswer, keysAnswer } from '../../../src/http/routes/admin/answers.ts'
import { ADMIN_KEY, teamGateway } from './team-gateway.ts'
import type { Answer, TeamGateway } from './team-gateway.ts'

const order = { model: 'gpt-image-2', prompt: 'a', size: '1024x1024', quality: 'low' }
let team: TeamGateway
beforeEach(async () => {
  team = await teamGateway()
})
afterEach(() => team.close())

const show = async (name: string): Promise<Answer> => team.admin('GET', `/gateway/keys/${name}`)
const buy = async (secret: string): Promise<number> =>
  (await team.as(secret, 'POST', '/v1/images/generations', order)).status

describe('a key that is made', () => {
  it('is answered with all its settings and its secret, which works', async () => {
    const answer = await team.admin('POST', '/gateway/keys', {
      name: 'alice',
      note: 'design team',
      models: ['gpt-image-*'],
      requests_per_minute: 30,
      images_per_minute: 60,
      max_in_flight: 4,
      budget: { usd: 25.1, period: 'month' },
      max_cost_usd: 0.1,
      expires_at: '2099-12-31T12:00:00+02:00',
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('location')).toBe('/gateway/keys/alice')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(issuedKeyAnswer.parse(answer.body)).toMatchObject({
      name: 'alice',
      status: 'active',
      note: 'design team',
      models: ['gpt-image-*'],
      requests_per_minute: 30,
      images_per_minute: 60,
      max_in_flight: 4,
      budget: { usd: 25.1, period: 'month' },
      max_cost_usd: 0.1,
      spent_usd: 0,
      left_usd: 25.1,
      in_flight: 0,
      expires_at: '2099-12-31T10:00:00.000Z',
      disabled: false,
    })
    expect(await buy(String(answer.body['secret']))).toBe(200)
  })

  it('may do everything that was not said, null included', async () => {
    const limits = {
      requests_per_minute: null,
      max_in_flight: null,
      budget: null,
      max_cost_usd: null,
      expires_at: null,
    }
    const { body } = await team.admin('POST', '/gateway/keys', { name: 'carol', ...limits })
    expect(body).toMatchObject({ models: ['*'], images_per_minute: null, ...limits, resets_at: null, left_usd: null })
  })

  it('has defaults, as JSON of any simple type, until null takes them away', async () => {
    const defaults = { quality: 'low', n: 2 }
    const made = await team.admin('POST', '/gateway/keys', { name: 'dora', defaults })
    expect([made.status, made.body['defaults']]).toEqual([201, { quality: 'low', n: '2' }])
    const secret = String(made.body['secret'])
    expect((await team.as(secret, 'GET', '/gateway/me')).body['defaults']).toEqual({ quality: 'low', n: '2' })
    const update = async (changes: object): Promise<Answer> => team.admin('PATCH', '/gateway/keys/dora', changes)
    expect((await update({ note: 'x' })).body['defaults']).toEqual({ quality: 'low', n: '2' })
    expect((await update({ defaults: { size: '1024x1024' } })).body['defaults']).toEqual({ size: '1024x1024' })
    expect((await update({ defaults: null })).body['defaults']).toEqual({})
  })

  it.each([
    [{ quality: 'ultra' }, 'No model takes quality=ultra.'],
    [{ qualty: 'low' }, "Did you mean 'quality'?"],
    [{ model: 'dall-e-2' }, "'model' cannot have a default"],
    [{ quality: 'a b' }, 'must look like quality=medium'],
    [{ quality: { a: 1 } }, 'defaults.quality'],
    ['quality=low', "Invalid type for 'defaults'"],
  ])('is not made with the defaults %j', async (defaults, words) => {
    const { status, body } = await team.admin('POST', '/gateway/keys', { name: 'dora', defaults })
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining(words)])
    expect((await show('dora')).status).toBe(404)
  })

  it('has its secret in no later answer and in no log line', async () => {
    const secret = await team.key({ name: 'alice' })
    await team.as(secret, 'GET', '/gateway/me')
    const second = String((await team.admin('POST', '/gateway/keys/alice/rotate')).body['secret'])
    const later = [
      await show('alice'),
      await team.admin('GET', '/gateway/keys'),
      await team.as(second, 'GET', '/gateway/me'),
    ]
    later.push(
      await team.admin('POST', '/gateway/keys', { name: 'alice' }),
      await team.admin('POST', '/gateway/keys/alice/revoke'),
    )
    const seen = [...later.map(({ text }) => text), ...team.gateway.lines].join('\n')
    for (const one of [secret, second]) expect(seen).not.toContain(one.slice(6, 36))
    expect(seen).not.toContain(ADMIN_KEY)
    expect(JSON.stringify(later[0]?.body['secrets'])).toContain(`sk-gw-…${secret.slice(-4)}`)
  })

  it.each(['alice', 'bob'])('cannot have the name %s, which another one has', async (name) => {
    await team.key({ name: 'alice' })
    await team.admin('POST', '/gateway/keys/alice/revoke')
    const answer = await team.admin('POST', '/gateway/keys', { name })
    expect(answer.status).toBe(409)
    expect(answer.headers.get('x-should-retry')).toBe('false')
    expect(answer.body).toMatchObject({ error: { code: 'name_taken' } })
  })
})

describe('keys', () => {
  it('are listed by name, in pages, the revoked ones where asked for', async () => {
    for (const name of ['d', 'a', 'c', 'b']) await team.key({ name })
    await team.admin('POST', '/gateway/keys/b/revoke')
    const names = async (query: string): Promise<unknown> => {
      const { data, next } = keysAnswer.parse((await team.admin('GET', `/gateway/keys?${query}`)).body)
      return [data.map(({ name }) => name).join(''), next]
    }
    expect(await names('')).toEqual(['acd', null])
    expect(await names('revoked=true')).toEqual(['abcd', null])
    expect(await names('limit=2')).toEqual(['ac', 'c'])
    expect(await names('limit=2&after=c')).toEqual(['d', null])
    expect(await names('limit=2&after=b')).toEqual(['cd', null])
    expect(await names('limit=3')).toEqual(['acd', null])
  })

  it('are shown one by one, also when they are revoked', async () => {
    await team.key({ name: 'alice' })
    await team.admin('POST', '/gateway/keys/alice/revoke')
    expect(keyAnswer.parse((await show('alice')).body)).toMatchObject({ status: 'revoked' })
  })
})

describe('a change', () => {
  it('holds for the next request; null takes a limit away, and what is not named stays', async () => {
    const secret = await team.key({ name: 'alice', note: 'x', budget: { usd: 1, period: 'day' }, max_in_flight: 3 })
    const changed = await team.admin('PATCH', '/gateway/keys/alice', { budget: null, models: ['dall-e-3'] })
    expect(keyAnswer.parse(changed.body)).toMatchObject({
      budget: null,
      models: ['dall-e-3'],
      note: 'x',
      max_in_flight: 3,
    })
    expect(await buy(secret)).toBe(403)
    await team.admin('PATCH', '/gateway/keys/alice', { models: ['*'], disabled: true })
    expect(await buy(secret)).toBe(401)
    expect((await team.admin('PATCH', '/gateway/keys/alice', { disabled: false })).body).toMatchObject({
      status: 'active',
    })
    expect(await buy(secret)).toBe(200)
  })

  it('must change something, and cannot change the name', async () => {
    await team.key({ name: 'alice' })
    expect((await team.admin('PATCH', '/gateway/keys/alice', {})).status).toBe(400)
    expect((await team.admin('PATCH', '/gateway/keys/alice', { name: 'eve' })).body).toMatchObject({
      error: { code: 'unknown_parameter', param: 'name' },
    })
  })
})

describe('a rotation', () => {
  it('gives a second secret, and ends the first one after the grace period', async () => {
    const first = await team.key({ name: 'alice' })
    const rotated = await team.admin('POST', '/gateway/keys/alice/rotate', { grace: '48h' })
    const { secret: second, secrets } = issuedKeyAnswer.parse(rotated.body)
    expect(rotated.headers.get('cache-control')).toBe('no-store')
    const hours = (Date.parse(secrets[1]?.valid_until ?? '') - Date.now()) / 3_600_000
    expect([secrets.length, Math.round(hours)]).toEqual([2, 48])
    expect([await buy(first), await buy(second)]).toEqual([200, 200])
    const third = issuedKeyAnswer.parse((await team.admin('POST', '/gateway/keys/alice/rotate', { grace: '0m' })).body)
    expect([await buy(first), await buy(second), await buy(third.secret)]).toEqual([401, 401, 200])
  })
})

describe('a revoked key', () => {
  it('is refused at once and for ever', async () => {
    const secret = await team.key({ name: 'alice' })
    const revoked = await team.admin('POST', '/gateway/keys/alice/revoke')
    expect(keyAnswer.parse(revoked.body)).toMatchObject({ status: 'revoked' })
    expect(await buy(secret)).toBe(401)
    for (const [method, path, body] of [
      ['PATCH', '', { note: 'x' }],
      ['POST', '/rotate', {}],
      ['POST', '/revoke', undefined],
    ] as const) {
      const answer = await team.admin(method, `/gateway/keys/alice${path}`, body)
      expect([answer.status, answer.headers.get('x-should-retry')]).toEqual([409, 'false'])
      expect(answer.body).toMatchObject({ error: { code: 'key_is_revoked' } })
    }
  })
})
