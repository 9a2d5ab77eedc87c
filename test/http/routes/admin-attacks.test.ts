import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BOB, teamGateway } from './team-gateway.ts'
import type { Answer, TeamGateway } from './team-gateway.ts'

let team: TeamGateway
let alice: string
beforeAll(async () => {
  team = await teamGateway({ AUTH_FAILURES_PER_MINUTE: '1000' })
  alice = await team.key({ name: 'alice', note: 'as it was' })
})
afterAll(() => team.close())

const ROUTES = [
  ['POST', '/gateway/keys', { name: 'eve' }],
  ['GET', '/gateway/keys', undefined],
  ['GET', '/gateway/keys/alice', undefined],
  ['PATCH', '/gateway/keys/alice', { note: 'pwned' }],
  ['POST', '/gateway/keys/alice/rotate', {}],
  ['POST', '/gateway/keys/alice/revoke', {}],
  ['GET', '/gateway/usage', undefined],
  ['GET', '/gateway/generations', undefined],
  ['HEAD', '/gateway/keys', undefined],
] as const

describe.each(ROUTES)('%s %s', (method, path, body) => {
  it('is for the administrator only, before anything is read', async () => {
    const statuses: number[] = []
    for (const key of [alice, BOB, undefined, 'admin-key-0123456789abcdeX', ''])
      statuses.push((await team.as(key, method, path, body)).status)
    expect(statuses).toEqual([403, 403, 401, 401, 401])
    expect((await team.as(alice, method, path, method === 'GET' || method === 'HEAD' ? undefined : '{')).status).toBe(
      403,
    )
    expect((await team.admin('GET', '/gateway/keys/alice')).body).toMatchObject({ note: 'as it was', status: 'active' })
    expect((await team.admin('GET', '/gateway/keys/eve')).status).toBe(404)
  })
})

describe('guesses of ADMIN_KEY', () => {
  it('are limited per address, also where nobody needs a key', async () => {
    for (const environment of [{}, { GATEWAY_KEYS: '' }]) {
      const guarded = await teamGateway({ AUTH_FAILURES_PER_MINUTE: '3', ...environment })
      const statuses: number[] = []
      for (let guess = 0; guess < 6; guess++)
        statuses.push((await guarded.as(`guess-${guess}-0123456789abcdef`, 'GET', '/gateway/keys')).status)
      expect(statuses.slice(3)).toEqual([429, 429, 429])
      expect(statuses.slice(0, 3).every((status) => status === 401 || status === 403)).toBe(true)
      await guarded.close()
    }
  })
})

describe('other methods', () => {
  it('are answered as such', async () => {
    expect((await team.admin('HEAD', '/gateway/keys')).status).toBe(200)
    const options = await team.admin('OPTIONS', '/gateway/keys')
    expect([options.status, options.headers.get('access-control-allow-origin')]).toEqual([405, null])
    expect(options.headers.get('allow')).toContain('POST')
    expect((await team.admin('DELETE', '/gateway/keys/alice')).status).toBe(405)
  })
})

describe('a name', () => {
  it.each([
    "x'; DROP TABLE keys; --",
    '=HYPERLINK("http://evil")',
    '\u001b[2J\u001b]0;x\u0007',
    '\u202Egnp',
    'a"} 1\ncomet_requests_total{x="',
    '../admin',
    'two words',
    '',
    'x'.repeat(65),
    'admin',
    'anonymous',
    'none',
    'älice',
  ])('%j is refused', async (name) => {
    const answer = await team.admin('POST', '/gateway/keys', { name })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ error: { code: 'invalid_value', param: 'name' } })
    const inPath = await team.admin('GET', `/gateway/keys/${encodeURIComponent(name || ' ')}`)
    expect([404, 414]).toContain(inPath.status)
    expect(inPath.text).not.toContain('DROP')
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '-h', '@SUM'])(
    '%s is one like any other',
    async (name) => {
      const secret = await team.key({ name })
      expect((await team.admin('GET', `/gateway/keys/${encodeURIComponent(name)}`)).body).toMatchObject({ name })
      const bought = await team.as(secret, 'POST', '/v1/images/generations', { model: 'gpt-image-2', prompt: 'a' })
      expect(bought.status).toBe(200)
      expect((await team.as(secret, 'GET', '/gateway/me')).body).toMatchObject({ name, status: 'active' })
      const usage = await team.admin('GET', `/gateway/usage?key=${encodeURIComponent(name)}`)
      expect(usage.body).toMatchObject({ data: [{ group: name, generations: 1 }] })
    },
  )
})

