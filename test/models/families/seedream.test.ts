import { describe, expect, it } from 'vitest'
import { onlyProblem, problems } from '../checking.ts'

const MODELS = [
  'doubao-seedream-5-0-260128',
  'doubao-seedream-4-5-251128',
  'bytedance-seedream-4-0-250828',
  'seedream-6-0',
]

const images = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `https://example.com/${index}.png`)
const sequence = (max_images: unknown): Record<string, unknown> => ({
  sequential_image_generation: 'auto',
  sequential_image_generation_options: { max_images },
})

const TAKEN: readonly Record<string, unknown>[] = [
  { size: '2K' },
  { size: '4K' },
  { size: '2048x2048' },
  { size: '2304x1728' },
  { size: '2848x1600' },
  { size: '1920x1920' },
  { size: null },
  { response_format: 'url' },
  { response_format: 'b64_json' },
  { watermark: false },
  { watermark: null },
  { guidance_scale: 7.5 },
  { guidance_scale: 3 },
  { stream: true },
  { n: 1 },
  { image: 'https://example.com/a.png?x=1&y=2' },
  { image: 'data:image/png;base64,AAAA' },
  { image: images(1) },
  { image: images(14) },
  { image: null },
  { output_format: 'jpeg' },
  { output_format: null },
  { optimize_prompt_options: { mode: 'fast' } },
  { tools: [{ type: 'web_search' }] },
  { sequential_image_generation: 'disabled' },
  { sequential_image_generation: 'auto' },
  { sequential_image_generation: 'auto', sequential_image_generation_options: {} },
  sequence(1),
  sequence(15),
  sequence(null),
]

const REFUSED: readonly [given: Record<string, unknown>, code: string, param: string, says: string][] = [
  [{ size: 'auto' }, 'invalid_value', 'size', 'WIDTHxHEIGHT'],
  [{ size: '2k' }, 'invalid_value', 'size', "Did you mean '2K'?"],
  [{ n: 2 }, 'invalid_value', 'n', 'the integer 1'],
  [{ response_format: 'png' }, 'invalid_value', 'response_format', "'url' and 'b64_json'"],
  [{ watermark: 'false' }, 'invalid_type', 'watermark', 'expected a boolean, but got a string'],
  [{ guidance_scale: '7' }, 'invalid_type', 'guidance_scale', 'expected a decimal number, but got a string'],
  [{ sequential_image_generation: 'on' }, 'invalid_value', 'sequential_image_generation', "'auto' and 'disabled'"],
  [{ image: images(15) }, 'invalid_value', 'image', 'an array of 1 to 14'],
  [{ image: [] }, 'invalid_value', 'image', 'an array of 1 to 14'],
  [{ image: '' }, 'invalid_value', 'image', 'a URL or data URI'],
  [{ image: 5 }, 'invalid_type', 'image', 'expected a string or an array, but got an integer'],
  [{ image: [...images(2), ''] }, 'invalid_value', 'image[2]', 'a URL or data URI'],
  [sequence(0), 'invalid_value', 'sequential_image_generation_options.max_images', 'an integer from 1 to 15'],
  [sequence(16), 'invalid_value', 'sequential_image_generation_options.max_images', 'an integer from 1 to 15'],
  [
    { sequential_image_generation_options: [] },
    'invalid_type',
    'sequential_image_generation_options',
    'expected an object, but got an array',
  ],
]

describe.each(MODELS)('%s', (model) => {
  it.each(TAKEN)('takes %j', (parameters) => {
    expect(problems(model, parameters)).toEqual([])
  })

  it.each(REFUSED)('refuses %j: %s of %s', (parameters, code, param, says) => {
    const all = problems(model, parameters)
    expect(all[0]).toEqual({ code, param, message: expect.stringContaining(says) })
    expect(new Set(all.map((problem) => problem.param))).toEqual(new Set([param]))
  })

  it.each(['quality', 'style', 'background'])('refuses %s, which other models take', (name) => {
    expect(onlyProblem(model, { [name]: 'auto' })).toMatchObject({ code: 'unsupported_parameter', param: name })
  })
})

