import { createOpenAI } from '@ai-sdk/openai'
import { APICallError, generateImage, RetryError } from 'ai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { turns } from '../helpers/time/turns.ts'
import { answerJson, imageAnswer } from '../helpers/upstream.ts'
import { difference, look, maskFor, photo } from '../sandbox/pixels.ts'
import { GATEWAY_KEY, startSandboxGateway, startScriptedGateway } from './gateways.ts'
import { failure } from './sdks.ts'
import type { GenerateImageResult } from 'ai'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Script } from '../helpers/upstream.ts'
import type { ScriptedGateway } from './gateways.ts'

const SMALL = { prompt: 'a lighthouse', size: '1024x640' } as const
const LOW = { providerOptions: { openai: { quality: 'low', outputFormat: 'jpeg' } } } as const
const OPENING = { left: 320, top: 160, width: 256, height: 256 }

let sandbox: TestGateway
let source: Buffer
let mask: Buffer

beforeAll(async () => {
  sandbox = await startSandboxGateway()
  source = await photo(1024, 640, 'webp')
  mask = await maskFor(1024, 640, OPENING)
})
afterAll(() => sandbox.close())

/** An upstream under the test's control, and a gateway in front of it. */
async function behind(script: Script, test: (world: ScriptedGateway) => Promise<void>): Promise<void> {
  const world = await startScriptedGateway(script, { UPSTREAM_RETRIES: '0' })
  try {
    await test(world)
  } finally {
    await world.close()
  }
}

const image = (model: string, { url } = sandbox, apiKey = GATEWAY_KEY, fetching = fetch) =>
  createOpenAI({ baseURL: `${url}/v1`, apiKey, fetch: fetching }).image(model)
/** Tells the SDK to wait a moment where it would wait for two seconds and for four. */
const inAHurry: typeof fetch = async (...request) => {
  const answer = await fetch(...request)
  const headers = new Headers(answer.headers)
  headers.set('retry-after-ms', '10')
  return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers })
}
const looks = ({ images }: GenerateImageResult) =>
  Promise.all(images.map(({ uint8Array }) => look(Buffer.from(uint8Array))))
const said = (message: string, code = ''): unknown => ({ error: { message, type: 'comet_api_error', code, param: '' } })

