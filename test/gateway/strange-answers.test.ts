import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { NEW_ORDER } from '../helpers/new-orders.ts'
import { startGateway } from '../helpers/gateway.ts'
import { PatientClock } from '../helpers/time/patient-clock.ts'
import { turns } from '../helpers/time/turns.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import type { ErrorBody } from '../../src/errors/gateway-error.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Script, ScriptedUpstream } from '../helpers/upstream.ts'

const clock = new PatientClock()
let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url, {}, { clock })
})
beforeEach(() => {
  upstream.received.length = 0
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

async function ask(script: Script): Promise<{ response: Response; error: ErrorBody['error'] }> {
  upstream.script = script
  const response = await gateway.post(NEW_ORDER)
  return { response, error: ((await response.json()) as ErrorBody).error }
}

describe('a 2xx that holds no images', () => {
  const html: Script = (response) =>
    void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>maintenance</html>')
  it.each<[string, Script]>([
    ['an error object', answerJson({ error: { message: 'channel 7 broke', code: 'bad_response' } })],
    ['an error object before other members', answerJson({ error: { message: 'x' }, created: 1, data: null })],
    ['an HTML page', html],
    ['nothing', answerJson('')],
    ['an array', answerJson([])],
    ['JSON that is cut off inside a good content-length', answerJson('{"data":[{"b64_json":"AA')],
    ['two JSON values', answerJson('{"data":[{"url":"http://a/b"}]}{}')],
    ['no data', answerJson({ created: 1 })],
    ['images that hold nothing', answerJson({ data: [{ url: '', b64_json: '' }, null, {}] })],
    ['a large page that is not JSON', answerJson('x'.repeat(200_000), 200, { 'content-type': 'text/plain' })],
  ])('such as %s becomes 502 upstream_invalid_response, not to be sent again', async (_what, script) => {
    const { response, error } = await ask(script)
    expect(response.status).toBe(502)
    expect(error).toMatchObject({ code: 'upstream_invalid_response', type: 'upstream_error', param: null })
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(upstream.received).toHaveLength(1)
    expect(await gateway.logOf(response)).toMatchObject({
      outcome: 'upstream_failed',
      failure: 'upstream_invalid_response',
    })
  })

  it.each([
    ['moderation_blocked', 400, 'moderation_blocked'],
    ['insufficient_user_quota', 502, 'upstream_quota_exhausted'],
    ['model_not_found', 404, 'model_not_found'],
  ])('with the error %s means what that code always means', async (upstreamCode, status, code) => {
    const { response, error } = await ask(answerJson({ error: { message: 'no', code: upstreamCode } }))
    expect(response.status).toBe(status)
    expect(error.code).toBe(code)
  })

  it('with an empty list becomes a 400 that speaks of the filter', async () => {
    const { response, error } = await ask(answerJson({ created: 1, data: [] }))
    expect(response.status).toBe(400)
    expect(error).toMatchObject({ code: 'moderation_blocked', param: 'prompt' })
  })
})

describe('a 2xx with images and oddities', () => {
  it.each<[string, unknown]>([
    ['error: null beside data', imageAnswer({ error: null })],
    ['an error of empty members beside data', imageAnswer({ error: { message: '', type: '', code: null } })],
    ['the list nested at data.data', imageAnswer({ data: { data: [{ b64_json: 'QQ==' }] } })],
    ['usage as strings', imageAnswer({ usage: 'none' })],
    ['unknown members', imageAnswer({ extra: { usage: { input_tokens: 1 } } })],
  ])('such as %s is relayed as it is', async (_what, body) => {
    upstream.script = answerJson(body)
    const response = await gateway.post(NEW_ORDER)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(body)
  })

  it('packed by an upstream that ignores accept-encoding still reaches the client readable', async () => {
    upstream.script = (response) =>
      void response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify(imageAnswer())))
    const response = await gateway.post(NEW_ORDER)
    expect(await response.json()).toEqual(imageAnswer())
    expect(await gateway.logOf(response)).toMatchObject({ images: 1, costEstimated: false, totalTokens: 224 })
  })
})

describe('a packed answer', () => {
  const packed =
    (status: number, body: unknown): Script =>
    (response) =>
      void response
        .writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify(body)))

  it('that holds an error is one', async () => {
    expect((await ask(packed(200, { error: { message: 'no' } }))).error.code).toBe('upstream_invalid_response')
    expect((await ask(packed(429, { error: { message: 'no', code: 'insufficient_user_quota' } }))).error.code).toBe(
      'upstream_quota_exhausted',
    )
  })
})

