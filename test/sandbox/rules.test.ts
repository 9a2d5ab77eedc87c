import { describe, expect, it } from 'vitest'
import { refuse } from '../../sandbox/comet/rules/rules.ts'
import { findModel } from '../../sandbox/comet/rules/served-models.ts'
import { generate, sandbox } from './calling.ts'

const { url } = await sandbox()

/** Refused requests: model, parameters besides the prompt, status, code, param, a piece of the message. */
const REFUSED: readonly [model: string, body: object, status: number, code: string, param: string, message: string][] =
  [
    [
      'gpt-image-2',
      { size: '1000x1000' },
      400,
      'invalid_value',
      'size',
      'Width and height must both be divisible by 16.',
    ],
    [
      'gpt-image-2',
      { size: '1920x1080' },
      400,
      'invalid_value',
      'size',
      'Width and height must both be divisible by 16.',
    ],
    [
      'gpt-image-2',
      { size: '4096x2048' },
      400,
      'invalid_value',
      'size',
      'The longest edge must be less than or equal to 3840.',
    ],
    ['gpt-image-2', { size: '2560x640' }, 400, 'invalid_value', 'size', 'must not exceed 3:1'],
    ['gpt-image-2', { size: '800x800' }, 400, 'invalid_value', 'size', 'below the current minimum pixel budget.'],
    ['gpt-image-2', { size: '3840x2400' }, 400, 'invalid_value', 'size', 'exceeds the current pixel budget.'],
    ['gpt-image-2', { size: 'huge' }, 400, 'invalid_value', 'size', "Invalid size 'huge'."],
    ['gpt-image-2', { size: '1024×1024' }, 500, 'invalid_request', '', '×'],
    ['gpt-image-2', { size: 1024 }, 400, 'invalid_type', 'size', 'expected a string, but got an integer'],
    [
      'gpt-image-1',
      { size: '1254x836' },
      400,
      'invalid_value',
      'size',
      "Invalid value: '1254x836'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.",
    ],
    ['gpt-image-2', { quality: 'standard' }, 400, 'invalid_value', 'quality', "'low', 'medium', 'high', and 'auto'"],
    ['gpt-image-2', { quality: 'xhigh' }, 400, 'invalid_value', 'quality', "'xhigh'"],
    [
      'gpt-image-2',
      { response_format: 'url' },
      400,
      'unknown_parameter',
      'response_format',
      "Unknown parameter: 'response_format'.",
    ],
    ['gpt-image-1', { style: 'vivid' }, 400, 'unknown_parameter', 'style', "Unknown parameter: 'style'."],
    [
      'gpt-image-2',
      { input_fidelity: 'high' },
      400,
      'invalid_input_fidelity_model',
      'input_fidelity',
      "The model 'gpt-image-2' does not support the 'input_fidelity' parameter.",
    ],
    ['gpt-image-2.5-flare', { complexity: 'low' }, 400, 'unknown_parameter', 'complexity', 'complexity'],
    ['gpt-image-2.6-flare', { complexity: 'max' }, 400, 'invalid_value', 'complexity', "'max'"],
    [
      'gpt-image-2.6-flare',
      { safety_identifier: 'x'.repeat(129) },
      400,
      'string_above_max_length',
      'safety_identifier',
      '128',
    ],
    ['gpt-image-2.5-flare', { output_format: 'svg' }, 400, 'invalid_value', 'output_format', "'svg'"],
    ['gpt-image-2', { n: 11 }, 400, 'integer_above_max_value', 'n', 'Expected a value <= 10, but got 11'],
    ['gpt-image-2', { n: -1 }, 400, 'integer_below_min_value', 'n', 'Expected a value >= 1, but got -1'],
    ['gpt-image-2', { n: '2' }, 400, 'invalid_type', 'n', 'expected an integer, but got a string instead.'],
    ['gpt-image-2', { n: 1.5 }, 400, 'invalid_type', 'n', 'a decimal number'],
    ['gpt-image-2', { output_compression: 101 }, 400, 'integer_above_max_value', 'output_compression', '<= 100'],
    [
      'gpt-image-2',
      { output_compression: 50 },
      400,
      'invalid_png_output_compression',
      '',
      'Compression less than 100 is not supported for PNG output format',
    ],
    [
      'gpt-image-1.5',
      { background: 'transparent', output_format: 'jpeg' },
      400,
      'invalid_value',
      'background',
      'Transparent background is not supported for JPEG output format',
    ],
    ['gpt-image-2', { moderation: 'none' }, 400, 'invalid_value', 'moderation', "'low' and 'auto'"],
    ['gpt-image-2', { partial_images: 4 }, 400, 'integer_above_max_value', 'partial_images', '<= 3'],
    ['dall-e-3', { stream: true }, 400, 'unsupported_value', 'stream', 'Streaming is not supported'],
    ['qwen-image', { stream: true }, 400, 'unsupported_value', 'stream', 'Streaming is not supported'],
    ['gpt-image-2', { stream: 'yes' }, 400, 'invalid_type', 'stream', 'expected a boolean'],
    ['dall-e-3', { n: 2 }, 400, 'invalid_value', 'n', 'You must provide n=1 for this model.'],
    ['dall-e-3', { size: '512x512' }, 500, 'invalid_request', '', '1024x1024, 1792x1024, 1024x1792'],
    ['dall-e-3', { size: 'auto' }, 500, 'invalid_request', '', 'size must be one of'],
    ['dall-e-3', { quality: 'high' }, 400, 'invalid_value', 'quality', "'standard', 'hd', and 'auto'"],
    ['dall-e-3', { output_format: 'png' }, 400, 'unknown_parameter', 'output_format', 'output_format'],
    ['dall-e-2', { style: 'vivid' }, 400, 'unknown_parameter', 'style', 'style'],
    ['dall-e-2', { size: '1792x1024' }, 500, 'invalid_request', '', '256x256, 512x512, 1024x1024'],
    ['dall-e-2', { background: 'opaque' }, 400, 'unknown_parameter', 'background', 'background'],
    ['qwen-image', { n: 2 }, 400, 'invalid_value', 'n', 'does not support n > 1'],
    [
      'doubao-seedream-5-0-260128',
      { size: '1024x1024' },
      400,
      'InvalidParameter',
      '',
      'image size must be at least 3686400 pixels.',
    ],
    ['bytedance-seedream-9-9', { size: '8192x8192' }, 400, 'InvalidParameter', '', 'at most'],
    [
      'doubao-seedream-5-0-260128',
      { size: '1K' },
      400,
      'InvalidParameter',
      '',
      "'WIDTHxHEIGHT' or '2K' or '3K' or '4K'",
    ],
    ['doubao-seedream-4-5-251128', { size: '3K' }, 400, 'InvalidParameter', '', "'WIDTHxHEIGHT' or '2K' or '4K'"],
    ['doubao-seedream-4-5-251128', { output_format: 'png' }, 400, 'invalid_value', 'output_format', "'jpeg'"],
    ['doubao-seedream-5-0-260128', { image: Array(15).fill('u') }, 400, 'InvalidParameter', '', 'at most 14'],
  ]

