import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { parseRaw, rawRequest } from '../../helpers/raw-http.ts'
import { scriptedUpstream } from '../../helpers/upstream.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

const SRC = join(import.meta.dirname, '../../../src')
const APP = 'https://app.example.com'
const KEY = 'sk-gw-alice-0123456789'
const ADMIN = 'admin-key-0123456789abcdef'
const order = '{"model":"gpt-image-2","prompt":"a"}'
/** A form that a page can post to any address without a preflight. */
const form = [
  ...['model', 'prompt'].map((name) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\ngpt-image-2\r\n`),
  '--x\r\ncontent-disposition: form-data; name="image"; filename="a.png"\r\ncontent-type: image/png\r\n\r\nbytes\r\n',
  '--x--\r\n',
].join('')

let upstream: ScriptedUpstream
beforeAll(async () => {
  upstream = await scriptedUpstream()
})
afterAll(async () => upstream.close())
beforeEach(() => {
  upstream.received.length = 0
})

type Answer = ReturnType<typeof parseRaw>
type Headers = Readonly<Record<string, string>>

async function send(gateway: TestGateway, line: string, headers: Headers, body = ''): Promise<Answer> {
  const { host } = new URL(gateway.url)
  const all = { host, connection: 'close', ...(body === '' ? {} : { 'content-length': `${body.length}` }), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  const text = await rawRequest(gateway.url, `${line} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  return parseRaw(text.endsWith('\r\n\r\n') ? `${text}null` : text)
}

/** Pages by what their browser sends. */
const FOREIGN: readonly (readonly [string, Headers])[] = [
  ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['an older browser', { origin: 'https://evil.example' }],
  ['another port', { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' }],
  ['a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['an image tag', { 'sec-fetch-site': 'cross-site' }],
]

const ROUTES: readonly (readonly [line: string, headers: Headers, body: string])[] = [
  ['POST /v1/images/generations', { 'content-type': 'application/json' }, order],
  ['POST /v1/images/generations', { 'content-type': 'text/plain' }, order],
  ['POST /v1/images/edits', { 'content-type': 'multipart/form-data; boundary=x' }, form],
  ['POST /v1/images/variations', { 'content-type': 'multipart/form-data; boundary=x' }, form],
  ['POST /gateway/check', { 'content-type': 'application/json' }, order],
  ['POST /gateway/check/edits', { 'content-type': 'multipart/form-data; boundary=x' }, form],
  ['POST /gateway/keys', { 'content-type': 'application/json' }, '{"name":"eve"}'],
  ...['/v1/models', '/v1/models/dall-e-2', '/gateway/models', '/gateway/me', '/gateway/keys', '/metrics'].map(
    (path) => [`GET ${path}`, {}, ''] as const,
  ),
]

describe.each<[string, Record<string, string>, Headers]>([
  ['without keys', { ADMIN_KEY: ADMIN }, {}],
  ['with a caller’s key', { GATEWAY_KEYS: `alice=${KEY}` }, { authorization: `Bearer ${KEY}` }],
  ['with the administrator’s key', { ADMIN_KEY: ADMIN }, { authorization: `Bearer ${ADMIN}` }],
  ['with a list of other origins', { CORS_ORIGINS: APP }, {}],
])('a gateway %s', (_what, environment, credentials) => {
  let gateway: TestGateway
  beforeAll(async () => {
    gateway = await startGateway(upstream.url, environment)
    return async () => gateway.close()
  })

  it.each(FOREIGN)('buys, changes and shows nothing for a page of %s', async (_page, headers) => {
    for (const [line, more, body] of ROUTES) {
      const answer = await send(gateway, line, { ...credentials, ...headers, ...more }, body)
      expect([line, answer.status]).toEqual([line, 403])
      expect(answer.body).toMatchObject({ error: { code: 'origin_not_allowed' } })
      expect(answer.headers.get('access-control-allow-origin')).toBeUndefined()
    }
    expect(upstream.received).toEqual([])
  })

  it('serves SDKs, curl, and its own page', async () => {
    const own = { origin: gateway.url, 'sec-fetch-site': 'same-origin' }
    for (const headers of [{}, own]) {
      const json = { 'content-type': 'application/json', ...credentials, ...headers }
      expect((await send(gateway, 'POST /v1/images/generations', json, order)).status).toBe(200)
    }
    expect(upstream.received).toHaveLength(2)
  })

  it('is seen to be alive from everywhere', async () => {
    expect((await send(gateway, 'GET /healthz', { 'sec-fetch-site': 'cross-site' })).status).toBe(200)
  })
})

describe('a page of another origin', () => {
  it('is refused before its key is looked at, so that it cannot lock its user out by guessing', async () => {
    const gateway = await startGateway(upstream.url, { GATEWAY_KEYS: `alice=${KEY}`, AUTH_FAILURES_PER_MINUTE: '1' })
    const page = { origin: 'https://evil.example', authorization: 'Bearer a-guess' }
    for (let guess = 0; guess < 3; guess++) expect((await send(gateway, 'GET /v1/models', page)).status).toBe(403)
    expect((await send(gateway, 'GET /v1/models', { authorization: `Bearer ${KEY}` })).status).toBe(200)
    await gateway.close()
  })

  it('is refused before its body has arrived', async () => {
    const gateway = await startGateway(upstream.url)
    const head = `POST /v1/images/edits HTTP/1.1\r\nhost: x\r\norigin: https://evil.example\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 1000000\r\n\r\n`
    expect(await rawRequest(gateway.url, head, /\r\n\r\n.*\}$/)).toMatch(/^HTTP\/1\.1 403 /)
    await gateway.close()
  })

  it('gets no answer to a preflight that a browser would take for a yes', async () => {
    for (const environment of [{}, { CORS_ORIGINS: APP }]) {
      const gateway = await startGateway(upstream.url, environment)
      const preflight = { origin: 'https://evil.example', 'access-control-request-method': 'POST' }
      const answer = await send(gateway, 'OPTIONS /v1/images/generations', preflight)
      expect(answer).toMatchObject({ status: 405, body: { error: { code: 'method_not_allowed' } } })
      expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
      await gateway.close()
    }
  })
})

describe('a page of a listed origin', () => {
  let gateway: TestGateway
  const page = { origin: APP, 'sec-fetch-site': 'cross-site' }
  beforeAll(async () => {
    gateway = await startGateway(upstream.url, {
      CORS_ORIGINS: `https://other.example, ${APP}/`,
      GATEWAY_KEYS: `alice=${KEY}`,
      MAX_BODY_BYTES: '2048',
    })
    return async () => gateway.close()
  })

  it('is told by the preflight, without a key, that it may send what the OpenAI SDK sends', async () => {
    const preflight = { ...page, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x' }
    const { status, headers } = await send(gateway, 'OPTIONS /v1/images/generations', preflight)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(APP)
    expect(headers.get('access-control-allow-credentials')).toBeUndefined()
    expect(headers.get('vary')).toContain('Origin')
    expect(headers.get('access-control-allow-methods')?.split(', ')).toEqual(['GET', 'HEAD', 'POST', 'PATCH'])
    const allowed = headers.get('access-control-allow-headers')?.split(', ')
    const stainless = 'lang package-version os arch runtime runtime-version retry-count timeout'.split(' ')
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'content-type', 'idempotency-key']))
    expect(allowed).toEqual(expect.arrayContaining(['openai-organization', 'openai-project']))
    expect(allowed).toEqual(expect.arrayContaining(stainless.map((name) => `x-stainless-${name}`)))
  })

  it('is served, and may read the headers of the answer', async () => {
    const headers = { ...page, authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
    const answer = await send(gateway, 'POST /v1/images/generations', headers, order)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
    const exposed = answer.headers.get('access-control-expose-headers')?.split(', ')
    expect(exposed).toEqual(expect.arrayContaining(['x-request-id', 'x-should-retry', 'retry-after', 'retry-after-ms']))
    expect(exposed).toEqual(expect.arrayContaining(['x-ratelimit-limit-requests', 'x-ratelimit-reset-images']))
    expect(exposed).toEqual(expect.arrayContaining(['x-gateway-cost-usd', 'x-gateway-dropped-parameters']))
  })

  it.each<[string, string, Headers, string, number]>([
    ['a missing key', 'GET /v1/models', {}, '', 401],
    ['a bad value', 'POST /v1/images/generations', { authorization: `Bearer ${KEY}` }, '{"prompt":1}', 400],
    ['a large body', 'POST /v1/images/generations', { authorization: `Bearer ${KEY}` }, ' '.repeat(3000), 413],
    ['a wrong address', 'GET /v1/nowhere', {}, '', 404],
    ['a wrong method', 'DELETE /v1/models', {}, '', 405],
    ['an address that is not well-formed', 'GET /v1/models/%', {}, '', 400],
    ['an expectation', 'POST /v1/images/generations', { expect: 'a-miracle' }, '{}', 417],
    ['the administrator’s route', 'GET /gateway/keys', { authorization: `Bearer ${KEY}` }, '', 403],
  ])('may read the error about %s', async (_what, line, more, body, status) => {
    const answer = await send(gateway, line, { ...page, 'content-type': 'application/json', ...more }, body)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP)
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id')
    expect(answer.headers.get('vary')).toContain('Origin')
    expect(answer.body).toMatchObject({ error: { code: expect.any(String) as unknown } })
  })
})

it('every header of the gateway’s own is one that pages may send or read', async () => {
  const gateway = await startGateway(upstream.url, { CORS_ORIGINS: APP })
  const preflight = { origin: APP, 'access-control-request-method': 'POST' }
  const { headers } = await send(gateway, 'OPTIONS /v1/models', preflight)
  const known = ['access-control-allow-headers', 'access-control-expose-headers'].map((name) => headers.get(name))
  const code = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(SRC, file), 'utf8'))
  const own = new Set(code.flatMap((text) => text.match(/(?<=')x-(?:gateway|ratelimit)-[a-z-]*[a-z](?=')/g) ?? []))
  expect(own.size).toBeGreaterThan(5)
  expect([...own].filter((name) => !known.join(', ').split(', ').includes(name))).toEqual([])
  await gateway.close()
})
