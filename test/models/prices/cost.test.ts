import { describe, expect, it } from 'vitest'
import { answerCost, highestCostMicros, imagesAsked } from '../../../src/models/prices/cost.ts'
import { normaliseUsage } from '../../../src/accounting/usage.ts'
import { given, modelOf } from '../checking.ts'

/** The cost of an answer with this `usage` in micro-USD, as the upstream wrote it. */
function costOf(model: string, usage: unknown, multiplier = 1): number | undefined {
  return answerCost(modelOf(model), given(), { usage: normaliseUsage(usage), images: 1 }, multiplier)?.costMicros
}

const tokens = (input: number, output: number, details: object = {}): object => ({
  input_tokens: input,
  output_tokens: output,
  total_tokens: input + output,
  ...details,
})

describe('the cost of a reported usage', () => {
  it.each([
    // The documented answer of CometAPI: 16 · 5 + 208 · 30.
    ['gpt-image-2', tokens(16, 208, { input_tokens_details: { image_tokens: 0, text_tokens: 16 } }), 6320],
    ['gpt-image-2', tokens(16, 208), 6320],
    // OpenAI direct, 3072x2160: 14 · 5 + 380 · 30.
    ['gpt-image-2', tokens(14, 380, { output_tokens_details: { image_tokens: 380, text_tokens: 0 } }), 11_470],
    // An edit at OpenAI: 12 · 5 + 512 · 8 + 196 · 30.
    ['gpt-image-2', tokens(524, 196, { input_tokens_details: { image_tokens: 512, text_tokens: 12 } }), 10_036],
    // An edit at CometAPI: 17 · 5 + 768 · 8 + 196 · 30.
    ['gpt-image-2', tokens(785, 196, { input_tokens_details: { image_tokens: 768, text_tokens: 17 } }), 12_109],
    ['gpt-image-2.6-flare', tokens(16, 208), 6320],
    // 32 · 5 + 194 · 10 + 4160 · 40.
    ['gpt-image-1', tokens(226, 4160, { input_tokens_details: { image_tokens: 194, text_tokens: 32 } }), 168_500],
    // 20 · 5 + 4160 · 32 + 430 · 10.
    ['gpt-image-1.5', tokens(20, 4590, { output_tokens_details: { image_tokens: 4160, text_tokens: 430 } }), 137_520],
    [
      'chatgpt-image-latest',
      tokens(20, 4590, { output_tokens_details: { image_tokens: 4160, text_tokens: 430 } }),
      137_520,
    ],
    // 10 · 2 + 272 · 8.
    ['gpt-image-1-mini', tokens(10, 272), 2196],
  ])('on %s, %j, is %i micro-USD', (model, usage, micros) => {
    expect(costOf(model, usage)).toBe(micros)
  })

  it.each([
    // 40 · 5 + 60 · 1.25 + 196 · 30.
    [
      'gpt-image-2',
      tokens(100, 196, { input_tokens_details: { text_tokens: 100, image_tokens: 0, cached_tokens: 60 } }),
      6155,
    ],
    ['gpt-image-2', tokens(100, 196, { input_tokens_details: { cached_tokens: 60 } }), 6155],
    // 100 · 0.2 + 272 · 8.
    ['gpt-image-1-mini', tokens(100, 272, { input_tokens_details: { text_tokens: 100, cached_tokens: 100 } }), 2196],
    // More cached than there are: 16 · 1.25 + 208 · 30.
    ['gpt-image-2', tokens(16, 208, { input_tokens_details: { text_tokens: 16, cached_tokens: 9999 } }), 6260],
    // 1 · 1.25 + 208 · 30, rounded up.
    ['gpt-image-2', tokens(1, 208, { input_tokens_details: { text_tokens: 1, cached_tokens: 1 } }), 6242],
  ])('with cached tokens on %s, %j, is %i micro-USD', (model, usage, micros) => {
    expect(costOf(model, usage)).toBe(micros)
  })

  it.each<[what: string, inputTokens: number, outputTokens: number, details: object, micros: number]>([
    [
      'cached tokens of images',
      2000,
      1000,
      { text_tokens: 1000, image_tokens: 1000, cached_tokens: 1000, cached_tokens_details: { image_tokens: 1000 } },
      37_000,
    ],
    [
      'nothing but images cached',
      1000,
      10,
      {
        text_tokens: 100,
        image_tokens: 900,
        cached_tokens: 900,
        cached_tokens_details: { text_tokens: 0, image_tokens: 900 },
      },
      2600,
    ],
    [
      'no sum of the cached tokens',
      1000,
      10,
      { text_tokens: 100, image_tokens: 900, cached_tokens_details: { image_tokens: 900 } },
      2600,
    ],
    [
      'as many cached tokens as there is text',
      4000,
      10,
      { text_tokens: 2000, image_tokens: 2000, cached_tokens: 2000, cached_tokens_details: { image_tokens: 2000 } },
      14_300,
    ],
    [
      'cached text and the rest of a sum',
      2000,
      10,
      { text_tokens: 1000, image_tokens: 1000, cached_tokens: 900, cached_tokens_details: { text_tokens: 400 } },
      600 * 5 + 400 * 1.25 + 500 * 8 + 500 * 2 + 300,
    ],
    [
      'more cached images than there are',
      2000,
      10,
      { text_tokens: 1000, image_tokens: 1000, cached_tokens_details: { image_tokens: 5000 } },
      7300,
    ],
    [
      'details of no use',
      2000,
      10,
      { text_tokens: 1000, image_tokens: 1000, cached_tokens: 1000, cached_tokens_details: { image_tokens: null } },
      9550,
    ],
  ])('with %s is that of its kinds', (_what, input, output, details, micros) => {
    expect(costOf('gpt-image-2', tokens(input, output, { input_tokens_details: details }))).toBe(micros)
    expect(
      costOf('gpt-image-2', {
        prompt_tokens: input,
        completion_tokens: output,
        total_tokens: input + output,
        prompt_tokens_details: details,
      }),
    ).toBe(micros)
  })

  it.each([
    [0.8, 5056],
    [1.5, 9480],
    [0.33, 2086],
  ])('times the multiplier %f is %i micro-USD, rounded up', (multiplier, micros) => {
    expect(costOf('gpt-image-2', tokens(16, 208), multiplier)).toBe(micros)
  })

  it('times the multiplier 0 is 0', () => {
    expect(costOf('gpt-image-2', tokens(16, 208), 0)).toBe(0)
  })

  it('is not nothing where a channel fills the details with zeros', () => {
    const zeros = { text_tokens: 0, image_tokens: 0 }
    expect(costOf('gpt-image-2', tokens(16, 208, { input_tokens_details: zeros, output_tokens_details: zeros }))).toBe(
      6320,
    )
  })

  it('counts input tokens that only the total knows of', () => {
    expect(costOf('gpt-image-2', tokens(785, 196, { input_tokens_details: { text_tokens: 17 } }))).toBe(12_109)
  })
})

