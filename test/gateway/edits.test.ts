import { createHash } from 'node:crypto'
import { readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import OpenAI, { toFile } from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { UPSTREAM_KEY } from '../helpers/gateway-client.ts'
import { startGateway } from '../helpers/gateway.ts'
import { largePicture, picture } from '../helpers/images.ts'
import { answerJson, imageAnswer, scriptedUpstream } from '../helpers/upstream.ts'
import { completed, partial } from './answers/recorded-streams.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { ReceivedRequest, ScriptedUpstream } from '../helpers/upstream.ts'

let upstream: ScriptedUpstream
let gateway: TestGateway
let client: OpenAI
let square: Buffer<ArrayBuffer>
let mask: Buffer<ArrayBuffer>

beforeAll(async () => {
  upstream = await scriptedUpstream()
  gateway = await startGateway(upstream.url, { MAX_UPLOAD_BYTES: '8000000' })
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'any', maxRetries: 0 })
  square = await picture(64, 64)
  mask = await picture(64, 64, 'png', 0)
})
beforeEach(() => {
  upstream.received.length = 0
  upstream.script = answerJson(imageAnswer())
})
afterAll(async () => {
  await gateway.close()
  await upstream.close()
})

const typed = (bytes: Buffer<ArrayBuffer>): Blob => new Blob([bytes], { type: 'image/png' })
const png = (bytes: Buffer<ArrayBuffer>, name = 'a.png') => toFile(bytes, name, { type: 'image/png' })

/** The form as the upstream reads it. */
async function formOf({ body, headers }: ReceivedRequest): Promise<FormData> {
  return new Response(new Uint8Array(body), { headers: { 'content-type': headers['content-type'] ?? '' } }).formData()
}

async function hashOf(file: File | string | null): Promise<string> {
  return createHash('sha256')
    .update(new Uint8Array(await (file as File).arrayBuffer()))
    .digest('hex')
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Sends a form as its bytes, so that what arrives upstream can be compared. */
async function post(data: FormData, headers: Record<string, string> = {}, path = '/v1/images/edits') {
  const request = new Request('http://x', { method: 'POST', body: data })
  const sent = Buffer.from(await request.arrayBuffer())
  const contentType = request.headers.get('content-type') ?? ''
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': contentType, ...headers },
    body: new Uint8Array(sent),
  })
  return { response, sent, contentType }
}

function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') data.append(name, value)
    else data.append(name, value, `${name}.png`)
  }
  return data
}

