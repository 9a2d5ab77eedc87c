import OpenAI from 'openai'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { App } from '../../src/app.ts'

const KEY = 'sk-gw-alice-0123456789'

let app: App
let client: OpenAI

beforeAll(async () => {
  const config = readConfig({
    SANDBOX: 'true',
    SANDBOX_LATENCY_MS: '0',
    PORT: '0',
    GATEWAY_KEYS: `alice=${KEY}`,
    LOG_LEVEL: 'silent',
    UNKNOWN_MODELS: 'reject',
  })
  app = await createApp(config)
  const address = await app.server.listen({ host: '127.0.0.1', port: 0 })
  client = new OpenAI({ baseURL: `${address}/v1`, apiKey: KEY, maxRetries: 0 })
})
afterAll(() => app.close())

describe('the unmodified openai SDK against the sandbox', () => {
  it.each([
    ['gpt-image-1', 'png'],
    ['gpt-image-1.5', 'webp'],
    ['gpt-image-2', 'jpeg'],
    ['gpt-image-2.6-flare', 'png'],
  ] as const)('generates with %s and gets a real %s with usage', async (model, output_format) => {
    const answer = await client.images.generate({
      model,
      prompt: 'a lighthouse',
      size: '1536x1024',
      quality: 'low',
      output_format,
    })
    const picture = await sharp(Buffer.from(answer.data?.[0]?.b64_json ?? '', 'base64')).metadata()
    expect(picture).toMatchObject({ format: output_format, width: 1536, height: 1024 })
    expect(answer.usage?.output_tokens).toBeGreaterThan(0)
    expect(answer._request_id).toMatch(/^req_/)
  })

  it('generates with dall-e-3 and gets a url that works', async () => {
    const answer = await client.images.generate({
      model: 'dall-e-3',
      prompt: 'a cat',
      size: '1024x1792',
      style: 'vivid',
      quality: 'hd',
    })
    const file = await fetch(answer.data?.[0]?.url ?? '')
    expect(file.status).toBe(200)
    expect(await sharp(await file.arrayBuffer()).metadata()).toMatchObject({ width: 1024, height: 1792 })
  })

  it('lists and retrieves models', async () => {
    const ids: string[] = []
    for await (const model of client.models.list()) ids.push(model.id)
    expect(ids).toContain('gpt-image-2')
    expect(await client.models.retrieve('qwen-image')).toMatchObject({ id: 'qwen-image', owned_by: 'alibaba' })
  })
})

describe('the SDK’s error classes', () => {
  it('BadRequestError has the code and the parameter', async () => {
    const error: unknown = await client.images
      .generate({ model: 'gpt-image-2', prompt: 'a', response_format: 'url' })
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(OpenAI.BadRequestError)
    expect(error).toMatchObject({
      status: 400,
      code: 'unsupported_parameter',
      param: 'response_format',
      type: 'invalid_request_error',
      requestID: expect.stringMatching(/^req_/) as unknown,
    })
  })

  it('AuthenticationError comes for a wrong key', async () => {
    const stranger = new OpenAI({ baseURL: client.baseURL, apiKey: 'sk-wrong', maxRetries: 0 })
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
  })

  it('NotFoundError comes for an unknown model', async () => {
    await expect(client.images.generate({ model: 'gpt-image-9', prompt: 'a' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    })
  })

  it('BadRequestError comes for what the upstream’s moderation refuses', async () => {
    await expect(client.images.generate({ model: 'gpt-image-2', prompt: 'something forbidden' })).rejects.toMatchObject(
      { status: 400, code: 'moderation_blocked', type: 'image_generation_user_error' },
    )
  })
})
