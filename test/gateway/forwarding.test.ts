import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { UPSTREAM_KEY } from '../helpers/gateways/gateway-client.ts'
import { startGateway } from '../helpers/gateway.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ScriptedUpstream } from '../helpers/upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url)
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

describe('a request that passes', () => {
  it('goes upstream byte for byte, white space and 20-digit numbers included', async () => {
    const body =
      '{ "prompt" : "caf\\u00e9 \u2603",\n "model":"some-new-model", "seed": 12345678901234567890, "x": 1.0 }'
    const response = await gateway.post(body)
    expect(response.status).toBe(200)
    expect(upstream.received[0]?.body.toString()).toBe(body)
  })

  it('carries the upstream key, and nothing that the client sent as headers', async () => {
    await gateway.post(
      { model: 'gpt-image-2', prompt: 'a' },
      { authorization: 'Bearer clients-own', cookie: 'a=b', 'x-forwarded-host': 'evil', 'openai-organization': 'org' },
    )
    const { headers, url } = upstream.received[0] ?? {}
    expect(url).toBe('/v1/images/generations')
    expect(headers?.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)
    expect(Object.keys(headers ?? {}).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
    ])
  })

  it('gets DEFAULT_MODEL when it names none, and says so in a header', async () => {
    const response = await gateway.post({ prompt: 'a paper boat' })
    expect(JSON.parse(upstream.received[0]?.body.toString() ?? '')).toEqual({
      model: 'dall-e-3',
      prompt: 'a paper boat',
    })
    expect(response.headers.get('x-gateway-defaulted-parameters')).toBe('model=dall-e-3')
  })

  it.each(['openai/gpt-image-2', 'openai:gpt-image-2', 'cometapi/gpt-image-2'])(
    'has the rules of gpt-image-2 where it names %s, and is sent under that name',
    async (model) => {
      expect((await gateway.post({ model, prompt: 'a', size: '1x1' })).status).toBe(400)
      const response = await gateway.post({ model, prompt: 'a' })
      expect(response.headers.get('x-gateway-defaulted-parameters')).toBe('model=gpt-image-2')
      expect(JSON.parse(upstream.received[0]?.body.toString() ?? '')).toEqual({ model: 'gpt-image-2', prompt: 'a' })
    },
  )

  it('goes upstream without its byte order mark', async () => {
    const body = '{"model":"gpt-image-2","prompt":"a","seed":null}'
    const edit = '{"model":"gpt-image-2","prompt":"a","images":[{"file_id":"file-1"}]}'
    expect((await gateway.post(`\ufeff${body.replace(',"seed":null', '')}`)).status).toBe(200)
    expect((await gateway.post(`\ufeff${body}`)).status).toBe(200)
    expect((await gateway.post(`\ufeff${edit}`, {}, '/v1/images/edits')).status).toBe(200)
    expect(upstream.received.map((request) => request.body.toString())).toEqual([
      '{"model":"gpt-image-2","prompt":"a"}',
      '{"model":"gpt-image-2","prompt":"a"}',
      edit,
    ])
  })

  it('treats "model": null as no model', async () => {
    await gateway.post('{"model":null,"prompt":"a"}')
    expect(JSON.parse(upstream.received[0]?.body.toString() ?? '')).toEqual({ model: 'dall-e-3', prompt: 'a' })
  })

  it('keeps a null that the model takes, and goes without one that it does not', async () => {
    const taken = '{"model":"gpt-image-2","prompt":"a","size":null,"n":null}'
    expect((await gateway.post(taken)).status).toBe(200)
    expect(upstream.received[0]?.body.toString()).toBe(taken)
    const more = {
      model: 'gpt-image-2',
      prompt: 'a',
      size: null,
      style: null,
      user: null,
      response_format: null,
      x: null,
    }
    const response = await gateway.post(more)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-gateway-dropped-parameters')).toBeNull()
    expect(JSON.parse(upstream.received[1]?.body.toString() ?? '')).toEqual({
      model: 'gpt-image-2',
      prompt: 'a',
      size: null,
    })
  })
})