describe('an edit', () => {
  it('goes upstream byte for byte, with the gateway’s key, and its answer comes back', async () => {
    const { response, sent, contentType } = await post(
      form({ model: 'gpt-image-2', prompt: 'more light', image: typed(square), mask: typed(mask), n: '2' }),
    )
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(imageAnswer())
    const [received] = upstream.received
    expect(received?.url).toBe('/v1/images/edits')
    expect(received?.body.equals(sent)).toBe(true)
    expect(received?.headers['content-type']).toBe(contentType)
    expect(received?.headers['content-length']).toBe(String(sent.length))
    expect(received?.headers.authorization).toBe(`Bearer ${UPSTREAM_KEY}`)
  })

  it.each<[string, string | undefined, string | undefined]>([
    ['application/octet-stream', 'application/octet-stream', 'image=image/png, mask=image/png'],
    ['an empty type', '', 'image=image/png, mask=image/png'],
    ['no type', undefined, 'image=image/png, mask=image/png'],
    ['text/plain', 'text/plain; charset=utf-8', 'image=image/png, mask=image/png'],
    ['a name that is none', 'image/jpg', 'image=image/png, mask=image/png'],
    ['its own type', 'image/png', undefined],
    ['the type of another image', 'image/webp', undefined],
  ])('with images as %s goes upstream under the types of their bytes', async (_what, type, said) => {
    const part = (headers: string, data: Buffer): Buffer =>
      Buffer.concat([
        Buffer.from(`--limit\r\ncontent-disposition: form-data; ${headers}\r\n\r\n`),
        data,
        Buffer.from('\r\n'),
      ])
    const asSent = type === undefined ? '' : `\r\nContent-Type: ${type}`
    const body = Buffer.concat([
      part('name="model"', Buffer.from('gpt-image-2')),
      part(`name="image[]"; filename="ein Löwe.png"${asSent}`, square),
      part('name="prompt"', Buffer.from('a')),
      part(`name="mask"; filename="m.png"${asSent}`, mask),
      Buffer.from('--limit--\r\n'),
    ])
    const send = async (path: string): Promise<Response> =>
      fetch(gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=limit' },
        body: new Uint8Array(body),
      })
    expect(await (await send('/gateway/check/edits')).json()).toMatchObject({ valid: true })
    const response = await send('/v1/images/edits')
    expect(response.status).toBe(200)
    expect(response.headers.get('x-gateway-retyped-images')).toBe(said ?? null)
    const [received] = upstream.received
    if (received === undefined) throw new Error('nothing was sent')
    if (said === undefined) return expect(received.body.equals(body)).toBe(true)
    const files = await formOf(received)
    expect([...files.keys()]).toEqual(['model', 'image[]', 'prompt', 'mask'])
    const [image] = files.getAll('image[]')
    expect(image).toMatchObject({ type: 'image/png', name: 'ein Löwe.png' })
    expect([await hashOf(image ?? null), await hashOf(files.get('mask'))]).toEqual([sha(square), sha(mask)])
    expect(files.get('mask')).toMatchObject({ type: 'image/png' })
    expect(String(received.headers['content-length'])).toBe(String(received.body.length))
    return undefined
  })

  it('by the SDK arrives with one image, with several, and with a mask', async () => {
    const other = await picture(32, 48, 'webp')
    await client.images.edit({ model: 'gpt-image-2', prompt: 'a', image: await png(square), mask: await png(mask) })
    await client.images.edit({
      model: 'gpt-image-1',
      prompt: 'a',
      image: [await png(square), await png(other)],
      n: 2,
      input_fidelity: 'high',
    })
    const [one, several] = await Promise.all(upstream.received.map(formOf))
    expect(await hashOf(one?.get('image') ?? null)).toBe(sha(square))
    expect(await hashOf(one?.get('mask') ?? null)).toBe(sha(mask))
    const files = several?.getAll('image[]') ?? []
    expect(await Promise.all(files.map(hashOf))).toEqual([sha(square), sha(other)])
    expect(several?.get('n')).toBe('2')
  })

  it('larger than what stays in memory goes through a file that is gone afterwards', async () => {
    const large = await largePicture(3_000_000)
    let whileUnderWay: string[] = ['not looked']
    upstream.script = (response, request) => {
      whileUnderWay = readdirSync(join(gateway.directory, 'spool'))
      return answerJson(imageAnswer())(response, request)
    }
    const { response, sent } = await post(form({ model: 'gpt-image-2', prompt: 'a', image: typed(large) }))
    expect(response.status).toBe(200)
    expect(upstream.received[0]?.body.equals(sent)).toBe(true)
    expect(whileUnderWay).toEqual([]) // the open file has no name any more: it cannot be left behind
  })

  it('can be a stream', async () => {
    upstream.script = (response) =>
      void response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(partial(0, 'AAAA', 'image_edit') + completed('BBBB', 'image_edit'))
    const types: string[] = []
    const stream = await client.images.edit({
      model: 'gpt-image-2',
      prompt: 'a',
      image: await png(square),
      stream: true,
      partial_images: 1,
    })
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed'])
  })

  it('is made a stream of image_edit events where the upstream answers in JSON', async () => {
    const stream = await client.images.edit({
      model: 'gpt-image-2',
      prompt: 'a',
      image: await png(square),
      stream: true,
    })
    const events = []
    for await (const event of stream) events.push(event)
    expect(events).toMatchObject([{ type: 'image_edit.completed', b64_json: 'aW1hZ2U=', usage: { total_tokens: 224 } }])
  })

  it('that names no model gets DEFAULT_EDIT_MODEL as its first field, and is told so', async () => {
    const { response } = await post(form({ prompt: 'a', image: new Blob([square]) }))
    expect(response.headers.get('x-gateway-defaulted-parameters')).toBe('model=gpt-image-2')
    const received = await formOf(upstream.received[0] as ReceivedRequest)
    expect([...received.keys()]).toEqual(['model', 'prompt', 'image'])
    expect(received.get('model')).toBe('gpt-image-2')
    expect(await hashOf(received.get('image'))).toBe(sha(square))
  })

  it('loses what its model does not take under the drop policy, and nothing else', async () => {
    const { response } = await post(
      form({ style: 'vivid', model: 'gpt-image-2', image: new Blob([square]), input_fidelity: 'high', prompt: 'a' }),
      { 'x-gateway-parameter-policy': 'drop' },
    )
    expect(response.headers.get('x-gateway-dropped-parameters')).toBe('style, input_fidelity')
    const received = await formOf(upstream.received[0] as ReceivedRequest)
    expect([...received.keys()]).toEqual(['model', 'image', 'prompt'])
  })

  it('may have its fields and files in any order, and its images numbered', async () => {
    const data = new FormData()
    data.append('image[1]', new Blob([mask]), 'b.png')
    data.append('prompt', 'a')
    data.append('image[0]', new Blob([await picture(32, 32)]), 'a.png')
    data.append('model', 'gpt-image-2')
    expect((await post(data)).response.status).toBe(200)
    data.append('mask', new Blob([mask]), 'm.png')
    const { response } = await post(data)
    expect(await response.json()).toMatchObject({
      error: { param: 'mask', message: 'The mask has 64x64 pixels and the first image 32x32; they must be equal.' },
    })
  })

  it('has its cost estimated from its images where no usage is reported', async () => {
    upstream.script = answerJson(imageAnswer({ usage: undefined }))
    const { response } = await post(
      form({ model: 'gpt-image-2', prompt: 'abcdef', quality: 'low', size: '1024x1024', image: new Blob([square]) }),
    )
    const line = await gateway.logOf(response)
    expect(line['costEstimated']).toBe(true)
    expect(line['costUsd']).toBeCloseTo((12 * 5 + 1024 * 8 + 196 * 30) / 1e6, 9)
  })
})