/** Requests that break no rule. */
const ACCEPTED: readonly [model: string, body: object][] = [
  ['gpt-image-2', { size: '1280x720' }],
  ['gpt-image-2', { size: '3200x2560' }],
  ['gpt-image-2', { size: '3840x2160', quality: 'high', n: 10 }],
  ['gpt-image-2-2026-04-21', { size: '3840x1280', background: 'transparent' }],
  ['gpt-image-2', { output_compression: 100 }],
  ['gpt-image-2', { output_compression: 0, output_format: 'webp' }],
  ['gpt-image-2', { partial_images: 3, stream: true }],
  ['doubao-seedream-4-5-251128', { stream: true }],
  ['gpt-image-2', { partial_images: 2, stream: false, user: 'u', moderation: 'low' }],
  ['gpt-image-2', { style: null, response_format: null }],
  ['gpt-image-2.5-sunburst-2026-09-08', { quality: 'max', background: 'transparent', output_format: 'webp' }],
  ['gpt-image-2.6-sunburst', { quality: 'xhigh', complexity: 'low', output_format: 'svg', safety_identifier: 'a' }],
  ['gpt-image-1', { background: 'transparent' }],
  ['chatgpt-image-latest', { quality: 'high', size: '1536x1024' }],
  ['gpt-image-2', { prompt: '🦊'.repeat(32_000) }],
  ['dall-e-2', { n: 10, size: '256x256', quality: 'auto', response_format: 'b64_json' }],
  ['dall-e-3', { size: '1792x1024', quality: 'hd', style: 'natural', n: 1 }],
  ['qwen-image', { size: '1664x928', negative_prompt: 'x', background: 'opaque', output_format: 7 }],
  ['doubao-seedream-4-5-251128', { size: '4K', watermark: false, guidance_scale: 2.5, image: ['u'] }],
  ['bytedance-seedream-4-0-250828', { size: '2304x1728', style: 'vivid' }],
  ['bytedance-seedream-4-0-250828', { size: '1K', output_format: 'jpeg' }],
  ['seedream-5-0-pro-260628', { size: '1.5K', output_format: 'png' }],
]

