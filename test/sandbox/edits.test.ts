import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { parseSize } from '../../sandbox/comet/rules/sizes.ts'
import { sizeLike } from '../../sandbox/comet/rules/source-size.ts'
import { dataOf, pictureOf, sandbox, send, upload } from './calling.ts'
import { difference, look, maskFor, photo } from './pixels.ts'
import { eventsOf, pictureIn } from './streams.ts'
import type { Family } from '../../sandbox/comet/rules/served-models.ts'
import type { Answer, Part } from './calling.ts'

const { url } = await sandbox()
const WIDE = await photo(1024, 640)
const OPENING = { left: 512, top: 200, width: 320, height: 320 }
const OUTSIDE = { left: 0, top: 0, width: 512, height: 640 }
const MASK = await maskFor(1024, 640, OPENING)
const ORDER: readonly Part[] = [
  ['model', 'gpt-image-2'],
  ['prompt', 'a sailing boat at dawn'],
]

const SMALL: readonly Part[] = [
  ['model', 'dall-e-2'],
  ['size', '256x256'],
  ['response_format', 'b64_json'],
]

const edit = (...parts: Part[]): Promise<Answer> => upload(url, 'edits', [...ORDER, ...parts])

describe('an edit with a mask', async () => {
  const answer = await edit(['image', WIDE], ['mask', MASK])
  const edited = pictureOf(answer)

  it('draws anew what the mask opens, and keeps the rest', async () => {
    expect([answer.status, await look(edited)]).toEqual([200, 'png 1024x640'])
    expect(await difference(WIDE, edited, OUTSIDE)).toBeLessThan(0.5)
    expect(await difference(WIDE, edited, OPENING)).toBeGreaterThan(20)
  })

  it('keeps the rest also in another size and format', async () => {
    const parts: Part[] = [
      ['size', '1280x800'],
      ['output_format', 'jpeg'],
      ['output_compression', '90'],
    ]
    const large = pictureOf(await edit(['mask', MASK], ['image', WIDE], ...parts))
    expect(await look(large)).toBe('jpeg 1280x800')
    const small = await sharp(large).resize(1024, 640).png().toBuffer()
    expect(await difference(WIDE, small, OUTSIDE)).toBeLessThan(3)
    expect(await difference(WIDE, small, OPENING)).toBeGreaterThan(20)
  })

  it('changes nothing when the mask opens nothing', async () => {
    const closed = await sharp(WIDE).ensureAlpha().png().toBuffer()
    expect(await difference(WIDE, pictureOf(await edit(['image', WIDE], ['mask', closed])))).toBeLessThan(0.5)
  })

  it('leaves a hole around the motif when the background is to be transparent', async () => {
    const open = pictureOf(await edit(['image', WIDE], ['mask', MASK], ['background', 'transparent']))
    const corner = sharp(open).extract({ left: 514, top: 202, width: 4, height: 4 }).extractChannel(3)
    expect((await corner.raw().toBuffer())[0]).toBe(0)
    expect(await difference(WIDE, open, OUTSIDE)).toBeLessThan(0.5)
  })

  it('shows the further pictures inside the opening', async () => {
    const red = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer()
    const two = pictureOf(await edit(['image[]', WIDE], ['image[]', red], ['mask', MASK]))
    expect(await difference(edited, two, OUTSIDE)).toBeLessThan(0.5)
    expect(await difference(edited, two, OPENING)).toBeGreaterThan(3)
  })
})

describe('an edit without a mask', () => {
  it('changes the whole picture visibly, in its own way for each prompt and number, and always in the same', async () => {
    const square = await photo(256, 256)
    const change = async (prompt: string, n: number): Promise<Answer> =>
      upload(url, 'edits', [...SMALL, ['prompt', prompt], ['n', String(n)], ['image', square]])
    const two = await change('a sailing boat at dawn', 2)
    const [first, second] = [pictureOf(two, 0), pictureOf(two, 1)]
    const snow = await change('snow', 2)
    const [third, fourth] = [pictureOf(snow, 0), pictureOf(snow, 1)]
    for (const picture of [first, second, third, fourth]) expect(await difference(square, picture)).toBeGreaterThan(12)
    expect(await difference(first, second)).toBeGreaterThan(5)
    expect(await difference(first, third)).toBeGreaterThan(5)
    expect(await difference(third, fourth)).toBeGreaterThan(3)
    expect(pictureOf(await change('snow', 1)).equals(third)).toBe(true)
  })

  it('takes pictures under every name that CometAPI takes, in jpeg or webp too', async () => {
    const parts: Part[] = [
      ['image', await photo(128, 80, 'jpeg')],
      ['image[]', await photo(64, 64, 'webp')],
      ['image[7]', await photo(64, 64)],
    ]
    const answer = await edit(...parts, ['size', '1024x640'])
    expect(await look(pictureOf(answer))).toBe('png 1024x640')
    expect(answer.body.usage).toMatchObject({ input_tokens_details: { image_tokens: 640 + 1024 + 1024 } })
  })

  it('keeps the shape of the picture, as far as its model has it', async () => {
    const order: Part[] = [
      ['model', 'gpt-image-1'],
      ['prompt', 'x'],
    ]
    const answer = await upload(url, 'edits', [...order, ['image', await photo(300, 500)], ['output_format', 'webp']])
    expect(await look(pictureOf(answer))).toBe('webp 1024x1536')
  })

  it.each<[Family, string, string]>([
    ['gpt-2', '1040x800', '1040x800'],
    ['gpt-2', '100x50', '1456x720'],
    ['gpt-2.5', '2000x100', '1776x592'],
    ['gpt-2', '4000x3000', '1184x880'],
    ['gpt-1', '500x480', '1024x1024'],
    ['gpt-1', '1000x200', '1536x1024'],
    ['qwen-edit', '64x64', '1024x1024'],
  ])('by %s of %s becomes %s', (family, source, size) => {
    const { width, height } = sizeLike(parseSize(source) ?? { width: 0, height: 0 }, family)
    expect(`${width}x${height}`).toBe(size)
  })
})