describe('a variation', () => {
  it('goes upstream with dall-e-2 as its model', async () => {
    await client.images.createVariation({ image: await png(square), n: 2, size: '512x512' })
    const received = await formOf(upstream.received[0] as ReceivedRequest)
    expect(upstream.received[0]?.url).toBe('/v1/images/variations')
    expect([received.get('model'), received.get('n'), received.get('size')]).toEqual(['dall-e-2', '2', '512x512'])
  })

  it('with another model is refused, with those that can', async () => {
    await expect(
      client.images.createVariation({ image: await png(square), model: 'gpt-image-2' }),
    ).rejects.toMatchObject({ status: 400, param: 'model', message: expect.stringContaining("'dall-e-2'") as unknown })
  })
})

describe('an edit in JSON', () => {
  const dataUrl = (bytes: Buffer, type = 'image/png'): string => `data:${type};base64,${bytes.toString('base64')}`

  it('goes upstream byte for byte, data URLs of megabytes and all', async () => {
    const large = await largePicture(1_500_000)
    const body = JSON.stringify({
      model: 'gpt-image-2',
      images: [{ image_url: dataUrl(large) }, { image_url: 'https://example.com/a.png' }, { file_id: 'file-1' }],
      prompt: 'a \\ "b"',
      moderation: 'low',
    })
    const response = await gateway.post(body, {}, '/v1/images/edits')
    expect(response.status).toBe(200)
    expect(upstream.received[0]?.body.toString()).toBe(body)
    expect(upstream.received[0]?.headers['content-type']).toBe('application/json')
  })

  it('keeps its data URLs where something else is dropped', async () => {
    const url = dataUrl(await largePicture(400_000))
    const body = { style: 'vivid', images: [{ image_url: url }], prompt: 'a' }
    const response = await gateway.post(body, { 'x-gateway-parameter-policy': 'drop' }, '/v1/images/edits')
    expect(response.headers.get('x-gateway-dropped-parameters')).toBe('style')
    expect(JSON.parse(upstream.received[0]?.body.toString() ?? '')).toEqual({
      model: 'gpt-image-2',
      images: [{ image_url: url }],
      prompt: 'a',
    })
  })

  it.each([
    ['no images', { prompt: 'a' }, 'images'],
    ['no URL', { prompt: 'a', images: [{ image_url: 'a.png' }] }, 'images[0].image_url'],
    [
      'a data URL of a gif',
      { prompt: 'a', images: [{ image_url: dataUrl(Buffer.from('GIF89a,,,,,,'), 'image/png') }] },
      'images[0].image_url',
    ],
    ['both of URL and file', { prompt: 'a', images: [{ image_url: 'https://a/b', file_id: 'x' }] }, 'images[0]'],
    ['17 images', { prompt: 'a', images: Array.from({ length: 17 }, () => ({ file_id: 'x' })) }, 'images'],
    ['a file name of a form', { prompt: 'a', image: 'https://a/b' }, 'images'],
  ])('is refused with %s', async (_name, body, param) => {
    const response = await gateway.post({ model: 'gpt-image-2', ...body }, {}, '/v1/images/edits')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param } })
    expect(upstream.received).toHaveLength(0)
  })

  it('is refused where its mask does not fit', async () => {
    const images = [{ image_url: dataUrl(await picture(32, 32)) }]
    const body = { model: 'gpt-image-2', prompt: 'a', images, mask: { image_url: dataUrl(square) } }
    const { error } = (await (await gateway.post(body, {}, '/v1/images/edits')).json()) as {
      error: { issues: { message: string }[] }
    }
    expect(error.issues.map(({ message }) => message)).toEqual([
      'The mask has 64x64 pixels and the first image 32x32; they must be equal.',
      'The mask must be a png with an alpha channel; its transparent pixels mark what is to be changed.',
    ])
  })

  it('is refused where a data URL stands for a text, whose length could not be checked', async () => {
    const body = { model: 'gpt-image-2', prompt: dataUrl(await largePicture(200_000)), images: [{ file_id: 'x' }] }
    expect(await (await gateway.post(body, {}, '/v1/images/edits')).json()).toMatchObject({
      error: { code: 'invalid_json' },
    })
  })

  it('is refused with dall-e-2, which takes forms only', async () => {
    const body = { model: 'dall-e-2', prompt: 'a', images: [{ file_id: 'x' }] }
    expect(await (await gateway.post(body, {}, '/v1/images/edits')).json()).toMatchObject({
      error: { param: 'model', message: expect.stringContaining('multipart/form-data') as unknown },
    })
  })
})

