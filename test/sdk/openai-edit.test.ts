import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../helpers/directory.ts'
import { difference, look, maskFor, photo } from '../sandbox/pixels.ts'
import { GATEWAY_KEY, startSandboxGateway } from './gateways.ts'
import { collect, decode, looks, SMALL } from './pictures.ts'
import { SDKS } from './sdks.ts'
import type OpenAI from 'openai'
import type { Uploadable } from 'openai'
import type { TestGateway } from '../helpers/gateway.ts'

const EDIT = { ...SMALL, prompt: 'a starry night', output_format: 'webp' } as const
const OPENING = { left: 320, top: 160, width: 256, height: 256 }

let gateway: TestGateway
const { path: directory, remove } = temporaryDirectory()
let source: Buffer<ArrayBuffer>
let mask: Buffer<ArrayBuffer>
let square: Buffer<ArrayBuffer>

beforeAll(async () => {
  gateway = await startSandboxGateway()
  source = Buffer.from(await photo(1024, 640, 'webp'))
  mask = Buffer.from(await maskFor(1024, 640, OPENING))
  square = Buffer.from(await photo(256, 256))
  writeFileSync(join(directory, 'square.png'), square)
})
afterAll(async () => {
  await gateway.close()
  remove()
})

describe.concurrent.each(SDKS)('openai $version', ({ OpenAI: Client, toFile }) => {
  let client: OpenAI
  beforeAll(() => {
    client = new Client({ baseURL: `${gateway.url}/v1`, apiKey: GATEWAY_KEY, maxRetries: 0 })
  })

  describe('images.edit', () => {
    const file = (): Promise<File> => toFile(source, 'source.webp', { type: 'image/webp' })
    const maskFile = (): Promise<File> => toFile(mask, 'mask.png', { type: 'image/png' })

    it.each<[string, () => Uploadable | Promise<Uploadable>]>([
      ['a Buffer through toFile', () => toFile(square, 'square.png', { type: 'image/png' })],
      ['a Buffer without a name or a type', () => toFile(square)],
      ['a Uint8Array', () => toFile(new Uint8Array(square), 'square.png')],
      ['a File', () => new File([square], 'square.png', { type: 'image/png' })],
      ['a File called jpeg', () => new File([square], 'square.jpg', { type: 'image/jpeg' })],
      ['a File with quotes and line breaks in its name', () => new File([square], 'ä "b"\r\nc: d.png')],
      ['a read stream', () => createReadStream(join(directory, 'square.png'))],
      ['the answer of a fetch', () => new Response(square, { headers: { 'content-type': 'image/png' } })],
      ['an async generator', () => toFile(inPieces(square), 'square.png')],
    ])('takes its image as %s', async (_name, image) => {
      const answer = await client.images.edit({
        model: 'dall-e-2',
        prompt: 'a cat',
        size: '256x256',
        response_format: 'b64_json',
        image: await image(),
      })
      expect(await looks(answer)).toEqual(['png 256x256'])
      expect(await difference(decode(answer.data?.[0]?.b64_json), square)).toBeLessThan(100)
    })

    it('answers with the picture and its usage', async () => {
      const answer = await client.images.edit({ ...EDIT, image: await file() })
      expect(await looks(answer)).toEqual(['webp 1024x640'])
      expect(answer.usage?.input_tokens_details.image_tokens).toBeGreaterThan(0)
      expect(answer.usage?.output_tokens).toBeGreaterThan(0)
      expect(answer._request_id).toMatch(/^req_/)
    })

    it('takes several images, in order', async () => {
      const images = [await file(), await toFile(square, 'square.png', { type: 'image/png' })]
      const both = await client.images.edit({ ...EDIT, image: images })
      const one = await client.images.edit({ ...EDIT, image: images.slice(0, 1) })
      expect(await looks(both)).toEqual(['webp 1024x640'])
      const [many = 0, few = 0] = [both, one].map(({ usage }) => usage?.input_tokens_details.image_tokens)
      expect(many).toBeGreaterThan(few)
    })

    it('changes what the mask opens and nothing else', async () => {
      const answer = await client.images.edit({
        ...EDIT,
        output_format: 'png',
        image: await file(),
        mask: await maskFile(),
      })
      const picture = decode(answer.data?.[0]?.b64_json)
      expect(await difference(picture, source, OPENING)).toBeGreaterThan(10)
      expect(await difference(picture, source, { left: 0, top: 0, width: 1024, height: 100 })).toBeLessThan(3)
    })

    it('brings partial images and the finished one as a stream', async () => {
      const stream = await client.images.edit({
        ...EDIT,
        image: [await file()],
        mask: await maskFile(),
        stream: true,
        partial_images: 2,
      })
      const events = await collect(stream)
      expect(events.map(({ type }) => type)).toEqual([
        'image_edit.partial_image',
        'image_edit.partial_image',
        'image_edit.completed',
      ])
      expect(await Promise.all(events.map(({ b64_json }) => look(decode(b64_json))))).toEqual(
        Array(3).fill('webp 1024x640'),
      )
      const usage = events.map((event) => ('usage' in event ? event.usage : undefined)).at(-1)
      expect(usage?.input_tokens_details.image_tokens).toBeGreaterThan(0)
    })

    it('without a model gets one that can edit', async () => {
      const { data, response } = await client.images
        .edit({ prompt: 'a cat', size: '1024x640', quality: 'low', image: await file() })
        .withResponse()
      expect(response.headers.get('x-gateway-defaulted-parameters')).toBe('model=gpt-image-2')
      expect(await looks(data)).toEqual(['png 1024x640'])
    })

    it('with dall-e-2 brings a URL that works', async () => {
      const image = await toFile(square, 'square.png', { type: 'image/png' })
      const answer = await client.images.edit({ model: 'dall-e-2', prompt: 'a cat', size: '256x256', image })
      expect(URL.canParse(answer.data?.[0]?.url ?? '')).toBe(true)
      expect(await looks(answer)).toEqual(['png 256x256'])
    })
  })

  describe('images.createVariation', () => {
    it.each([
      ['URLs', undefined],
      ['base64', 'b64_json'],
    ] as const)('brings %s', async (_name, response_format) => {
      const answer = await client.images.createVariation({
        image: await toFile(square, 'square.png', { type: 'image/png' }),
        n: 2,
        size: '256x256',
        ...(response_format === undefined ? {} : { response_format }),
      })
      expect(answer.data?.every(({ url }) => (url === undefined) === (response_format !== undefined))).toBe(true)
      expect(await looks(answer)).toEqual(['png 256x256', 'png 256x256'])
    })
  })
})

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 1000)
  yield bytes.subarray(1000)
}
