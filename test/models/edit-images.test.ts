import { describe, expect, it } from 'vitest'
import { ImageUrl } from '../../src/models/rules/image-file.ts'
import { modelOf } from './checking.ts'
import { asUrl, form, image, json, png, problems, wrong } from './edit-orders.ts'
import type { ImageFile } from '../../src/models/rules/image-file.ts'
import type { Given } from './edit-orders.ts'

const MEGABYTE = 1_048_576

describe('images of an edit', () => {
  it.each(['gpt-image-1', 'gpt-image-2', 'qwen-image-edit'])('for %s are 1 to 16 png, webp or jpeg', (model) => {
    for (const format of ['png', 'webp', 'jpeg'])
      expect(wrong(model, form({ image: Array.from({ length: 16 }, () => png(9, 7, { format })) }))).toEqual([])
    expect(wrong(model, form({ image: Array.from({ length: 17 }, () => png()) }))).toEqual(['image: invalid_value'])
    expect(wrong(model, { prompt: 'a' })).toEqual(['image: missing_required_parameter'])
    for (const format of ['gif', 'svg', 'heic', 'avif', 'bmp', 'pdf'])
      expect(problems(model, form({ image: [png(), png(9, 9, { format })] }))[0]?.message).toContain(
        `Image 2 is a ${format} file, whatever its name says.`,
      )
  })

  it('for GPT models are each smaller than 50 MB', () => {
    const sized = (bytes: number): Given => form({ image: [png(64, 64, { bytes })] })
    expect(wrong('gpt-image-2', sized(50 * MEGABYTE - 1))).toEqual([])
    expect(problems('gpt-image-2', sized(50 * MEGABYTE))[0]?.message).toContain('It has 50.0 MB.')
    expect(problems('gpt-image-2', sized(0))[0]?.message).toContain('It is empty.')
  })

  it.each<[what: string, file: ImageFile, message: string | undefined]>([
    ['a square png', png(8, 8, { hasAlpha: false }), undefined],
    ['a png that is not square', png(8, 9), 'It is not square: it has 8x9 pixels.'],
    ['a png of 4 MB', png(8, 8, { bytes: 4 * MEGABYTE }), 'It has 4.0 MB.'],
    ['a png of less', png(8, 8, { bytes: 4 * MEGABYTE - 1 }), undefined],
    ['a jpeg', png(8, 8, { format: 'jpeg' }), 'It is a jpeg file, whatever its name says.'],
    ['a text', png(8, 8, { format: undefined }), 'It is not an image of a known format.'],
  ])('for dall-e-2, in an edit and a variation: %s', (_what, file, message) => {
    for (const [given, ruleSet] of [
      [form({ image: [file] }), 'images.edits'],
      [image({ image: [file] }), 'images.variations'],
    ] as const) {
      const found = problems('dall-e-2', given, ruleSet)
      expect(found.map(({ param }) => param)).toEqual(message === undefined ? [] : ['image'])
      if (message !== undefined) expect(found[0]?.message).toContain(message)
    }
  })

  it('for dall-e-2 are one', () => {
    const two = { image: [png(), png()] }
    expect(wrong('dall-e-2', form(two))).toEqual(['image: invalid_value'])
    expect(wrong('dall-e-2', image(two), 'images.variations')).toEqual(['image: invalid_value'])
  })

  it('are files: a text is none', () => {
    expect(wrong('gpt-image-2', form({ image: 'a.png' }))).toEqual(['image: invalid_type'])
    expect(wrong('gpt-image-2', form({ image: [] }))).toEqual(['image: invalid_type'])
  })
})