describe('an answer with images', () => {
  it('comes back byte for byte, with its status and content type', async () => {
    const body = `  {"data":[{"b64_json":"${'QUJD'.repeat(50)}"}],"big":12345678901234567890 }\n`
    upstream.script = answerJson(body, 201, { 'content-type': 'application/json; charset=utf-8' })
    const response = await gateway.post({ model: 'gpt-image-2', prompt: 'a' })
    expect(response.status).toBe(201)
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.text()).toBe(body)
  })

  it.each([100, 65_535, 65_536, 65_537, 3_000_000])(
    'of %i bytes of base64 arrives whole, however it was chunked',
    async (size) => {
      const body = JSON.stringify(imageAnswer({ data: [{ b64_json: 'A'.repeat(size) }] }))
      upstream.script = async (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        for (let at = 0; at < body.length; at += 40_001) {
          response.write(body.slice(at, at + 40_001))
          if (at % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
        }
        response.end()
      }
      const response = await gateway.post({ model: 'gpt-image-2', prompt: 'a' })
      expect(response.status).toBe(200)
      expect(await response.text()).toBe(body)
      expect((await gateway.logOf(response))['totalTokens']).toBe(224)
    },
  )

  it('carries x-request-id and only allow-listed headers of the upstream', async () => {
    upstream.script = answerJson(imageAnswer(), 200, {
      'x-request-id': 'req_of_the_upstream',
      'x-oneapi-request-id': '2026',
      'set-cookie': 'session=1',
      'x-channel': 'secret-channel',
      'openai-processing-ms': '1234',
      'openai-version': 'sk-planted',
      'x-should-retry': 'true',
      server: 'nginx',
    })
    const response = await gateway.post({ model: 'gpt-image-2', prompt: 'a' })
    expect(response.headers.get('x-request-id')).toMatch(/^req_[\w-]{36}$/)
    expect(response.headers.get('openai-processing-ms')).toBe('1234')
    for (const name of [
      'set-cookie',
      'x-channel',
      'x-oneapi-request-id',
      'x-should-retry',
      'openai-version',
      'server',
    ]) {
      expect(response.headers.has(name), name).toBe(false)
    }
    expect((await gateway.logOf(response))['upstreamRequestId']).toBe('req_of_the_upstream')
  })

  it('puts its usage, images and cost into the metrics and the log line', async () => {
    const before = await gateway.metric('comet_tokens_total', 'model="gpt-image-2",key="anonymous",type="output"')
    const response = await gateway.post({ model: 'gpt-image-2', prompt: 'a', size: '1024x1024', quality: 'low' })
    expect(await gateway.logOf(response)).toMatchObject({
      outcome: 'completed',
      status: 200,
      endpoint: 'images.generations',
      model: 'gpt-image-2',
      key: 'anonymous',
      images: 1,
      inputTokens: 16,
      outputTokens: 208,
      totalTokens: 224,
      costUsd: 0.00632,
      costEstimated: false,
    })
    expect(await gateway.metric('comet_tokens_total', 'model="gpt-image-2",key="anonymous",type="output"')).toBe(
      before + 208,
    )
    expect(
      await gateway.metric('comet_images_total', 'model="gpt-image-2",key="anonymous",size="1024x1024",quality="low"'),
    ).toBeGreaterThan(0)
    expect(await gateway.metric('comet_in_flight')).toBe(0)
  })

  it('without usage is booked at the estimate, marked as estimated, and counted as missing', async () => {
    upstream.script = answerJson(imageAnswer({ usage: null }))
    const before = await gateway.metric('comet_usage_missing_total', 'model="gpt-image-2"')
    const response = await gateway.post({ model: 'gpt-image-2', prompt: 'a', size: '1024x1024', quality: 'low' })
    expect(await gateway.logOf(response)).toMatchObject({
      costEstimated: true,
      costUsd: (196 * 30 + (1 + 6) * 5) / 1e6,
    })
    expect(await gateway.metric('comet_usage_missing_total', 'model="gpt-image-2"')).toBe(before + 1)
  })
})
