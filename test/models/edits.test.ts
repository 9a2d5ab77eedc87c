import { describe, expect, it } from 'vitest'
import { checkParameters } from '../../src/models/rules/check-parameters.ts'
import { describeModel } from '../../src/models/describe.ts'
import { ImageFile, ImageUrl } from '../../src/models/rules/image-file.ts'
import { catalogue, modelOf } from './checking.ts'
import type { Issue } from '../../src/errors/gateway-error.ts'
import type { RuleSet } from '../../src/models/model.ts'

const MEGABYTE = 1_048_576

type Given = Readonly<Record<string, unknown>>

function problems(model: string, given: Given, ruleSet: RuleSet = 'images.edits'): readonly Issue[] {
  const rules = modelOf(model).ruleSets[ruleSet]
  if (rules === undefined) throw new Error(`${model} has no rules for ${ruleSet}`)
  const parameters = new Map(Object.entries(given))
  const { issues, notTaken } = checkParameters(rules, model, parameters, catalogue.namesIn(ruleSet))
  return [...issues, ...notTaken]
}

/** The problems in short: `param: code`. */
function wrong(model: string, given: Given, ruleSet?: RuleSet): readonly string[] {
  return problems(model, given, ruleSet).map(({ param, code }) => `${param}: ${code}`)
}

function png(width = 64, height = 64, more: Partial<ImageFile> = {}): ImageFile {
  return new ImageFile({ bytes: 5000, format: 'png', width, height, hasAlpha: true, ...more })
}

const form = (given: Given = {}): Given => ({ prompt: 'A paper boat', image: [png()], ...given })
const json = (given: Given = {}): Given => ({ prompt: 'A paper boat', images: [{ file_id: 'file-1' }], ...given })
const image = (given: Given = {}): Given => ({ image: [png()], ...given })
const asUrl = (file: ImageFile, characters = 9000): { image_url: ImageUrl } => ({
  image_url: new ImageUrl(characters, 'data', file),
})

const GPT = [
  'gpt-image-1',
  'gpt-image-1-mini',
  'gpt-image-1.5',
  'chatgpt-image-latest',
  'gpt-image-2',
  'gpt-image-2-2026-04-21',
  'gpt-image-2.5-flare',
  'gpt-image-2.6-sunburst',
]
const WITH_FIDELITY = ['gpt-image-1', 'gpt-image-1.5', 'chatgpt-image-latest']

describe('input_fidelity', () => {
  it.each(WITH_FIDELITY)('is taken by %s, high or low, in a form and in JSON', (model) => {
    for (const input_fidelity of ['high', 'low', null]) {
      expect(wrong(model, form({ input_fidelity }))).toEqual([])
      expect(wrong(model, json({ input_fidelity }), 'images.edits.json')).toEqual([])
    }
    expect(wrong(model, form({ input_fidelity: 'medium' }))).toEqual(['input_fidelity: invalid_value'])
    expect(wrong(model, json({ input_fidelity: true }), 'images.edits.json')).toEqual(['input_fidelity: invalid_type'])
  })

  it('is taken by gpt-image-1-mini, low alone', () => {
    expect(wrong('gpt-image-1-mini', form({ input_fidelity: 'low' }))).toEqual([])
    expect(wrong('gpt-image-1-mini', form({ input_fidelity: 'high' }))).toEqual(['input_fidelity: invalid_value'])
    expect(wrong('gpt-image-1-mini', json({ input_fidelity: 'high' }), 'images.edits.json')).toEqual([
      'input_fidelity: invalid_value',
    ])
  })

  it.each(GPT.filter((model) => ![...WITH_FIDELITY, 'gpt-image-1-mini'].includes(model)))(
    'is not taken by %s',
    (model) => {
      expect(wrong(model, form({ input_fidelity: 'high' }))).toEqual(['input_fidelity: unsupported_parameter'])
      expect(wrong(model, json({ input_fidelity: 'high' }), 'images.edits.json')).toEqual([
        'input_fidelity: unsupported_parameter',
      ])
    },
  )

  it('is no parameter of dall-e-2, of a generation or of a variation', () => {
    expect(wrong('dall-e-2', form({ input_fidelity: 'high' }))).toEqual(['input_fidelity: unsupported_parameter'])
    expect(wrong('gpt-image-1', { prompt: 'a', input_fidelity: 'high' }, 'images.generations')).toEqual([
      'input_fidelity: unknown_parameter',
    ])
    expect(wrong('dall-e-2', image({ input_fidelity: 'high' }), 'images.variations')).toEqual([
      'input_fidelity: unknown_parameter',
    ])
  })
})