describe('what is checked of an edit', () => {
  interface Refusal {
    readonly name: string
    readonly fields: () => Promise<Record<string, string | Blob>>
    readonly param: string
    readonly message: RegExp
  }
  const blob = async (bytes: Promise<Buffer<ArrayBuffer>> | Buffer<ArrayBuffer>): Promise<Blob> =>
    new Blob([await bytes])
  const gpt = { model: 'gpt-image-2', prompt: 'a' }
  const dall = { model: 'dall-e-2', prompt: 'a' }

  it.each<Refusal>([
    { name: 'no image', fields: async () => gpt, param: 'image', message: /Missing required parameter: 'image'/ },
    {
      name: 'no prompt',
      fields: async () => ({ model: 'gpt-image-2', image: await blob(square) }),
      param: 'prompt',
      message: /Missing/,
    },
    {
      name: 'a gif called png',
      fields: async () => ({ ...gpt, image: await blob(picture(8, 8, 'gif')) }),
      param: 'image',
      message: /is a gif file, whatever its name says/,
    },
    {
      name: 'an empty file',
      fields: async () => ({ ...gpt, image: new Blob([]) }),
      param: 'image',
      message: /is empty/,
    },
    {
      name: 'a text file',
      fields: async () => ({ ...gpt, image: new Blob(['hello']) }),
      param: 'image',
      message: /not an image of a known format/,
    },
    {
      name: 'a mask without alpha',
      fields: async () => ({ ...gpt, image: await blob(square), mask: await blob(square) }),
      param: 'mask',
      message: /no alpha channel/,
    },
    {
      name: 'a jpeg as mask',
      fields: async () => ({ ...gpt, image: await blob(square), mask: await blob(picture(64, 64, 'jpeg')) }),
      param: 'mask',
      message: /is a jpeg file/,
    },
    {
      name: 'a mask of another size',
      fields: async () => ({ ...gpt, image: await blob(picture(64, 32, 'jpeg')), mask: await blob(mask) }),
      param: 'mask',
      message: /64x64 pixels and the first image 64x32/,
    },
    {
      name: 'a number that is none',
      fields: async () => ({ ...gpt, image: await blob(square), n: 'two' }),
      param: 'n',
      message: /expected an integer, but got a string/,
    },
    {
      name: 'a number out of range',
      fields: async () => ({ ...gpt, image: await blob(square), n: '11' }),
      param: 'n',
      message: /11.*an integer from 1 to 10/,
    },
    {
      name: 'a size that is illegal',
      fields: async () => ({ ...gpt, image: await blob(square), size: '1920x1080' }),
      param: 'size',
      message: /divisible by 16/,
    },
    {
      name: 'input_fidelity on gpt-image-2',
      fields: async () => ({ ...gpt, image: await blob(square), input_fidelity: 'high' }),
      param: 'input_fidelity',
      message: /not supported with the model 'gpt-image-2'/,
    },
    {
      name: 'frames of a model that has none',
      fields: async () => ({ ...gpt, image: await blob(square), frame_count: '4' }),
      param: 'frame_count',
      message: /not supported/,
    },
    {
      name: 'partial images without a stream',
      fields: async () => ({ ...gpt, image: await blob(square), partial_images: '2' }),
      param: 'partial_images',
      message: /only in a stream/,
    },
    {
      name: 'an image for dall-e-2 that is not square',
      fields: async () => ({ ...dall, image: await blob(picture(64, 32)) }),
      param: 'image',
      message: /not square: it has 64x32/,
    },
    {
      name: 'a jpeg for dall-e-2',
      fields: async () => ({ ...dall, image: await blob(picture(64, 64, 'jpeg')) }),
      param: 'image',
      message: /is a jpeg file/,
    },
    {
      name: 'an image of 4 MB for dall-e-2',
      fields: async () => ({ ...dall, image: await blob(largePicture(4_194_304)) }),
      param: 'image',
      message: /has 4.0 MB/,
    },
    {
      name: 'a model that cannot edit',
      fields: async () => ({ model: 'dall-e-3', prompt: 'a', image: await blob(square) }),
      param: 'model',
      message: /cannot be used for images.edits. These can: .*'gpt-image-2'/,
    },
    {
      name: 'a prompt that is a file',
      fields: async () => ({ model: 'gpt-image-2', image: await blob(square), prompt: new Blob(['a']) }),
      param: 'prompt',
      message: /expected a string, but got a file/,
    },
  ])('$name is refused before anything goes upstream', async ({ fields, param, message }) => {
    const { response } = await post(form(await fields()))
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: { param: string; message: string } }
    expect(error.message).toMatch(message)
    expect(error.param).toBe(param)
    expect(upstream.received).toHaveLength(0)
  })

  it('17 images are one too many', async () => {
    const data = form(gpt)
    for (let count = 0; count < 17; count++) data.append('image[]', new Blob([square]), 'a.png')
    expect(await (await post(data)).response.json()).toMatchObject({
      error: { param: 'image', message: expect.stringContaining('There are 17; at most 16 are allowed') as unknown },
    })
  })

  it('an empty field is one that was not given, as the Python SDK writes None', async () => {
    const { response } = await post(form({ ...gpt, image: new Blob([square]), n: '', size: '' }))
    expect(response.status).toBe(200)
  })

  it('empty fields and a file that was not chosen stay here, also where the model does not take them', async () => {
    const data = form({ ...gpt, image: new Blob([square]), n: '', size: '', response_format: '', style: '' })
    data.append('mask', new Blob([]), '')
    const { response } = await post(data)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-gateway-dropped-parameters')).toBeNull()
    const [request] = upstream.received
    const sent = await new Response(request?.body, {
      headers: { 'content-type': String(request?.headers['content-type']) },
    }).formData()
    expect([...sent.keys()].toSorted()).toEqual(['image', 'model', 'prompt'])
  })

  it('a drawing is ordered member by member', async () => {
    const data = form({ ...gpt, model: 'gpt-image-2.6-flare', image: new Blob([square]), output_format: 'svg' })
    data.append('svg[model]', 'gpt-5.5')
    data.append('svg[reasoning][effort]', 'enormous')
    const { response } = await post(data)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_value', param: 'svg.reasoning.effort' } })
    data.set('svg[reasoning][effort]', 'low')
    expect((await post(data)).response.status).toBe(200)
    expect(upstream.received[0]?.body.toString('latin1')).toContain('name="svg[reasoning][effort]"')
  })

  it('can be asked for in advance, with the highest cost', async () => {
    const { response } = await post(
      form({ ...gpt, image: new Blob([square]), quality: 'low', size: '1024x1024' }),
      {},
      '/gateway/check/edits',
    )
    expect(await response.json()).toMatchObject({ valid: true, highest_cost_usd: (7 * 5 + 1024 * 8 + 245 * 30) / 1e6 })
    expect(upstream.received).toHaveLength(0)
  })
})