describe('an answer without usage', () => {
  it.each([
    // (6 + 12) · 5 for the prompt, then the likely image: medium 1024x1024 where nothing is said.
    ['gpt-image-2', {}, 90 + 1756 * 30],
    ['gpt-image-2', { quality: 'low' }, 90 + 196 * 30],
    ['gpt-image-2', { quality: 'low', n: 3 }, 90 + 3 * 196 * 30],
    ['gpt-image-2', { quality: 'auto', size: 'auto' }, 90 + 1756 * 30],
    ['gpt-image-1', { quality: 'high', size: '1024x1536' }, 90 + 6240 * 40],
    ['gpt-image-1-mini', {}, 36 + 1056 * 8],
  ])('on %s with %j is estimated, and says so', (model, parameters, costMicros) => {
    expect(answerCost(modelOf(model), given(parameters), { usage: undefined, images: 1 }, 1)).toEqual({
      costMicros,
      estimated: true,
    })
  })
})

describe('the cost of images with a price each', () => {
  it.each([
    ['dall-e-3', {}, 1, 40_000],
    ['dall-e-3', { quality: 'standard', size: '1792x1024' }, 1, 80_000],
    ['dall-e-3', { size: '1024x1792' }, 1, 80_000],
    ['dall-e-3', { quality: 'hd' }, 1, 80_000],
    ['dall-e-3', { quality: 'hd', size: '1792x1024' }, 1, 120_000],
    ['dall-e-3', { quality: 'hd', size: '1024x1792' }, 1, 120_000],
    ['dall-e-3', { quality: 'auto' }, 1, 40_000],
    ['dall-e-3', { quality: null, size: null }, 1, 40_000],
    ['dall-e-2', { size: '256x256' }, 1, 16_000],
    ['dall-e-2', { size: '512x512' }, 3, 54_000],
    ['dall-e-2', { size: '1024x1024' }, 10, 200_000],
    ['dall-e-2', {}, 2, 40_000],
    ['qwen-image', {}, 1, 40_000],
    ['doubao-seedream-5-0-260128', {}, 1, 35_000],
    ['doubao-seedream-5-0-260128', {}, 15, 525_000],
    ['bytedance-seedream-4-0-250828', {}, 1, 30_000],
  ])('on %s with %j and %i images is %i micro-USD', (model, parameters, images, costMicros) => {
    expect(answerCost(modelOf(model), given(parameters), { usage: undefined, images }, 1)).toEqual({
      costMicros,
      estimated: false,
    })
  })

  it('is nothing where no image came', () => {
    expect(answerCost(modelOf('dall-e-3'), given(), { usage: undefined, images: 0 }, 1)?.costMicros).toBe(0)
  })
})