describe('a note', () => {
  it.each(['=1+1', "Robert'); DROP TABLE keys;--", '<script>alert(1)</script>', '日本 🖼️'.replace('\uFE0F', '')])(
    '%s stays the text that it is',
    async (note) => {
      expect((await team.admin('PATCH', '/gateway/keys/alice', { note })).body).toMatchObject({ note })
      await team.admin('PATCH', '/gateway/keys/alice', { note: 'as it was' })
    },
  )

  it.each(['\u001b[31mred', 'two\nlines', '\u202Eevil', 'x'.repeat(501), '\u0000'])('%j is refused', async (note) => {
    const answer = await team.admin('PATCH', '/gateway/keys/alice', { note })
    expect(answer.body).toMatchObject({ error: { code: 'invalid_value', param: 'note' } })
  })
})

describe('a body', () => {
  const refused = async (body: unknown): Promise<Answer> => team.admin('POST', '/gateway/keys', body)

  it.each([
    [{}, 'missing_required_parameter', 'name'],
    [{ name: 7 }, 'invalid_type', 'name'],
    [{ name: ['eve'] }, 'invalid_type', 'name'],
    [{ name: 'eve', rpm: 5 }, 'unknown_parameter', 'rpm'],
    [{ name: 'eve', id: 1 }, 'unknown_parameter', 'id'],
    [{ name: 'eve', constructor: 1 }, 'unknown_parameter', 'constructor'],
    ['{"name": "eve", "__proto__": {"disabled": false}}', 'unknown_parameter', '__proto__'],
    ['{"name": "eve", "budget": {"usd": 1, "period": "day", "x\u001b[2J": 1}}', 'invalid_json', null],
    [{ name: 'eve', 'x\u001b[2J': 1 }, 'invalid_json', null],
    [{ name: 'eve', 'x\u009b2J': 1 }, 'unknown_parameter', 'x?2J'],
    [{ name: 'eve', models: [] }, 'invalid_value', 'models'],
    [{ name: 'eve', models: ['a b'] }, 'invalid_value', 'models.0'],
    [{ name: 'eve', models: Array.from({ length: 101 }, () => 'a') }, 'invalid_value', 'models'],
    [{ name: 'eve', requests_per_minute: 0 }, 'invalid_value', 'requests_per_minute'],
    [{ name: 'eve', requests_per_minute: 1.5 }, 'invalid_type', 'requests_per_minute'],
    [{ name: 'eve', requests_per_minute: '5' }, 'invalid_type', 'requests_per_minute'],
    [{ name: 'eve', requests_per_minute: 1e7 }, 'invalid_value', 'requests_per_minute'],
    [{ name: 'eve', budget: { usd: -1, period: 'day' } }, 'invalid_value', 'budget.usd'],
    [{ name: 'eve', budget: { usd: 0.0000001, period: 'day' } }, 'invalid_value', 'budget.usd'],
    ['{"name": "eve", "budget": {"usd": 1e999, "period": "day"}}', 'invalid_type', 'budget.usd'],
    [{ name: 'eve', budget: { usd: 1_000_001, period: 'day' } }, 'invalid_value', 'budget.usd'],
    [{ name: 'eve', budget: { usd: 1, period: 'year' } }, 'invalid_value', 'budget.period'],
    [{ name: 'eve', budget: { usd: 1 } }, 'missing_required_parameter', 'budget.period'],
    [{ name: 'eve', budget: 5 }, 'invalid_type', 'budget'],
    [{ name: 'eve', expires_at: '2026-02-31' }, 'invalid_value', 'expires_at'],
    [{ name: 'eve', expires_at: '2026-12-01T10:00' }, 'invalid_value', 'expires_at'],
    [{ name: 'eve', expires_at: 1_900_000_000 }, 'invalid_type', 'expires_at'],
    [{ name: 'eve', disabled: 'no' }, 'invalid_type', 'disabled'],
    ['{"name": "eve", "name": "mallory"}', 'invalid_json', null],
    ['[]', 'invalid_json', null],
    ['{"name": "eve"', 'invalid_json', null],
    ['', 'invalid_json', null],
  ])('%j is refused, and makes no key', async (body, code, param) => {
    const answer = await refused(body)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ error: { code, param } })
    expect((await team.admin('GET', '/gateway/keys/eve')).status).toBe(404)
  })

  it('has all its problems told at once, but no thousands of them', async () => {
    const { body } = await refused({ name: 'eve', note: 5, disabled: 1, foo: 1 })
    const { issues } = body['error'] as { issues: { param: string }[] }
    expect(issues.map(({ param }) => param)).toEqual(['note', 'disabled', 'foo'])
    const many = await refused({ name: 'eve', models: Array.from({ length: 5000 }, () => 1) })
    expect(many.text.length).toBeLessThan(5000)
  })

  it('of another type, or larger than the gateway takes, is refused', async () => {
    const { url } = team.gateway
    const headers = { authorization: 'Bearer admin-key-0123456789abcdef', 'content-type': 'text/plain' }
    expect((await fetch(`${url}/gateway/keys`, { method: 'POST', headers, body: '{"name":"eve"}' })).status).toBe(415)
  })
})