describe('an edit takes', () => {
  it.each<[model: string, given: Given, wrong: readonly string[]]>([
    ['gpt-image-1', { size: '1536x1024', n: 10, quality: 'high', output_format: 'webp' }, []],
    ['gpt-image-1', { size: '2048x2048' }, ['size: invalid_value']],
    ['gpt-image-1', { quality: 'xhigh' }, ['quality: invalid_value']],
    ['gpt-image-1', { quality: 'standard' }, ['quality: invalid_value']],
    ['gpt-image-1', { output_format: 'gif' }, ['output_format: invalid_value']],
    ['gpt-image-2', { size: '2048x1152', n: 1, quality: 'auto' }, []],
    ['gpt-image-2', { size: '1920x1080' }, ['size: invalid_value']],
    ['gpt-image-2', { size: '512x512' }, ['size: invalid_value']],
    ['gpt-image-2', { quality: 'xhigh' }, ['quality: invalid_value']],
    ['gpt-image-2.5-flare', { quality: 'xhigh' }, []],
    ['gpt-image-2.5-flare', { complexity: 'low' }, ['complexity: unsupported_parameter']],
    ['gpt-image-2.6-flare', { quality: 'max', complexity: 'low', output_format: 'svg', safety_identifier: 'x' }, []],
    ['gpt-image-2.6-flare', { output_format: 'gif', background: 'transparent' }, ['background: invalid_value']],
    ['gpt-image-2', { n: 0 }, ['n: invalid_value']],
    ['gpt-image-2', { n: 11 }, ['n: invalid_value']],
    ['gpt-image-2', { response_format: 'url' }, ['response_format: unsupported_parameter']],
    ['gpt-image-2', { style: 'vivid' }, ['style: unknown_parameter']],
    ['gpt-image-2', { moderation: 'low' }, []],
    ['gpt-image-2', { moderation: 'none' }, ['moderation: invalid_value']],
    ['gpt-image-2', { images: [{ file_id: 'x' }] }, ['images: unsupported_parameter']],
    ['gpt-image-2', { output_compression: 50 }, ['output_compression: invalid_value']],
    ['gpt-image-2', { output_compression: 50, output_format: 'jpeg' }, []],
    ['gpt-image-2', { partial_images: 2 }, ['partial_images: invalid_value']],
    ['gpt-image-2', { partial_images: 2, stream: true }, []],
    ['dall-e-2', { n: 10, size: '256x256', response_format: 'b64_json', user: 'me' }, []],
    ['dall-e-2', { size: '1536x1024' }, ['size: invalid_value']],
    ['dall-e-2', { size: 'auto' }, ['size: invalid_value']],
    ['dall-e-2', { stream: true }, ['stream: unsupported_parameter']],
    ['dall-e-2', { background: 'auto' }, ['background: unsupported_parameter']],
    ['qwen-image-edit', { n: 1, size: '1328x1328', seed: '5', watermark: 'false' }, []],
    ['qwen-image-edit', { n: 2 }, ['n: invalid_value']],
    ['qwen-image-edit', { response_format: 'file' }, ['response_format: invalid_value']],
  ])('of %s: %o', (model, given, expected) => {
    expect(wrong(model, form(given))).toEqual(expected)
  })

  it('moderation in JSON too', () => {
    expect(wrong('gpt-image-2', json({ moderation: 'low' }), 'images.edits.json')).toEqual([])
  })

  it.each([
    ['dall-e-2', 1000],
    ['gpt-image-2', 32_000],
    ['qwen-image-edit', 32_000],
  ])('a prompt for %s of at most %d characters', (model, most) => {
    expect(wrong(model, form({ prompt: '🦊'.repeat(most) }))).toEqual([])
    expect(wrong(model, form({ prompt: 'x'.repeat(most + 1) }))).toEqual(['prompt: invalid_value'])
    expect(wrong(model, form({ prompt: '' }))).toEqual(['prompt: invalid_value'])
    expect(wrong(model, image())).toEqual(['prompt: missing_required_parameter'])
  })

  it.each(['dall-e-3', 'qwen-image', 'doubao-seedream-4-5-251128'])('nothing of %s', (model) => {
    expect(Object.keys(modelOf(model).ruleSets)).toEqual(['images.generations'])
  })
})

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

describe('a model that the catalogue does not know', () => {
  it('may have any files and any other fields, as long as there is a prompt and an image', () => {
    const anything = { image: [png(1, 2, { format: 'gif' }), png(0, 0, { bytes: 0 })], seed: '7', mask: [png(3, 3)] }
    expect(wrong('image-model-next', form(anything))).toEqual([])
    expect(wrong('image-model-next', { seed: '7' })).toEqual([
      'prompt: missing_required_parameter',
      'image: missing_required_parameter',
    ])
    expect(wrong('image-model-next', form({ n: 0, stream: 'yes', image: 'x' }))).toEqual([
      'image: invalid_type',
      'n: invalid_value',
      'stream: invalid_type',
    ])
    expect(wrong('image-model-next', { image: [png()] }, 'images.variations')).toEqual([])
    expect(wrong('image-model-next', { prompt: 'a', images: 'anything' }, 'images.edits.json')).toEqual([])
  })
})

describe('what /gateway/models says of edits', () => {
  it.each(catalogue.models.map(({ id }) => id))('can be written as JSON Schema: %s', (id) => {
    const model = catalogue.models.find((one) => one.id === id)
    expect(model).toBeDefined()
    if (model === undefined) return
    const described = JSON.stringify(describeModel(model))
    for (const ruleSet of ['images.edits', 'images.edits.json', 'images.variations'] as const)
      expect(described.includes(`"${ruleSet}"`)).toBe(model.ruleSets[ruleSet] !== undefined)
  })
})