/** Version → model ids, and what its sizes and formats are. */
const VERSIONS: readonly {
  readonly models: readonly string[]
  readonly taken: readonly string[]
  readonly refused: readonly (readonly [size: string, says: string])[]
  readonly formats: readonly string[]
}[] = [
  {
    models: ['doubao-seedream-3-0-t2i-250415', 'seedream-3-0'],
    taken: ['1024x1024', '512x512', '2048x2048'],
    refused: [['2K', 'Expected WIDTHxHEIGHT.']],
    formats: ['png', 'jpeg'],
  },
  {
    models: ['bytedance-seedream-4-0-250828', 'doubao-seedream-4-0-250828', 'seedream-4-0-250828'],
    taken: ['1K', '2K', '4K', '1280x720', '1024x1024', '4096x4096'],
    refused: [
      ['1279x720', 'It has 920,880 pixels; at least 921,600 are needed.'],
      ['4096x4112', 'at most 16,777,216 are allowed'],
      [
        '3K',
        "Expected '1K', or '2K', or '4K', or WIDTHxHEIGHT with at least 921,600 pixels, at most 16,777,216 pixels.",
      ],
    ],
    formats: ['jpeg'],
  },
  {
    models: ['doubao-seedream-4-5-251128', 'seedream-4-5-251128'],
    taken: ['2K', '4K', '2560x1440', '4096x4096'],
    refused: [
      ['1024x1024', 'It has 1,048,576 pixels; at least 3,686,400 are needed.'],
      ['1920x1919', 'at least 3,686,400 are needed'],
      ['1K', "Expected '2K', or '4K', or WIDTHxHEIGHT with at least 3,686,400 pixels"],
    ],
    formats: ['jpeg'],
  },
  {
    models: ['doubao-seedream-5-0-260128', 'doubao-seedream-5-0-lite-270101', 'seedream-5-0-lite'],
    taken: ['2K', '3K', '4K', '1920x1920'],
    refused: [
      ['1K', "'2K', or '3K', or '4K', or WIDTHxHEIGHT"],
      ['1024x1024', 'at least 3,686,400 are needed'],
    ],
    formats: ['png', 'jpeg'],
  },
  {
    models: ['seedream-5-0-pro', 'seedream-5-0-pro-260628', 'doubao-seedream-5-0-pro-260628'],
    taken: ['1K', '1.5K', '2K', '1280x720', '1024x1024'],
    refused: [
      ['4K', "'1K', or '1.5K', or '2K'"],
      ['900x1000', 'at least 921,600 are needed'],
    ],
    formats: ['png', 'jpeg'],
  },
  {
    models: ['seedream-6-0', 'doubao-seedream-9', 'bytedance-seedream-unheard-of'],
    taken: ['1K', '1.5K', '2K', '3K', '4K', '64x64', '9000x9000'],
    refused: [['auto', 'WIDTHxHEIGHT']],
    formats: ['png', 'jpeg'],
  },
]

describe("ByteDance's limits of a version", () => {
  const models = VERSIONS.flatMap(({ models: ids, ...version }) => ids.map((id) => [id, version] as const))

  it.each(models)('of %s: its sizes', (model, { taken, refused }) => {
    for (const size of taken) expect(problems(model, { size }), size).toEqual([])
    for (const [size, says] of refused) {
      const message: unknown = expect.stringContaining(says)
      expect(onlyProblem(model, { size })).toEqual({ code: 'invalid_value', param: 'size', message })
    }
  })

  it.each(models)('of %s: its formats', (model, { formats }) => {
    for (const output_format of formats) expect(problems(model, { output_format })).toEqual([])
    for (const output_format of ['png', 'jpeg', 'webp'].filter((one) => !formats.includes(one)))
      expect(onlyProblem(model, { output_format })).toMatchObject({ code: 'invalid_value', param: 'output_format' })
  })
})

describe('references and images of a sequence', () => {
  const model = 'doubao-seedream-5-0-260128'

  it.each([
    [14, 1],
    [1, 14],
    [5, 10],
    [0, 15],
  ])('may be %i and %i, 15 together', (references, max) => {
    const image = references === 0 ? {} : { image: images(references) }
    expect(problems(model, { ...sequence(max), ...image })).toEqual([])
  })

  it.each([
    [14, 2],
    [1, 15],
    [6, 10],
  ])('may not be %i and %i', (references, max) => {
    expect(onlyProblem(model, { ...sequence(max), image: images(references) })).toEqual({
      code: 'invalid_value',
      param: 'sequential_image_generation_options.max_images',
      message: `${references} reference images and ${max} new ones are more than 15 together.`,
    })
  })

  it('count a reference that is given as a string', () => {
    expect(onlyProblem(model, { ...sequence(15), image: 'https://example.com/a.png' })).toMatchObject({
      param: 'sequential_image_generation_options.max_images',
    })
  })

  it('do not matter while the sequence is disabled', () => {
    expect(problems(model, { ...sequence(15), sequential_image_generation: 'disabled', image: images(14) })).toEqual([])
  })

  it('name the place of a reference that is no string', () => {
    expect(onlyProblem(model, { image: ['https://example.com/a.png', 5] }).param).toBe('image[1]')
  })

  it('name a member of the options that does not exist', () => {
    expect(onlyProblem(model, { sequential_image_generation_options: { max: 3 } }).param).toBe(
      'sequential_image_generation_options.max',
    )
  })

  it('say that a max_images of the wrong type has the wrong type', () => {
    expect(onlyProblem(model, sequence('3'))).toMatchObject({
      code: 'invalid_type',
      param: 'sequential_image_generation_options.max_images',
    })
  })
})
