import { describe, expect, it } from 'vitest'
import { largePicture, picture } from '../../helpers/images.ts'
import { editing } from './editing.ts'

const world = editing()

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
    const response = await world.gateway.post(body, {}, '/v1/images/edits')
    expect(response.status).toBe(200)
    expect(world.upstream.received[0]?.body.toString()).toBe(body)
    expect(world.upstream.received[0]?.headers['content-type']).toBe('application/json')
  })

  it('keeps its data URLs where something else is dropped', async () => {
    const url = dataUrl(await largePicture(400_000))
    const body = { style: 'vivid', images: [{ image_url: url }], prompt: 'a' }
    const response = await world.gateway.post(body, { 'x-gateway-parameter-policy': 'drop' }, '/v1/images/edits')
    expect(response.headers.get('x-gateway-dropped-parameters')).toBe('style')
    expect(JSON.parse(world.upstream.received[0]?.body.toString() ?? '')).toEqual({
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
    const response = await world.gateway.post({ model: 'gpt-image-2', ...body }, {}, '/v1/images/edits')
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param } })
    expect(world.upstream.received).toHaveLength(0)
  })

  it('is refused where its mask does not fit', async () => {
    const images = [{ image_url: dataUrl(await picture(32, 32)) }]
    const body = { model: 'gpt-image-2', prompt: 'a', images, mask: { image_url: dataUrl(world.square) } }
    const { error } = (await (await world.gateway.post(body, {}, '/v1/images/edits')).json()) as {
      error: { issues: { message: string }[] }
    }
    expect(error.issues.map(({ message }) => message)).toEqual([
      'The mask has 64x64 pixels and the first image 32x32; they must be equal.',
      'The mask must be a png with an alpha channel; its transparent pixels mark what is to be changed.',
    ])
  })

  it('is refused where a data URL stands for a text, whose length could not be checked', async () => {
    const body = { model: 'gpt-image-2', prompt: dataUrl(await largePicture(200_000)), images: [{ file_id: 'x' }] }
    expect(await (await world.gateway.post(body, {}, '/v1/images/edits')).json()).toMatchObject({
      error: { code: 'invalid_json' },
    })
  })

  it('is refused with dall-e-2, which takes forms only', async () => {
    const body = { model: 'dall-e-2', prompt: 'a', images: [{ file_id: 'x' }] }
    expect(await (await world.gateway.post(body, {}, '/v1/images/edits')).json()).toMatchObject({
      error: { param: 'model', message: expect.stringContaining('multipart/form-data') as unknown },
    })
  })
})