describe('the upstream', () => {
  it.each(REFUSED)('%s refuses %o', async (model, body, status, code, param, message) => {
    const { error, ...answer } = await generate(url, { model, prompt: 'x', ...body })
    expect([answer.status, error.code, error.param]).toEqual([status, code, param])
    expect(error.message).toContain(message)
    // CometAPI signs what it says itself with the request id; what OpenAI says passes as it is.
    const own = code === 'invalid_request' || code === 'InvalidParameter'
    expect(error.message.endsWith(`(request id: ${answer.headers.get('x-oneapi-request-id')})`)).toBe(own)
  })

  it.each(ACCEPTED)('%s accepts %o', (model, body) => {
    const served = findModel(model)
    expect(served && refuse({ prompt: 'x', ...body }, served)).toBeUndefined()
    expect(served).toBeDefined()
  })
})

describe('a prompt', () => {
  it.each([
    ['gpt-image-2', 32_000],
    ['gpt-image-1', 32_000],
    ['dall-e-3', 4000],
    ['dall-e-2', 1000],
  ])('for %s has at most %d characters, counted as code points', async (model, limit) => {
    const { error } = await generate(url, { model, prompt: '🦊'.repeat(limit + 1) })
    expect([error.code, error.param]).toEqual(['string_above_max_length', 'prompt'])
    expect(error.message).toContain(`maximum length ${limit}, but got a string with length ${limit + 1}`)
  })

  it.each([{}, { prompt: '' }, { prompt: null }])('is required: %o gets 500 invalid_request', async (body) => {
    const { status, error } = await generate(url, { model: 'gpt-image-2', ...body })
    expect([status, error.code, error.param, error.type]).toEqual([500, 'invalid_request', '', 'comet_api_error'])
    expect(error.message).toMatch(/^field prompt is required \(request id: \w+\)$/)
  })

  it('is looked at before the other parameters', async () => {
    const { error } = await generate(url, { model: 'dall-e-2', prompt: 'x'.repeat(1001), size: 'huge', n: 99 })
    expect(error.param).toBe('prompt')
  })

  it('must be a string', async () => {
    expect((await generate(url, { model: 'gpt-image-2', prompt: 5 })).error).toMatchObject({
      code: 'invalid_type',
      param: 'prompt',
    })
  })

  it.each(['a forbidden thing', 'FORBIDDEN!'])('with the word "forbidden" is blocked: %s', async (prompt) => {
    const { status, error, body } = await generate(url, { model: 'gpt-image-2', prompt })
    expect(status).toBe(400)
    expect(body).toEqual({
      error: {
        message: 'Your request was rejected by the safety system. safety_violations=[sandbox].',
        type: 'image_generation_user_error',
        param: '',
        code: 'moderation_blocked',
      },
    })
    expect(error.code).toBe('moderation_blocked')
  })
})

describe('a model', () => {
  it('that nobody serves gets 503 model_not_found, without a param', async () => {
    const { status, error } = await generate(url, { model: 'gpt-imgae-2', prompt: 'x' })
    expect(status).toBe(503)
    expect(Object.keys(error)).toEqual(['code', 'message', 'type'])
    expect(error).toMatchObject({ code: 'model_not_found', type: 'comet_api_error' })
    expect(error.message).toMatch(
      /^no available channel for group default and model gpt-imgae-2 \(distributor\) \(request id: \w+\)$/,
    )
  })

  it('of the Gemini family fails to convert', async () => {
    const { status, body } = await generate(url, { model: 'gemini-3-pro-image', prompt: 'x' })
    expect(status).toBe(500)
    expect(body).toEqual({
      error: {
        message: 'not supported model for image generation, only imagen models are supported',
        type: 'comet_api_error',
        code: 'convert_request_failed',
      },
    })
  })

  it('that only edits does not generate', async () => {
    const { status, error } = await generate(url, { model: 'qwen-image-edit', prompt: 'x' })
    expect([status, error.code, error.type]).toEqual([500, 'convert_request_failed', 'comet_api_error'])
  })

  it('must be a string', async () => {
    expect((await generate(url, { model: 3, prompt: 'x' })).status).toBe(400)
  })
})