describe('the most a request can cost', () => {
  it.each([
    // Prompt of 12 bytes: (6 + 12) · 5.
    ['gpt-image-2', { quality: 'low', size: '1024x1024' }, 90 + 245 * 30],
    ['gpt-image-2', { quality: 'low', size: '1024x1024', n: 10 }, 90 + 2450 * 30],
    ['gpt-image-2', {}, 90 + 29_649 * 30],
    ['gpt-image-2', { quality: 'low', size: '1024x1024', stream: true, partial_images: 3 }, 90 + 545 * 30],
    ['gpt-image-2', { quality: 'low', size: '1024x1024', prompt: '图像' }, 60 + 245 * 30],
    ['gpt-image-1', { quality: 'auto', size: '1024x1024' }, 90 + 4160 * 40],
    ['dall-e-3', { quality: 'auto' }, 80_000],
    ['dall-e-3', { quality: 'hd', size: '1024x1792' }, 120_000],
    ['dall-e-2', { n: 10 }, 200_000],
    ['doubao-seedream-5-0-260128', {}, 35_000],
    ['doubao-seedream-5-0-260128', { sequential_image_generation: 'auto' }, 525_000],
    ['doubao-seedream-5-0-260128', { sequential_image_generation: 'auto', image: ['a', 'b', 'c'] }, 420_000],
    [
      'doubao-seedream-5-0-260128',
      { sequential_image_generation: 'auto', sequential_image_generation_options: { max_images: 4 } },
      140_000,
    ],
    [
      'doubao-seedream-5-0-260128',
      { sequential_image_generation: 'disabled', sequential_image_generation_options: { max_images: 4 } },
      35_000,
    ],
    ['seedream-unheard-of', {}, 45_000],
  ])('on %s with %j is %i micro-USD', (model, parameters, micros) => {
    expect(highestCostMicros(modelOf(model), given(parameters), 1)).toBe(micros)
  })
})

describe('the images that a request asks for', () => {
  it.each([
    ['gpt-image-2', {}, 1],
    ['gpt-image-2', { n: 4 }, 4],
    ['gpt-image-2', { n: null }, 1],
    ['dall-e-3', { n: 1 }, 1],
    ['doubao-seedream-4-5-251128', { sequential_image_generation: 'auto' }, 15],
    ['doubao-seedream-4-5-251128', {}, 1],
  ])('of %s with %j are %i', (model, parameters, images) => {
    expect(imagesAsked(modelOf(model), given(parameters))).toBe(images)
  })
})
