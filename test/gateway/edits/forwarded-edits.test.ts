import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { UPSTREAM_KEY } from '../../helpers/gateways/gateway-client.ts'
import { largePicture, picture } from '../../helpers/images.ts'
import { answerJson, imageAnswer } from '../../helpers/upstream.ts'
import { completed, partial } from '../answers/recorded-streams.ts'
import { editing, form, formOf, hashOf, png, sha, typed } from './editing.ts'
import type { ReceivedRequest } from '../../helpers/upstream.ts'

const world = editing()

describe('an edit', () => {
  it('goes upstream byte for byte, with the gateway’s key, and its answer comes back', async () => {
    const { response, sent, contentType } = await world.post(
      form({ model: 'gpt-image-2', prompt: 'more light', image: typed(world.square), mask: typed(world.mask), n: '2' }),
    )
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(imageAnswer())
    const [received] = world.upstream.received
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
      part(`name="image[]"; filename="ein Löwe.png"${asSent}`, world.square),
      part('name="prompt"', Buffer.from('a')),
      part(`name="mask"; filename="m.png"${asSent}`, world.mask),
      Buffer.from('--limit--\r\n'),
    ])
    const send = async (path: string): Promise<Response> =>
      fetch(world.gateway.url + path, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data; boundary=limit' },
        body: new Uint8Array(body),
      })
    expect(await (await send('/gateway/check/edits')).json()).toMatchObject({ valid: true })
    const response = await send('/v1/images/edits')
    expect(response.status).toBe(200)
    expect(response.headers.get('x-gateway-retyped-images')).toBe(said ?? null)
    const [received] = world.upstream.received
    if (received === undefined) throw new Error('nothing was sent')
    if (said === undefined) return expect(received.body.equals(body)).toBe(true)
    const files = await formOf(received)
    expect([...files.keys()]).toEqual(['model', 'image[]', 'prompt', 'mask'])
    const [image] = files.getAll('image[]')
    expect(image).toMatchObject({ type: 'image/png', name: 'ein Löwe.png' })
    expect([await hashOf(image ?? null), await hashOf(files.get('mask'))]).toEqual([sha(world.square), sha(world.mask)])
    expect(files.get('mask')).toMatchObject({ type: 'image/png' })
    expect(String(received.headers['content-length'])).toBe(String(received.body.length))
    return undefined
  })

  it('by the SDK arrives with one image, with several, and with a mask', async () => {
    const other = await picture(32, 48, 'webp')
    await world.client.images.edit({
      model: 'gpt-image-2',
      prompt: 'a',
      image: await png(world.square),
      mask: await png(world.mask),
    })
    await world.client.images.edit({
      model: 'gpt-image-1',
      prompt: 'a',
      image: [await png(world.square), await png(other)],
      n: 2,
      input_fidelity: 'high',
    })
    const [one, several] = await Promise.all(world.upstream.received.map(formOf))
    expect(await hashOf(one?.get('image') ?? null)).toBe(sha(world.square))
    expect(await hashOf(one?.get('mask') ?? null)).toBe(sha(world.mask))
    const files = several?.getAll('image[]') ?? []
    expect(await Promise.all(files.map(hashOf))).toEqual([sha(world.square), sha(other)])
    expect(several?.get('n')).toBe('2')
  })

  it('larger than what stays in memory goes through a file that is gone afterwards', async () => {
    const large = await largePicture(3_000_000)
    let whileUnderWay: string[] = ['not looked']
    world.upstream.script = (response, request) => {
      whileUnderWay = readdirSync(join(world.gateway.directory, 'spool'))
      return answerJson(imageAnswer())(response, request)
    }
    const { response, sent } = await world.post(form({ model: 'gpt-image-2', prompt: 'a', image: typed(large) }))
    expect(response.status).toBe(200)
    expect(world.upstream.received[0]?.body.equals(sent)).toBe(true)
    expect(whileUnderWay).toEqual([]) // the open file has no name any more: it cannot be left behind
  })

  it('can be a stream', async () => {
    world.upstream.script = (response) =>
      void response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(partial(0, 'AAAA', 'image_edit') + completed('BBBB', 'image_edit'))
    const types: string[] = []
    const stream = await world.client.images.edit({
      model: 'gpt-image-2',
      prompt: 'a',
      image: await png(world.square),
      stream: true,
      partial_images: 1,
    })
    for await (const event of stream) types.push(event.type)
    expect(types).toEqual(['image_edit.partial_image', 'image_edit.completed'])
  })

  it('is made a stream of image_edit events where the upstream answers in JSON', async () => {
    const stream = await world.client.images.edit({
      model: 'gpt-image-2',
      prompt: 'a',
      image: await png(world.square),
      stream: true,
    })
    const events = []
    for await (const event of stream) events.push(event)
    expect(events).toMatchObject([{ type: 'image_edit.completed', b64_json: 'aW1hZ2U=', usage: { total_tokens: 224 } }])
  })

  it('that names no model gets DEFAULT_EDIT_MODEL as its first field, and is told so', async () => {
    const { response } = await world.post(form({ prompt: 'a', image: new Blob([world.square]) }))
    expect(response.headers.get('x-gateway-defaulted-parameters')).toBe('model=gpt-image-2')
    const received = await formOf(world.upstream.received[0] as ReceivedRequest)
    expect([...received.keys()]).toEqual(['model', 'prompt', 'image'])
    expect(received.get('model')).toBe('gpt-image-2')
    expect(await hashOf(received.get('image'))).toBe(sha(world.square))
  })

  it('loses what its model does not take under the drop policy, and nothing else', async () => {
    const { response } = await world.post(
      form({
        style: 'vivid',
        model: 'gpt-image-2',
        image: new Blob([world.square]),
        input_fidelity: 'high',
        prompt: 'a',
      }),
      { 'x-gateway-parameter-policy': 'drop' },
    )
    expect(response.headers.get('x-gateway-dropped-parameters')).toBe('style, input_fidelity')
    const received = await formOf(world.upstream.received[0] as ReceivedRequest)
    expect([...received.keys()]).toEqual(['model', 'image', 'prompt'])
  })

  it('may have its fields and files in any order, and its images numbered', async () => {
    const data = new FormData()
    data.append('image[1]', new Blob([world.mask]), 'b.png')
    data.append('prompt', 'a')
    data.append('image[0]', new Blob([await picture(32, 32)]), 'a.png')
    data.append('model', 'gpt-image-2')
    expect((await world.post(data)).response.status).toBe(200)
    data.append('mask', new Blob([world.mask]), 'm.png')
    const { response } = await world.post(data)
    expect(await response.json()).toMatchObject({
      error: { param: 'mask', message: 'The mask has 64x64 pixels and the first image 32x32; they must be equal.' },
    })
  })

  it('has its cost estimated from its images where no usage is reported', async () => {
    world.upstream.script = answerJson(imageAnswer({ usage: undefined }))
    const { response } = await world.post(
      form({
        model: 'gpt-image-2',
        prompt: 'abcdef',
        quality: 'low',
        size: '1024x1024',
        image: new Blob([world.square]),
      }),
    )
    const line = await world.gateway.logOf(response)
    expect(line['costEstimated']).toBe(true)
    expect(line['costUsd']).toBeCloseTo((12 * 5 + 1024 * 8 + 196 * 30) / 1e6, 9)
  })
})

describe('a variation', () => {
  it('goes upstream with dall-e-2 as its model', async () => {
    await world.client.images.createVariation({ image: await png(world.square), n: 2, size: '512x512' })
    const received = await formOf(world.upstream.received[0] as ReceivedRequest)
    expect(world.upstream.received[0]?.url).toBe('/v1/images/variations')
    expect([received.get('model'), received.get('n'), received.get('size')]).toEqual(['dall-e-2', '2', '512x512'])
  })

  it('with another model is refused, with those that can', async () => {
    await expect(
      world.client.images.createVariation({ image: await png(world.square), model: 'gpt-image-2' }),
    ).rejects.toMatchObject({ status: 400, param: 'model', message: expect.stringContaining("'dall-e-2'") as unknown })
  })
})