describe('a mask', () => {
  it.each(['gpt-image-1', 'gpt-image-2.6-flare', 'qwen-image-edit', 'dall-e-2'])('for %s', (model) => {
    const masked = (mask: ImageFile, first = png()): readonly string[] =>
      wrong(model, form({ image: [first], mask: [mask] }))
    expect(masked(png())).toEqual([])
    expect(masked(png(64, 64, { hasAlpha: false }))).toEqual(['mask: invalid_value'])
    expect(masked(png(64, 64, { format: 'webp' }))).toEqual(['mask: invalid_value'])
    expect(masked(png(32, 32))).toEqual(['mask: invalid_value'])
    expect(masked(png(64, 64, { bytes: 50 * MEGABYTE }))).toEqual(['mask: invalid_value'])
    expect(wrong(model, form({ mask: [png(), png()] }))).toEqual(['mask: invalid_value'])
    // The upstream judges what cannot be told here.
    expect(masked(png(64, 64, { hasAlpha: undefined }))).toEqual([])
    expect(masked(png(64, 64, { width: undefined, height: undefined }))).toEqual([])
  })

  it('is compared with the first image only', () => {
    const given = { image: [png(64, 64), png(9, 9)], mask: [png(64, 64)] }
    expect(wrong('gpt-image-2', form(given))).toEqual([])
    expect(wrong('gpt-image-2', form({ ...given, image: given.image.toReversed() }))).toEqual(['mask: invalid_value'])
  })

  it('for dall-e-2 is smaller than 4 MB, and is no part of a variation', () => {
    expect(wrong('dall-e-2', form({ mask: [png(64, 64, { bytes: 4 * MEGABYTE })] }))).toEqual(['mask: invalid_value'])
    expect(wrong('dall-e-2', image({ mask: [png()] }), 'images.variations')).toEqual(['mask: unknown_parameter'])
  })

  it('in JSON is a png with alpha and the size of the first image, as far as it can be seen', () => {
    const masked = (mask: unknown, first: unknown): readonly string[] =>
      wrong('gpt-image-2', json({ images: [first], mask }), 'images.edits.json')
    const remote = { image_url: new ImageUrl(30, 'https', undefined) }
    expect(masked(asUrl(png()), asUrl(png()))).toEqual([])
    expect(masked(asUrl(png(32, 32)), asUrl(png()))).toEqual(['mask: invalid_value'])
    expect(masked(asUrl(png(32, 32)), remote)).toEqual([])
    expect(masked(remote, asUrl(png()))).toEqual([])
    expect(masked({ file_id: 'file-1' }, asUrl(png()))).toEqual([])
    expect(masked(asUrl(png(64, 64, { hasAlpha: false })), remote)).toEqual(['mask: invalid_value'])
    expect(masked(asUrl(png(64, 64, { format: 'jpeg' })), remote)).toEqual(['mask: invalid_value'])
  })
})

describe('images of an edit in JSON', () => {
  const url = (scheme: string | undefined, characters = 30): Given => ({
    image_url: new ImageUrl(characters, scheme, scheme === 'data' ? png() : undefined),
  })

  it.each<[what: string, images: unknown, wrong: readonly string[]]>([
    ['a URL', [url('https')], []],
    ['a URL without TLS', [url('http')], []],
    ['a data URL', [url('data')], []],
    ['a file', [{ file_id: 'file-1' }], []],
    ['sixteen', Array.from({ length: 16 }, () => url('https')), []],
    ['seventeen', Array.from({ length: 17 }, () => url('https')), ['images: invalid_value']],
    ['none', [], ['images: invalid_value']],
    ['null', null, ['images: invalid_type']],
    ['an object', url('https'), ['images: invalid_type']],
    ['a URL as it is', ['https://a/b'], ['images[0]: invalid_type']],
    ['another scheme', [url('https'), url('ftp')], ['images[1].image_url: invalid_value']],
    ['no scheme', [url(undefined)], ['images[0].image_url: invalid_value']],
    ['both', [{ ...url('https'), file_id: 'x' }], ['images[0]: invalid_value']],
    ['neither', [{}], ['images[0]: invalid_value']],
    ['a number', [{ image_url: 5 }], ['images[0].image_url: invalid_value']],
    ['an empty file id', [{ file_id: '' }], ['images[0].file_id: invalid_value']],
    ['a member of another form', [{ ...url('https'), detail: 'high' }], ['images[0].detail: invalid_value']],
    ['a URL of 20 MB', [url('https', 20_971_520)], []],
    ['a longer one', [url('https', 20_971_521)], ['images[0].image_url: invalid_value']],
    ['a gif', [asUrl(png(8, 8, { format: 'gif' }))], ['images[0].image_url: invalid_value']],
    ['an image of no known kind', [asUrl(png(8, 8, { format: undefined }))], ['images[0].image_url: invalid_value']],
  ])('are %s', (_what, images, expected) => {
    expect(wrong('gpt-image-2', json({ images }), 'images.edits.json')).toEqual(expected)
  })

  it('are required, and are not called image', () => {
    expect(wrong('gpt-image-2', { prompt: 'a', image: [png()] }, 'images.edits.json')).toEqual([
      'images: missing_required_parameter',
      'image: unsupported_parameter',
    ])
  })

  it.each(['dall-e-2', 'qwen-image-edit'])('are not for %s, which takes forms only', (model) => {
    expect(modelOf(model).ruleSets['images.edits.json']).toBeUndefined()
  })
})
