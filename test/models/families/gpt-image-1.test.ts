import { describe, expect, it } from 'vitest'
import { onlyProblem, problems } from '../checking.ts'

/** The models that take the three sizes of facts 2.1. */
const FAMILY = ['gpt-image-1', 'gpt-image-1-mini', 'gpt-image-1.5', 'chatgpt-image-latest']

/** Accepted values, borders included (facts 2.1). */
const TAKEN: readonly Record<string, unknown>[] = [
  { n: 1 },
  { n: 10 },
  { n: null },
  { quality: 'low' },
  { quality: 'medium' },
  { quality: 'high' },
  { quality: 'auto' },
  { quality: null },
  { size: 'auto' },
  { size: '1024x1024' },
  { size: '1536x1024' },
  { size: '1024x1536' },
  { size: null },
  { background: 'transparent' },
  { background: 'opaque' },
  { background: 'auto' },
  { background: null },
  { moderation: 'low' },
  { moderation: 'auto' },
  { moderation: null },
  { output_format: 'png' },
  { output_format: 'jpeg' },
  { output_format: 'webp' },
  { output_format: null },
  { output_compression: 100 },
  { output_compression: null },
  { output_compression: 0, output_format: 'jpeg' },
  { output_compression: 100, output_format: 'webp' },
  { stream: true, partial_images: 0 },
  { stream: true, partial_images: 3 },
  { stream: true },
  { stream: false },
  { stream: null },
  { user: 'team-a' },
  { user: '' },
]

/** Refused values: what is given, the parameter that is named, and what the message must say. */
const REFUSED: readonly [given: Record<string, unknown>, param: string, says: string][] = [
  [{ n: 0 }, 'n', "Invalid value for 'n': 0. Expected an integer from 1 to 10."],
  [{ n: 11 }, 'n', "Invalid value for 'n': 11. Expected an integer from 1 to 10."],
  [{ n: -1 }, 'n', 'from 1 to 10'],
  [{ n: 1e300 }, 'n', 'from 1 to 10'],
  [{ quality: 'standard' }, 'quality', "Supported values are: 'low', 'medium', 'high', and 'auto'."],
  [{ quality: 'hd' }, 'quality', "'low', 'medium', 'high', and 'auto'"],
  [{ quality: 'xhigh' }, 'quality', "'low', 'medium', 'high', and 'auto'"],
  [{ quality: 'High' }, 'quality', "Did you mean 'high'?"],
  [{ quality: '' }, 'quality', "'low', 'medium', 'high', and 'auto'"],
  [{ size: '512x512' }, 'size', "'auto', '1024x1024', '1536x1024', and '1024x1536'"],
  [{ size: '2048x2048' }, 'size', "'auto', '1024x1024', '1536x1024', and '1024x1536'"],
  [{ size: '1792x1024' }, 'size', "'auto', '1024x1024', '1536x1024', and '1024x1536'"],
  [{ size: '1254x836' }, 'size', "Invalid value for 'size': '1254x836'."],
  [{ size: '1024X1024' }, 'size', "Did you mean '1024x1024'?"],
  [{ background: 'white' }, 'background', "'transparent', 'opaque', and 'auto'"],
  [{ moderation: 'high' }, 'moderation', "'low' and 'auto'"],
  [{ output_format: 'gif' }, 'output_format', "'png', 'jpeg', and 'webp'"],
  [{ output_format: 'jpg' }, 'output_format', "Did you mean 'jpeg'?"],
  [{ output_compression: -1, output_format: 'jpeg' }, 'output_compression', 'an integer from 0 to 100'],
  [{ output_compression: 101, output_format: 'jpeg' }, 'output_compression', 'an integer from 0 to 100'],
  [{ partial_images: -1, stream: true }, 'partial_images', 'an integer from 0 to 3'],
  [{ partial_images: 4, stream: true }, 'partial_images', 'an integer from 0 to 3'],
]

/** Parameters of other models: refused by name, whatever their value. */
const OF_OTHERS = [
  'response_format',
  'style',
  'watermark',
  'guidance_scale',
  'image',
  'complexity',
  'frame_count',
  'svg',
]

/** Parameters that no image model takes when it generates. */
const OF_NONE = ['input_fidelity', 'mask', 'seed', 'negative_prompt', 'markup']

describe.each(FAMILY)('%s', (model) => {
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

  it.each(OF_OTHERS)('refuses %s, which other models take', (name) => {
    const problem = onlyProblem(model, { [name]: 'anything' })
    expect(problem).toMatchObject({ code: 'unsupported_parameter', param: name })
    expect(problem.message).toContain(`'${name}' is not supported with the model '${model}'`)
    expect(problem.message).toContain("'output_format', 'output_compression', 'partial_images', 'stream', and 'user'")
  })

  it.each(OF_NONE)('refuses %s, which no model takes here', (name) => {
    expect(onlyProblem(model, { [name]: 'anything' })).toMatchObject({
      code: 'unknown_parameter',
      param: name,
      message: `Unknown parameter: '${name}'.`,
    })
  })
})
