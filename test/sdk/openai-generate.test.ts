import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { difference, look } from '../sandbox/pixels.ts'
import { collect, decode, looks, SMALL } from './pictures.ts'
import { GATEWAY_KEY, startSandboxGateway } from './gateways.ts'
import { SDKS } from './sdks.ts'
import type OpenAI from 'openai'
import type { TestGateway } from '../helpers/gateway.ts'

const SMALLEST = { model: 'dall-e-2', prompt: 'a cat', size: '256x256' } as const

let gateway: TestGateway

beforeAll(async () => {
  gateway = await startSandboxGateway()
})
afterAll(() => gateway.close())

it('the two packages are the current major and the one before it', () => {
  const [current = 0, before] = SDKS.map(({ version }) => Number(version.split('.')[0]))
  expect(before).toBe(current - 1)
})

describe.concurrent.each(SDKS)('openai $version', ({ OpenAI: Client }) => {
  let client: OpenAI
  beforeAll(() => {
    client = new Client({ baseURL: `${gateway.url}/v1`, apiKey: GATEWAY_KEY, maxRetries: 0 })
  })

  describe('images.generate', () => {
    it.each([
      ['gpt-image-1', '1024x1024', 'png'],
      ['gpt-image-1.5', '1024x1024', 'webp'],
      ['gpt-image-2', '1024x640', 'jpeg'],
      ['gpt-image-2.6-flare', '1024x640', 'png'],
    ] as const)('with %s brings a real picture of %s as %s, and its usage', async (model, size, output_format) => {
      const answer = await client.images.generate({ model, prompt: 'a cat', size, quality: 'low', output_format })
      expect(await looks(answer)).toEqual([`${output_format} ${size}`])
      expect(answer).toMatchObject({ output_format, size, quality: 'low', background: 'opaque' })
      const { input_tokens = 0, output_tokens = 0, total_tokens } = answer.usage ?? {}
      expect(input_tokens * output_tokens).toBeGreaterThan(0)
      expect(total_tokens).toBe(input_tokens + output_tokens)
      expect(answer._request_id).toMatch(/^req_/)
    })

    it('with n brings several pictures, each of its own', async () => {
      const answer = await client.images.generate({ ...SMALL, n: 2 })
      expect(await looks(answer)).toEqual(['png 1024x640', 'png 1024x640'])
      expect(answer.data?.[0]?.b64_json).not.toBe(answer.data?.[1]?.b64_json)
    })

    it.each([
      ['dall-e-2', { size: '256x256', n: 2 }, ['png 256x256', 'png 256x256']],
      ['dall-e-3', { size: '1024x1792', quality: 'hd', style: 'vivid' }, ['png 1024x1792']],
      ['qwen-image', { size: '1024x1024' }, ['png 1024x1024']],
    ] as const)('with %s brings URLs that work', async (model, parameters, expected) => {
      const answer = await client.images.generate({ model, prompt: 'a cat', ...parameters })
      expect(answer.data?.map(({ url }) => URL.canParse(url ?? ''))).toEqual(expected.map(() => true))
      expect(await looks(answer)).toEqual(expected)
    })

    it('brings base64 where response_format asks for it', async () => {
      const answer = await client.images.generate({ ...SMALLEST, response_format: 'b64_json' })
      expect(answer.data?.[0]?.url).toBeUndefined()
      expect(await looks(answer)).toEqual(['png 256x256'])
    })

    it('takes null for every optional parameter as if it had not been given', async () => {
      const answer = await client.images.generate({
        ...SMALL,
        background: null,
        moderation: null,
        n: null,
        output_compression: null,
        output_format: null,
        partial_images: null,
        stream: null,
      })
      expect(await looks(answer)).toEqual(['png 1024x640'])
    })

    it('without a model is told by a header which one it got', async () => {
      const { data, response, request_id } = await client.images.generate({ prompt: 'a cat' }).withResponse()
      expect(await looks(data)).toEqual(['png 1024x1024'])
      expect(response.headers.get('x-gateway-defaulted-parameters')).toBe('model=dall-e-3')
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(request_id).toMatch(/^req_/)
      expect(request_id).toBe(response.headers.get('x-request-id'))
    })

    it('gives its raw response', async () => {
      const response = await client.images.generate(SMALLEST).asResponse()
      expect(response.status).toBe(200)
      expect(await looks((await response.json()) as OpenAI.ImagesResponse)).toEqual(['png 256x256'])
    })
  })

  describe('a stream of images.generate', () => {
    const STREAM = { ...SMALL, output_format: 'webp', stream: true } as const

    it('brings the partial images in order and then the finished one with its usage', async () => {
      const events = await collect(await client.images.generate({ ...STREAM, partial_images: 3 }))
      expect(events.map((event) => [event.type, 'partial_image_index' in event && event.partial_image_index])).toEqual([
        ['image_generation.partial_image', 0],
        ['image_generation.partial_image', 1],
        ['image_generation.partial_image', 2],
        ['image_generation.completed', false],
      ])
      const pictures = events.map(({ b64_json }) => decode(b64_json))
      expect(await Promise.all(pictures.map(look))).toEqual(Array(4).fill('webp 1024x640'))
      const usage = events.map((event) => ('usage' in event ? event.usage : undefined)).at(-1)
      expect(usage?.output_tokens).toBeGreaterThan(300) // a partial image costs 100
      expect(usage?.total_tokens).toBe((usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0))
      const [first = Buffer.alloc(0), , third = Buffer.alloc(0), last = Buffer.alloc(0)] = pictures
      expect(await difference(third, last)).toBeLessThan(await difference(first, last))
    })

    it('without partial images is the finished one alone', async () => {
      const events = await collect(await client.images.generate(STREAM))
      expect(events.map(({ type }) => type)).toEqual(['image_generation.completed'])
      expect(await look(decode(events[0]?.b64_json))).toBe('webp 1024x640')
    })

    it('of several pictures has an end for each', async () => {
      const events = await collect(await client.images.generate({ ...STREAM, n: 2, partial_images: 1 }))
      expect(events.map(({ type }) => type.split('.')[1])).toEqual([
        'partial_image',
        'completed',
        'partial_image',
        'completed',
      ])
    })

    it('has the request id and the type of a stream in its headers', async () => {
      const { data, response, request_id } = await client.images.generate(STREAM).withResponse()
      expect(request_id).toMatch(/^req_/)
      expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
      expect(await collect(data)).toHaveLength(1)
    })

    it('can be split in two and handed on', async () => {
      const [one, other] = (await client.images.generate({ ...STREAM, partial_images: 1 })).tee()
      const lines = await new Response(other.toReadableStream()).text()
      const events = await collect(one)
      expect(
        lines
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown),
      ).toEqual(events)
    })
  })

  describe('models', () => {
    it('are listed', async () => {
      const models = await collect(client.models.list())
      expect(models.map(({ id }) => id)).toEqual(expect.arrayContaining(['gpt-image-2', 'dall-e-3', 'qwen-image']))
      expect(
        models.every(({ object, owned_by, created }) => object === 'model' && owned_by !== '' && created >= 0),
      ).toBe(true)
    })

    it('are retrieved', async () => {
      expect(await client.models.retrieve('qwen-image')).toMatchObject({
        id: 'qwen-image',
        object: 'model',
        owned_by: 'alibaba',
      })
    })

    it('that do not exist are a NotFoundError', async () => {
      await expect(client.models.retrieve('gpt-image-9')).rejects.toBeInstanceOf(Client.NotFoundError)
    })
  })
})