it('an answer behind a byte order mark is relayed', async () => {
  upstream.script = answerJson(`\uFEFF${JSON.stringify(imageAnswer())}`)
  const response = await gateway.post(NEW_ORDER)
  expect(response.status).toBe(200)
  expect(await gateway.logOf(response)).toMatchObject({ images: 1, totalTokens: 224 })
})

it('an error beside images is relayed, whatever the size', async () => {
  for (const size of [100, 200_000]) {
    upstream.script = answerJson({ error: { message: 'warning', code: 'w' }, data: [{ b64_json: 'A'.repeat(size) }] })
    expect((await gateway.post(NEW_ORDER)).status).toBe(200)
  }
})

describe('an upstream that misbehaves', () => {
  it.each([301, 302, 303, 307, 308])('by redirecting with %i is not followed', async (status) => {
    const { response, error } = await ask(
      (reply) => void reply.writeHead(status, { location: `${gateway.url}/steal` }).end(),
    )
    expect(response.status).toBe(502)
    expect(error.code).toBe('upstream_invalid_response')
    expect(upstream.received).toHaveLength(1)
  })

  it('by closing before it answers is an ambiguous failure, sent once', async () => {
    const before = await gateway.metric('comet_ambiguous_failures_total')
    const { response, error } = await ask((reply) => void reply.destroy())
    expect(response.status).toBe(502)
    expect(error.code).toBe('upstream_failed')
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(upstream.received).toHaveLength(1)
    await eventually('it is counted', async () =>
      expect(await gateway.metric('comet_ambiguous_failures_total')).toBe(before + 1),
    )
  })

  it('by hanging becomes a 504 after UPSTREAM_TIMEOUT_MS, and the socket is gone', async () => {
    const { response, error } = await ask(async () => clock.advance(600_000))
    expect(response.status).toBe(504)
    expect(error.code).toBe('upstream_timeout')
    await eventually('the upstream socket closes', () => upstream.sockets.size === 0)
  })

  it('by breaking off in the middle of a large answer breaks the client off too, and books an estimate', async () => {
    upstream.script = (reply) => {
      reply.writeHead(200, { 'content-type': 'application/json' })
      reply.write(`{"data":[{"b64_json":"${'A'.repeat(300_000)}`, () => void turns().then(() => reply.destroy()))
    }
    const response = await gateway.post(NEW_ORDER)
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow(/terminated/)
    expect(await gateway.logOf(response)).toMatchObject({
      outcome: 'upstream_failed',
      failure: 'upstream_failed',
      costEstimated: true,
      images: 1,
    })
  })

  it('by cutting or stalling the body of a refusal has still refused', async () => {
    const cut = await ask((reply) => {
      reply.writeHead(401, { 'content-type': 'application/json', 'content-length': 100 })
      reply.write('{"error":', () => void turns().then(() => reply.destroy()))
    })
    expect(cut.error.code).toBe('upstream_rejected_key')
    const stalled = await ask(async (reply) => {
      reply.writeHead(429, { 'content-type': 'application/json', 'content-length': 100 }).flushHeaders()
      await turns()
      await clock.advance(600_000)
    })
    expect(stalled.error.code).toBe('rate_limit_exceeded')
  })

  it('by ending a large answer cleanly in the middle of its JSON breaks the client off', async () => {
    upstream.script = (reply) =>
      void reply
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`{"data":[{"b64_json":"${'A'.repeat(300_000)}`)
    await expect(gateway.post(NEW_ORDER).then((response) => response.text())).rejects.toThrow(/terminated|failed/)
  })

  it('by sending less than its content-length breaks the client off too', async () => {
    upstream.script = (reply) => {
      const body = `{"data":[{"b64_json":"${'A'.repeat(300_000)}`
      reply.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length + 10 })
      reply.write(body, () => void turns().then(() => reply.destroy()))
    }
    await expect(gateway.post(NEW_ORDER).then((response) => response.text())).rejects.toThrow(/terminated|failed/)
  })
})

it('an upstream that cannot be reached is a 502 that may be sent again', async () => {
  const gone = await scriptedUpstream()
  await gone.close()
  const alone = await startGateway(gone.url)
  const response = await alone.post(NEW_ORDER)
  expect(response.status).toBe(502)
  expect(((await response.json()) as ErrorBody).error).toMatchObject({
    code: 'upstream_unreachable',
    message: expect.stringContaining('ECONNREFUSED') as string,
  })
  expect(response.headers.has('x-should-retry')).toBe(false)
  expect(await alone.logOf(response)).toMatchObject({ cause: 'ECONNREFUSED' })
  await alone.close()
})
