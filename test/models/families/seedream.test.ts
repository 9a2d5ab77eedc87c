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
  { sequential_image_generation: 'disabled' },
  { sequential_image_generation: 'auto' },
  { sequential_image_generation: 'auto', sequential_image_generation_options: {} },
  sequence(1),
  sequence(15),
]

const REFUSED: readonly [given: Record<string, unknown>, code: string, param: string, says: string][] = [
  [{ size: '1024x1024' }, 'invalid_value', 'size', 'It has 1,048,576 pixels; at least 3,686,400 are needed.'],
  [{ size: '1920x1919' }, 'invalid_value', 'size', 'at least 3,686,400 are needed'],
  [{ size: '2k' }, 'invalid_value', 'size', "Did you mean '2K'?"],
  [{ size: '1K' }, 'invalid_value', 'size', "Expected '2K', or '4K', or WIDTHxHEIGHT with at least 3,686,400 pixels."],
  [{ size: 'auto' }, 'invalid_value', 'size', "'2K', or '4K', or WIDTHxHEIGHT"],
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

  it.each(['quality', 'style', 'background', 'output_format'])('refuses %s, which other models take', (name) => {
    expect(onlyProblem(model, { [name]: 'auto' })).toMatchObject({ code: 'unsupported_parameter', param: name })
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
