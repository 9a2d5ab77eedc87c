import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway } from '../../helpers/gateway.ts'
import { scriptedUpstream } from '../../helpers/upstream.ts'
import type { TestGateway } from '../../helpers/gateway.ts'
import type { ScriptedUpstream } from '../../helpers/upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url)
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

async function check(body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: unknown }> {
  const response = await gateway.post(body, headers, '/gateway/check')
  return { status: response.status, body: await response.json() }
}

describe('POST /gateway/check', () => {
  it('says that a request is valid and what it costs at most, and calls nothing', async () => {
    const { status, body } = await check({
      model: 'gpt-image-2',
      prompt: 'abcd',
      size: '1024x1024',
      quality: 'high',
      n: 2,
    })
    expect(status).toBe(200)
    expect(body).toEqual({
      valid: true,
      model: 'gpt-image-2',
      highest_cost_usd: (2 * 8780 * 30 + (4 + 6) * 5) / 1e6,
      dropped_parameters: [],
      defaulted_parameters: [],
      defaults: {},
    })
    expect(upstream.received).toHaveLength(0)
  })

  it('takes auto at its dearest', async () => {
    const { body } = await check({ model: 'dall-e-3', prompt: 'a', quality: 'auto' })
    expect(body).toMatchObject({ highest_cost_usd: 0.08 })
  })

  it('knows no cost for a model without a price', async () => {
    expect((await check({ model: 'brand-new', prompt: 'a' })).body).toMatchObject({
      valid: true,
      highest_cost_usd: null,
    })
  })

  it('lists the problems of an invalid request, as the request itself would be told', async () => {
    const { status, body } = await check({ model: 'dall-e-3', n: 2 })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      valid: false,
      error: { code: 'missing_required_parameter', param: 'prompt', issues: [{ param: 'prompt' }, { param: 'n' }] },
    })
  })

  it('follows the parameter policy and the default model', async () => {
    const { body } = await check({ prompt: 'a', background: 'auto' }, { 'x-gateway-parameter-policy': 'drop' })
    expect(body).toMatchObject({
      valid: true,
      model: 'dall-e-3',
      dropped_parameters: ['background'],
      defaulted_parameters: ['model'],
    })
  })
})

describe('GET /gateway/models', () => {
  it('shows each model’s rules as JSON Schema, with sources, and its price', async () => {
    const { data } = (await (await gateway.get('/gateway/models')).json()) as { data: { id: string }[] }
    const model = data.find(({ id }) => id === 'gpt-image-2')
    expect(model).toMatchObject({
      owned_by: 'openai',
      price: { usd_per_million_tokens: { image_output: 30 } },
      operations: {
        'images.generations': {
          type: 'object',
          required: ['prompt'],
          additionalProperties: false,
          properties: {
            prompt: { maxLength: 32_000, 'x-source': 'openai-openapi CreateImageRequest', 'x-as-of': '2026-08-21' },
          },
          'x-combinations': expect.arrayContaining([expect.objectContaining({ param: 'background' })]) as unknown,
        },
      },
    })
  })
})

describe('GET /v1/models', () => {
  it('lists the ids that can be called, in OpenAI’s shape', async () => {
    const list = (await (await gateway.get('/v1/models')).json()) as { object: string; data: { id: string }[] }
    expect(list.object).toBe('list')
    expect(list.data[0]).toEqual({ id: 'gpt-image-1', object: 'model', created: 0, owned_by: 'openai' })
    expect(list.data.some(({ id }) => id.includes('*'))).toBe(false)
  })

  it('retrieves one, also by prefix, and says 404 for others', async () => {
    expect(await (await gateway.get('/v1/models/dall-e-3')).json()).toMatchObject({ id: 'dall-e-3', object: 'model' })
    expect(await (await gateway.get('/v1/models/doubao-seedream-9')).json()).toMatchObject({
      id: 'doubao-seedream-9',
      owned_by: 'bytedance',
    })
    const missing = await gateway.get('/v1/models/toString')
    expect(missing.status).toBe(404)
    expect(await missing.json()).toMatchObject({ error: { code: 'model_not_found' } })
  })
})

describe('operations', () => {
  it('answers health and readiness, logged at debug', async () => {
    const response = await gateway.get('/healthz')
    expect(await response.json()).toEqual({ status: 'ok' })
    expect(await (await gateway.get('/readyz')).json()).toEqual({ status: 'ready' })
    expect(await gateway.logOf(response)).toMatchObject({ level: 20 })
  })

  it('starts known series at 0', async () => {
    const text = await (await gateway.get('/metrics')).text()
    expect(text).toContain('comet_cost_usd_total{model="gpt-image-1",key="anonymous"} 0')
    expect(text).toContain('comet_rejections_total{reason="rate_limit_exceeded"} 0')
  })
})
