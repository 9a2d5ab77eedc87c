import { describe, expect, it } from 'vitest'
import { largePicture, picture } from '../../helpers/images.ts'
import { editing, form } from './editing.ts'

const world = editing()

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
      fields: async () => ({ model: 'gpt-image-2', image: await blob(world.square) }),
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
      fields: async () => ({ ...gpt, image: await blob(world.square), mask: await blob(world.square) }),
      param: 'mask',
      message: /no alpha channel/,
    },
    {
      name: 'a jpeg as mask',
      fields: async () => ({ ...gpt, image: await blob(world.square), mask: await blob(picture(64, 64, 'jpeg')) }),
      param: 'mask',
      message: /is a jpeg file/,
    },
    {
      name: 'a mask of another size',
      fields: async () => ({ ...gpt, image: await blob(picture(64, 32, 'jpeg')), mask: await blob(world.mask) }),
      param: 'mask',
      message: /64x64 pixels and the first image 64x32/,
    },
    {
      name: 'a number that is none',
      fields: async () => ({ ...gpt, image: await blob(world.square), n: 'two' }),
      param: 'n',
      message: /expected an integer, but got a string/,
    },
    {
      name: 'a number out of range',
      fields: async () => ({ ...gpt, image: await blob(world.square), n: '11' }),
      param: 'n',
      message: /11.*an integer from 1 to 10/,
    },
    {
      name: 'a size that is illegal',
      fields: async () => ({ ...gpt, image: await blob(world.square), size: '1920x1080' }),
      param: 'size',
      message: /divisible by 16/,
    },
    {
      name: 'input_fidelity on gpt-image-2',
      fields: async () => ({ ...gpt, image: await blob(world.square), input_fidelity: 'high' }),
      param: 'input_fidelity',
      message: /not supported with the model 'gpt-image-2'/,
    },
    {
      name: 'frames of a model that has none',
      fields: async () => ({ ...gpt, image: await blob(world.square), frame_count: '4' }),
      param: 'frame_count',
      message: /not supported/,
    },
    {
      name: 'partial images without a stream',
      fields: async () => ({ ...gpt, image: await blob(world.square), partial_images: '2' }),
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
      fields: async () => ({ model: 'dall-e-3', prompt: 'a', image: await blob(world.square) }),
      param: 'model',
      message: /cannot be used for images.edits. These can: .*'gpt-image-2'/,
    },
    {
      name: 'a prompt that is a file',
      fields: async () => ({ model: 'gpt-image-2', image: await blob(world.square), prompt: new Blob(['a']) }),
      param: 'prompt',
      message: /expected a string, but got a file/,
    },
  ])('$name is refused before anything goes upstream', async ({ fields, param, message }) => {
    const { response } = await world.post(form(await fields()))
    expect(response.status).toBe(400)
    const { error } = (await response.json()) as { error: { param: string; message: string } }
    expect(error.message).toMatch(message)
    expect(error.param).toBe(param)
    expect(world.upstream.received).toHaveLength(0)
  })

  it('17 images are one too many', async () => {
    const data = form(gpt)
    for (let count = 0; count < 17; count++) data.append('image[]', new Blob([world.square]), 'a.png')
    expect(await (await world.post(data)).response.json()).toMatchObject({
      error: { param: 'image', message: expect.stringContaining('There are 17; at most 16 are allowed') as unknown },
    })
  })

  it('an empty field is one that was not given, as the Python SDK writes None', async () => {
    const { response } = await world.post(form({ ...gpt, image: new Blob([world.square]), n: '', size: '' }))
    expect(response.status).toBe(200)
  })

  it('empty fields and a file that was not chosen stay here, also where the model does not take them', async () => {
    const data = form({ ...gpt, image: new Blob([world.square]), n: '', size: '', response_format: '', style: '' })
    data.append('mask', new Blob([]), '')
    const { response } = await world.post(data)
    expect(response.status).toBe(200)
    expect(response.headers.get('x-gateway-dropped-parameters')).toBeNull()
    const [request] = world.upstream.received
    const sent = await new Response(request?.body, {
      headers: { 'content-type': String(request?.headers['content-type']) },
    }).formData()
    expect([...sent.keys()].toSorted()).toEqual(['image', 'model', 'prompt'])
  })

  it('a drawing is ordered member by member', async () => {
    const data = form({ ...gpt, model: 'gpt-image-2.6-flare', image: new Blob([world.square]), output_format: 'svg' })
    data.append('svg[model]', 'gpt-5.5')
    data.append('svg[reasoning][effort]', 'enormous')
    const { response } = await world.post(data)
    expect(await response.json()).toMatchObject({ error: { code: 'invalid_value', param: 'svg.reasoning.effort' } })
    data.set('svg[reasoning][effort]', 'low')
    expect((await world.post(data)).response.status).toBe(200)
    expect(world.upstream.received[0]?.body.toString('latin1')).toContain('name="svg[reasoning][effort]"')
  })

  it('can be asked for in advance, with the highest cost', async () => {
    const { response } = await world.post(
      form({ ...gpt, image: new Blob([world.square]), quality: 'low', size: '1024x1024' }),
      {},
      '/gateway/check/edits',
    )
    expect(await response.json()).toMatchObject({ valid: true, highest_cost_usd: (7 * 5 + 1024 * 8 + 245 * 30) / 1e6 })
    expect(world.upstream.received).toHaveLength(0)
  })
})