describe('a query', () => {
  it.each([
    '/gateway/keys?limit=0',
    '/gateway/keys?limit=1001',
    '/gateway/keys?limit=1e2',
    '/gateway/keys?limit=5&limit=6',
    '/gateway/keys?revoked=yes',
    '/gateway/keys?__proto__=1',
    '/gateway/keys?foo=1',
    '/gateway/keys/alice?foo=1',
    '/gateway/usage?by=note',
    '/gateway/usage?by=key;drop',
    '/gateway/usage?since=yesterday',
    '/gateway/usage?since=2026-02-31',
    '/gateway/usage?since=0d',
    '/gateway/usage?after=nobody',
    '/gateway/usage?key=a&key=b',
    '/gateway/generations?before=x',
    '/gateway/generations?before=99999999999999999999',
    '/gateway/generations?limit=-1',
    '/gateway/generations?failed',
  ])('%s is refused', async (path) => {
    const answer = await team.admin('GET', path)
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ error: { type: 'invalid_request_error' } })
  })

  it.each(["' OR 1=1 --", '*', '%', '__proto__x'])('key=%s finds nothing', async (key) => {
    for (const route of ['usage', 'generations'])
      expect((await team.admin('GET', `/gateway/${route}?key=${encodeURIComponent(key)}`)).body).toMatchObject({
        data: [],
      })
  })
})

describe('a database that another program holds', () => {
  it('is a 503 that may be tried again, and says nothing of the machine', async () => {
    const other = new DatabaseSync(join(team.directory, 'gateway.db'))
    other.exec('BEGIN IMMEDIATE')
    const answer = await team.admin('POST', '/gateway/keys', { name: 'late' })
    other.exec('ROLLBACK')
    other.close()
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5'])
    expect(answer.body).toMatchObject({ error: { code: 'storage_unavailable' } })
    expect(answer.text).not.toContain(team.directory)
    expect((await team.admin('POST', '/gateway/keys', { name: 'late' })).status).toBe(201)
  })
})

describe('orders for one name at the same moment', () => {
  it('make one key', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => team.admin('POST', '/gateway/keys', { name: 'race' })),
    )
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201,
      ...Array.from({ length: 19 }, () => 409),
    ])
  })
})