describe.concurrent('generateImage of the AI SDK', () => {
  it('makes a picture, with its usage and what the upstream decided', async () => {
    const answer = await generateImage({ model: image('gpt-image-2'), ...SMALL, ...LOW })
    expect(await looks(answer)).toEqual(['jpeg 1024x640'])
    expect(answer.image.mediaType).toBe('image/jpeg')
    expect(answer.warnings).toEqual([])
    const { inputTokens = 0, outputTokens = 0, totalTokens } = answer.usage
    expect(inputTokens * outputTokens).toBeGreaterThan(0)
    expect(totalTokens).toBe(inputTokens + outputTokens)
    expect(answer.providerMetadata['openai']?.images).toMatchObject([
      { size: '1024x640', quality: 'low', background: 'opaque', outputFormat: 'jpeg' },
    ])
    expect(answer.responses[0]?.headers?.['x-request-id']).toMatch(/^req_/)
  })

  it('makes several in one call', async () => {
    const answer = await generateImage({ model: image('gpt-image-2'), ...SMALL, ...LOW, n: 2 })
    expect(await looks(answer)).toEqual(['jpeg 1024x640', 'jpeg 1024x640'])
    expect(answer.responses).toHaveLength(1)
  })

  it.each([
    ['dall-e-2', '256x256'],
    ['dall-e-3', '1024x1024'],
    ['doubao-seedream-4-5-251128', '1920x1920'],
    ['gpt-image-1', '1024x1024'],
    ['gpt-image-2.6-flare', '1024x1024'],
  ] as const)('works with %s', async (model, size) => {
    expect(await looks(await generateImage({ model: image(model), prompt: 'a cat', size }))).toEqual([
      expect.stringMatching(new RegExp(`^(png|jpeg) ${size}$`)),
    ])
  })

  it('says why it cannot be used with qwen-image: it asks for base64, and the model answers with links', async () => {
    const error = await failure(generateImage({ model: image('qwen-image'), prompt: 'a cat', size: '1024x1024' }))
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({
      statusCode: 400,
      isRetryable: false,
      message: expect.stringMatching(/answers with a link to the picture and never in base64.*'url'/) as unknown,
      data: { error: { code: 'invalid_value', param: 'response_format' } },
    })
  })

  it('edits one picture, and several', async () => {
    const one = await generateImage({
      model: image('gpt-image-2'),
      ...LOW,
      prompt: { text: 'a cat', images: [source] },
    })
    const images = [source, (await photo(64, 64)).toString('base64')]
    const two = await generateImage({
      model: image('gpt-image-2'),
      ...LOW,
      size: '1024x640',
      prompt: { text: 'a cat', images },
    })
    expect(await looks(one)).toEqual([expect.stringMatching(/^jpeg /)])
    expect(await looks(two)).toEqual(['jpeg 1024x640'])
    expect(two.usage.inputTokens).toBeGreaterThan(one.usage.inputTokens ?? 0)
  })

  it('edits what a mask opens and nothing else', async () => {
    const answer = await generateImage({
      model: image('gpt-image-2'),
      size: '1024x640',
      prompt: { text: 'a starry night', images: [source], mask },
    })
    const picture = Buffer.from(answer.image.uint8Array)
    expect(await difference(picture, source, OPENING)).toBeGreaterThan(10)
    expect(await difference(picture, source, { left: 0, top: 0, width: 1024, height: 100 })).toBeLessThan(3)
  })

  it.each([
    ['a value that the model does not take', 'gpt-image-2', { size: '1920x1080' }, [400, 'invalid_value', 'size']],
    ['a model that does not exist', 'gpt-image-9', {}, [404, 'model_not_found', 'model']],
    ['a prompt that is refused', 'gpt-image-2', { prompt: 'forbidden' }, [400, 'moderation_blocked', null]],
  ] as const)('raises an APICallError for %s', async (_name, model, changes, [status, code, param]) => {
    const error = await failure(generateImage({ model: image(model), prompt: 'a cat', ...changes }))
    expect(APICallError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({
      statusCode: status,
      isRetryable: false,
      data: { error: { code, param } },
      responseHeaders: { 'x-request-id': expect.stringMatching(/^req_/) as unknown },
    })
  })

  it('raises an APICallError for a wrong key', async () => {
    const error = await failure(generateImage({ model: image('gpt-image-2', sandbox, 'sk-wrong'), prompt: 'a cat' }))
    expect(error).toMatchObject({ statusCode: 401, data: { error: { code: 'invalid_api_key' } } })
  })

  it('waits for a 429 as long as retry-after says', async () => {
    const answers = [answerJson(said('no', 'slow_down'), 429, { 'retry-after': '1' }), answerJson(imageAnswer())]
    const times: number[] = []
    const inTurn: Script = (response, request) => {
      times.push(performance.now())
      return answers[times.length - 1]?.(response, request)
    }
    await behind(inTurn, async ({ gateway }) => {
      const answer = await generateImage({ model: image('gpt-image-2', gateway), prompt: 'a cat' })
      expect(answer.images).toHaveLength(1)
      const [first = 0, second = 0] = times
      expect(second - first).toBeGreaterThan(950)
    })
  })

  it('told not to try again raises what failed, with whose fault it is', async () => {
    const page = answerJson('<html></html>', 502, { 'content-type': 'text/html' })
    await behind(page, async ({ gateway, upstream }) => {
      const call = generateImage({ model: image('gpt-image-2', gateway), prompt: 'a cat', maxRetries: 0 })
      const error = await failure(call)
      expect(RetryError.isInstance(error)).toBe(false)
      expect(error).toMatchObject({
        statusCode: 502,
        data: { error: { code: 'upstream_failed' } },
        responseHeaders: { 'x-should-retry': 'false' },
      })
      expect(upstream.received).toHaveLength(1)
    })
  })

  it.each<[string, Script]>([
    ['shows an error page', answerJson('<html></html>', 502, { 'content-type': 'text/html' })],
    [
      'breaks off in the middle of an image',
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write(
          `{"data":[{"b64_json":"${'A'.repeat(300_000)}`,
          () => void turns().then(() => response.destroy()),
        )
      },
    ],
  ])('tries three times, as it does by itself, and buys once where the upstream %s', async (_name, script) => {
    await behind(script, async ({ gateway, upstream }) => {
      const model = image('gpt-image-2', gateway, GATEWAY_KEY, inAHurry)
      const error = await failure(generateImage({ model, prompt: 'a cat' }))
      expect(RetryError.isInstance(error)).toBe(true)
      expect(upstream.received).toHaveLength(1)
      // Another order, and the same one by anybody else, is bought all the same.
      await failure(generateImage({ model: image('gpt-image-2', gateway), prompt: 'a dog', maxRetries: 0 }))
      expect(upstream.received).toHaveLength(2)
    })
  })

  it('can be aborted', async () => {
    const abort = new AbortController()
    const late: Script = async (response, request) => {
      abort.abort()
      await turns()
      return answerJson(imageAnswer())(response, request)
    }
    await behind(late, async ({ gateway, upstream }) => {
      const model = image('gpt-image-2', gateway)
      const call = generateImage({ model, prompt: 'a cat', abortSignal: abort.signal })
      expect(await failure(call)).toMatchObject({ name: 'AbortError' })
      expect(upstream.received).toHaveLength(1)
    })
  })
})
