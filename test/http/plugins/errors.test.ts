import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { parseRaw, rawRequest } from '../../helpers/raw-http.ts'
import { scriptedUpstream } from '../../helpers/upstream.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url, { MAX_BODY_BYTES: '2048' })
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const target = '/v1/images/generations'
const json = { 'content-type': 'application/json' }

describe('every error has OpenAI’s shape and a request id', () => {
  it.each<[string, string, RequestInit, number, string]>([
    ['a wrong URL', '/v1/imagine', {}, 404, 'not_found'],
    [
      'a wrong URL with a body of any kind',
      '/v1/imagine',
      { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } },
      404,
      'not_found',
    ],
    ['a wrong method', target, {}, 405, 'method_not_allowed'],
    ['a wrong method on a parametric route', '/v1/models/gpt-image-2', { method: 'DELETE' }, 405, 'method_not_allowed'],
    ['no body', target, { method: 'POST', headers: json }, 400, 'invalid_json'],
    ['malformed JSON', target, { method: 'POST', body: '{"prompt": "a"', headers: json }, 400, 'invalid_json'],
    ['a JSON array', target, { method: 'POST', body: '[]', headers: json }, 400, 'invalid_json'],
    [
      'a name given twice',
      target,
      { method: 'POST', body: '{"prompt":"a","n":1,"n":10}', headers: json },
      400,
      'invalid_json',
    ],
    [
      'bytes that are not UTF-8',
      target,
      { method: 'POST', body: new Uint8Array([0x22, 0xff, 0x22]), headers: json },
      400,
      'invalid_json',
    ],
    [
      'text/plain',
      target,
      { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported_media_type',
    ],
    [
      'a packed body',
      target,
      { method: 'POST', body: '{}', headers: { ...json, 'content-encoding': 'gzip' } },
      415,
      'unsupported_media_type',
    ],
    [
      'another charset',
      target,
      { method: 'POST', body: '{}', headers: { 'content-type': 'application/json; charset=utf-16' } },
      415,
      'unsupported_media_type',
    ],
    [
      'a body over the limit',
      target,
      { method: 'POST', body: `{"prompt":"${'a'.repeat(3000)}"}`, headers: json },
      413,
      'request_too_large',
    ],
    ['a URL that cannot be decoded', '/v1/models/%zz', {}, 400, 'invalid_http'],
    ['a model id longer than any', `/v1/models/${'a'.repeat(300)}`, {}, 414, 'uri_too_long'],
  ])('%s', async (_what, path, init, status, code) => {
    const response = await fetch(gateway.url + path, init)
    const body = (await response.json()) as { error: Record<string, unknown> }
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
    expect(body).toEqual({
      error: { message: expect.any(String) as string, type: 'invalid_request_error', param: null, code },
    })
    expect(upstream.received).toHaveLength(0)
  })

  it.each<[string, string, number, string]>([
    ['a line that is not HTTP', 'hello\r\n\r\n', 400, 'invalid_http'],
    ['an unknown method', `BREW ${target} HTTP/1.1\r\nhost: a\r\n\r\n`, 400, 'invalid_http'],
    [
      'headers beyond 16 KiB',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'two content-lengths',
      `POST ${target} HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab`,
      400,
      'invalid_http',
    ],
    [
      'content-length and chunked at once',
      `POST ${target} HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'invalid_http',
    ],
    ['a null byte in a header', 'GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n', 400, 'invalid_http'],
    [
      'an expectation it does not know',
      `POST ${target} HTTP/1.1\r\nhost: localhost\r\nexpect: 200-ok\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
      417,
      'expectation_failed',
    ],
  ])('%s, although it never reaches a route', async (_what, bytes, status, code) => {
    const answer = parseRaw(await rawRequest(gateway.url, bytes))
    expect(answer.status).toBe(status)
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/)
    expect(answer.body).toMatchObject({ error: { type: 'invalid_request_error', param: null, code } })
  })
})

it('writes no error into an answer that is under way on the same connection', async () => {
  let endUpstream = (): void => {}
  upstream.script = (reply) => {
    endUpstream = () => void reply.destroy()
    reply.writeHead(200, { 'content-type': 'application/json' })
    reply.write(`{"data":[{"b64_json":"${'A'.repeat(100_000)}`)
  }
  const body = '{"model":"gpt-image-2","prompt":"a"}'
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    if (text === '') socket.write('GARBAGE\r\n\r\n')
    text += chunk.toString('latin1')
  })
  socket.write(
    `POST ${target} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await new Promise((resolve) => socket.on('close', resolve).on('error', () => {}))
  expect(text).toMatch(/^HTTP\/1\.1 200 /)
  expect(text).not.toContain('HTTP/1.1 400')
  endUpstream()
})

it('names the allowed methods of a URL', async () => {
  const response = await gateway.get(target)
  expect(response.headers.get('allow')).toBe('POST')
})

it('takes a request without a Host header, as HTTP/1.0 sends it', async () => {
  const text = await rawRequest(gateway.url, 'GET /healthz HTTP/1.0\r\n\r\n')
  expect(text).toMatch(/^HTTP\/1\.1 200 /)
})

it('says where malformed JSON stops making sense, without repeating it', async () => {
  const response = await gateway.post('{"prompt": "a secret dream",\n "n": 1,, }')
  const { error } = (await response.json()) as { error: { message: string } }
  expect(error.message).toBe(
    'We could not parse the JSON body of your request: it stops making sense at line 2, column 9.',
  )
})