describe('an upload that is refused', () => {
  it('is a 413 with the limit in its message, whether its length is announced or not', async () => {
    const data = form({ model: 'gpt-image-2', prompt: 'a', image: new Blob([Buffer.alloc(9_000_000)]) })
    const { response } = await post(data)
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({
      error: {
        code: 'request_too_large',
        message: expect.stringContaining('8000000 bytes (MAX_UPLOAD_BYTES)') as unknown,
      },
    })
    const chunked = await fetch(`${gateway.url}/v1/images/edits`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: new Blob([
        `--x\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n`,
        Buffer.alloc(9_000_000),
      ]).stream(),
      duplex: 'half',
    })
    expect(chunked.status).toBe(413)
  })

  it('leaves no file behind, nor does one that breaks off', async () => {
    await post(form({ model: 'gpt-image-9', prompt: 'a', image: new Blob([await largePicture(1_000_000)]) }))
    const abort = new AbortController()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(Buffer.from('--x\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\n'))
        controller.enqueue(new Uint8Array(1_000_000))
      },
    })
    const broken = fetch(`${gateway.url}/v1/images/edits`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body,
      duplex: 'half',
      signal: abort.signal,
    }).catch((error: unknown) => error)
    await eventually('it waits on disk', () => openSpoolFiles() === 1)
    abort.abort()
    await broken
    await eventually('no spool file is open', () => openSpoolFiles() === 0)
    expect(readdirSync(join(gateway.directory, 'spool'))).toEqual([])
  })

  it('is a 415 as another type, and a 400 without a boundary or a body', async () => {
    const send = (headers: Record<string, string>, body: string | null = 'x') =>
      fetch(`${gateway.url}/v1/images/edits`, { method: 'POST', headers, body })
    const text = await send({ 'content-type': 'text/plain' })
    expect([text.status, await text.json()]).toMatchObject([
      415,
      { error: { message: 'Send the body as content-type: multipart/form-data or application/json.' } },
    ])
    expect((await send({ 'content-type': 'multipart/form-data' })).status).toBe(400)
    expect((await send({ 'content-type': 'multipart/form-data; boundary=x' }, '')).status).toBe(400)
    expect((await send({ 'content-type': 'multipart/form-data; boundary=x', 'content-encoding': 'gzip' })).status).toBe(
      415,
    )
  })
})

/** Open files of this process that have been removed already. */
function openSpoolFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => linkOf(fd).includes('/spool/')).length
}

function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return ''
  }
}