describe('the answer to an edit', () => {
  it('has the documented shape, with new-api’s usage keys', async () => {
    const { body } = await edit(['image', WIDE], ['output_format', 'webp'])
    expect(Object.keys(body)).toEqual(['created', 'data', 'usage'])
    expect(body.usage).toEqual({
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 759,
      prompt_tokens_details: { cached_tokens_details: {} },
      completion_tokens_details: {},
      input_tokens: 652,
      output_tokens: 107,
      input_tokens_details: { image_tokens: 640, text_tokens: 12, cached_tokens_details: {} },
      claude_cache_creation_5_m_tokens: 0,
      claude_cache_creation_1_h_tokens: 0,
    })
  })

  it('comes from gpt-image-1.5 when no model is named', async () => {
    const answer = await upload(url, 'edits', [
      ['prompt', 'x'],
      ['image', await photo(64, 64)],
      ['quality', 'low'],
    ])
    expect(answer.body.usage).toMatchObject({
      input_tokens_details: { image_tokens: 194 },
      output_tokens_details: { image_tokens: 272 },
    })
  })

  it('is a link for dall-e-2 and qwen-image-edit', async () => {
    const parts: Part[] = [
      ['prompt', 'x'],
      ['image', await photo(64, 64)],
    ]
    const dallE = await upload(url, 'edits', [...parts, ['model', 'dall-e-2'], ['size', '256x256']])
    const qwen = await upload(url, 'edits', [...parts, ['model', 'qwen-image-edit'], ['n', '1']])
    for (const [answer, size] of [
      [dallE, '256x256'],
      [qwen, '1024x1024'],
    ] as const) {
      expect([Object.keys(answer.body), Object.keys(dataOf(answer)[0] ?? {})]).toEqual([['created', 'data'], ['url']])
      const file = await fetch(dataOf(answer)[0]?.['url'] ?? '')
      expect(await look(Buffer.from(await file.arrayBuffer()))).toBe(`png ${size}`)
    }
  })

  it('is base64 for dall-e-2 when asked, which edits where its picture is transparent', async () => {
    const square = await photo(256, 256)
    const opening = { left: 128, top: 0, width: 128, height: 256 }
    const own = await sharp(square)
      .composite([{ input: await maskFor(256, 256, opening), blend: 'dest-in' }])
      .png()
      .toBuffer()
    const edited = pictureOf(await upload(url, 'edits', [...SMALL, ['prompt', 'a cat'], ['image', own]]))
    expect(await difference(square, edited, { left: 0, top: 0, width: 128, height: 256 })).toBeLessThan(0.5)
    expect(await difference(square, edited, opening)).toBeGreaterThan(20)
  })
})

describe('a streamed edit', () => {
  it('brings its events under names of its own, and counts the uploaded picture', async () => {
    const parts: Part[] = [
      ['stream', 'true'],
      ['partial_images', '1'],
      ['output_format', 'webp'],
    ]
    const response = await send(url, 'edits', [...ORDER, ['image', WIDE], ['mask', MASK], ...parts])
    const events = eventsOf(await response.text())
    expect(events.map(({ name }) => name)).toEqual(['image_edit.partial_image', 'image_edit.completed'])
    expect(events[1]?.data).toMatchObject({ type: 'image_edit.completed', size: '1024x640', output_format: 'webp' })
    expect(events[1]?.data['usage']).toEqual({
      total_tokens: 859,
      input_tokens: 652,
      output_tokens: 207,
      input_tokens_details: { text_tokens: 12, image_tokens: 640 },
    })
    expect(await difference(WIDE, pictureIn(events[1]), OUTSIDE)).toBeLessThan(4)
    expect(await difference(pictureIn(events[0]), pictureIn(events[1]))).toBeGreaterThan(0.5)
  })
})
