import { describe, expect, it } from 'vitest'
import { onlyProblem, problems } from '../checking.ts'

/** Rules across parameters (facts 2.5), the same for every GPT image model. */
const MODELS = [
  'gpt-image-1',
  'gpt-image-1-mini',
  'gpt-image-1.5',
  'chatgpt-image-latest',
  'gpt-image-2',
  'gpt-image-2.5-flare',
  'gpt-image-2.6-flare',
]

const TAKEN: readonly Record<string, unknown>[] = [
  { background: 'transparent' },
  { background: 'transparent', output_format: 'png' },
  { background: 'transparent', output_format: 'webp' },
  { background: 'transparent', output_format: null },
  { background: 'opaque', output_format: 'jpeg' },
  { background: 'auto', output_format: 'jpeg' },
  { background: null, output_format: 'jpeg' },
  { output_compression: 0, output_format: 'jpeg' },
  { output_compression: 50, output_format: 'webp' },
  { output_compression: 100 },
  { output_compression: 100, output_format: 'png' },
  { partial_images: 0 },
  { partial_images: 0, stream: false },
  { partial_images: null },
  { partial_images: 1, stream: true },
  { stream: true, n: 1 },
]

const REFUSED: readonly [given: Record<string, unknown>, param: string, says: string][] = [
  [
    { background: 'transparent', output_format: 'jpeg' },
    'background',
    "not supported for the output format 'jpeg'. Use 'png' or 'webp'.",
  ],
  [{ output_compression: 99 }, 'output_compression', "Use 'jpeg' or 'webp'."],
  [
    { output_compression: 99, output_format: null },
    'output_compression',
    "the output format 'png'. Use 'jpeg' or 'webp'.",
  ],
  [
    { output_compression: 0, output_format: 'png' },
    'output_compression',
    "the output format 'png'. Use 'jpeg' or 'webp'.",
  ],
  [{ partial_images: 1 }, 'partial_images', "Set 'stream' to true"],
  [{ partial_images: 3, stream: false }, 'partial_images', "Set 'stream' to true"],
  [{ partial_images: 3, stream: null }, 'partial_images', "Set 'stream' to true"],
]

describe.each(MODELS)('%s', (model) => {
  it.each(TAKEN)('takes %j', (parameters) => {
    expect(problems(model, parameters)).toEqual([])
  })

  it.each(REFUSED)('refuses %j and names %s', (parameters, param, says) => {
    expect(onlyProblem(model, parameters)).toEqual({
      code: 'invalid_value',
      param,
      message: expect.stringContaining(says),
    })
  })
})

describe('gpt-image-2.6', () => {
  it.each(['gif', 'svg'])('refuses a transparent background with output_format %s', (output_format) => {
    expect(onlyProblem('gpt-image-2.6-flare', { background: 'transparent', output_format })).toMatchObject({
      code: 'invalid_value',
      param: 'background',
    })
  })

  it.each(['gif', 'svg'])('refuses a compression of 80 with output_format %s', (output_format) => {
    expect(onlyProblem('gpt-image-2.6-flare', { output_compression: 80, output_format })).toMatchObject({
      code: 'invalid_value',
      param: 'output_compression',
    })
  })
})

describe('a rule across parameters', () => {
  it('leaves a format of the wrong type to the rule about types', () => {
    expect(onlyProblem('gpt-image-2', { background: 'transparent', output_format: 5 })).toMatchObject({
      code: 'invalid_type',
      param: 'output_format',
    })
  })

  it.each([
    ['output_compression', '50'],
    ['output_compression', 50.5],
    ['partial_images', '2'],
    ['partial_images', 2.5],
  ])('leaves %s = %j to the rule about types', (param, value) => {
    expect(onlyProblem('gpt-image-2', { [param]: value })).toMatchObject({ code: 'invalid_type', param })
  })

  it('does not call a compression of 150 less than 100', () => {
    expect(onlyProblem('gpt-image-2', { output_compression: 150 }).message).toContain('from 0 to 100')
  })

  it('does not repeat a long value in its message', () => {
    const output_format = 'x'.repeat(100_000)
    const lengths = problems('gpt-image-2', { background: 'transparent', output_format }).map(
      ({ message }) => message.length,
    )
    expect(Math.max(...lengths)).toBeLessThan(1000)
  })
})
