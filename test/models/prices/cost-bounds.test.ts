import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerCost, highestCostMicros } from '../../../src/models/prices/cost.ts'
import { normaliseUsage } from '../../../src/accounting/usage.ts'
import { given, modelOf } from '../checking.ts'

/** Model, quality, size, and the most image tokens of one image of that kind (facts 5.2). */
const KINDS: readonly [model: string, quality: string | null, size: string | null, imageTokens: number][] = [
  ['gpt-image-1', 'high', '1024x1536', 6240],
  ['gpt-image-1', 'auto', 'auto', 6240],
  ['gpt-image-1-mini', 'low', null, 408],
  ['gpt-image-1.5', 'low', '1024x1024', 272],
  ['gpt-image-1.5', 'high', '1536x1024', 6208],
  ['chatgpt-image-latest', null, null, 6240],
  ['gpt-image-2', 'low', '1024x1024', 196],
  ['gpt-image-2', 'medium', '1024x1536', 1372],
  ['gpt-image-2', 'auto', 'auto', 23_719],
  ['gpt-image-2', 'high', '3584x2048', 12_329],
  ['gpt-image-2.5-flare', 'high', '1024x1024', 1756],
  ['gpt-image-2.5-flare', 'max', '1024x1024', 7024],
  ['gpt-image-2.6-flare', 'low', '3840x2160', 1450],
  ['gpt-image-2.6-flare', null, '1024x1024', 5800],
]

/** Only these two write text beside the image: 61-430 tokens were seen. */
const TEXT_TOKENS = new Map([
  ['gpt-image-1.5', 430],
  ['chatgpt-image-latest', 430],
])

const multiplier = fc.oneof(fc.constantFrom(1, 0.8), fc.double({ min: 0.001, max: 1000, noNaN: true }))

/** A request and a usage that it may truly come to. */
const bought = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    prompt: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    n: fc.integer({ min: 1, max: 10 }),
    partials: fc.integer({ min: 0, max: 3 }),
    shares: fc.array(fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })), {
      minLength: 4,
      maxLength: 4,
    }),
    tellsApart: fc.boolean(),
  })
  .map(({ kind: [model, quality, size, imageTokens], prompt, n, partials, shares, tellsApart }) => {
    const [inputShare = 0, cachedShare = 0, imageShare = 0, textShare = 0] = shares
    const input = Math.floor(inputShare * (6 + Buffer.byteLength(prompt)))
    const image = Math.floor(imageShare * n * (imageTokens + partials * 100))
    const text = Math.floor(textShare * n * (TEXT_TOKENS.get(model) ?? 0))
    const details = {
      input_tokens_details: { text_tokens: input, image_tokens: 0, cached_tokens: Math.floor(cachedShare * input) },
      output_tokens_details: { image_tokens: image, text_tokens: text },
    }
    const usage = {
      input_tokens: input,
      output_tokens: image + text,
      total_tokens: input + image + text,
      ...(tellsApart ? details : {}),
    }
    const parameters = given({
      prompt,
      quality,
      size,
      n,
      ...(partials > 0 ? { stream: true, partial_images: partials } : {}),
    })
    return { model, parameters, usage }
  })

describe('a hold', () => {
  it.each([
    ['tells it from the image', { output_tokens_details: { image_tokens: 4160, text_tokens: 430 } }],
    ['does not tell it from the image', {}],
  ])('covers the 430 text tokens of gpt-image-1.5 where the usage %s', (_what, details) => {
    const parameters = given({ quality: 'high', size: '1024x1024' })
    const usage = normaliseUsage({ input_tokens: 18, output_tokens: 4590, total_tokens: 4608, ...details })
    const cost = answerCost(modelOf('gpt-image-1.5'), parameters, { usage, images: 1 }, 1)?.costMicros ?? Infinity
    expect(highestCostMicros(modelOf('gpt-image-1.5'), parameters, 1)).toBeGreaterThanOrEqual(cost)
  })

  it('is never less than what the request comes to', () => {
    fc.assert(
      fc.property(bought, multiplier, ({ model, parameters, usage }, times) => {
        const hold = highestCostMicros(modelOf(model), parameters, times) ?? -1
        const cost =
          answerCost(modelOf(model), parameters, { usage: normaliseUsage(usage), images: 1 }, times)?.costMicros ??
          Infinity
        expect(hold).toBeGreaterThanOrEqual(cost)
      }),
      { numRuns: 2000 },
    )
  })

  it('is never less than the estimate for an answer without usage', () => {
    fc.assert(
      fc.property(bought, multiplier, ({ model, parameters }, times) => {
        const hold = highestCostMicros(modelOf(model), parameters, times) ?? -1
        const cost =
          answerCost(modelOf(model), parameters, { usage: undefined, images: 1 }, times)?.costMicros ?? Infinity
        expect(hold).toBeGreaterThanOrEqual(cost)
      }),
    )
  })

  it('is a whole number of micro-USD above zero', () => {
    fc.assert(
      fc.property(bought, multiplier, ({ model, parameters }, times) => {
        const hold = highestCostMicros(modelOf(model), parameters, times)
        expect(Number.isSafeInteger(hold)).toBe(true)
        expect(hold).toBeGreaterThan(0)
      }),
    )
  })

  it('is never less than the price of the images that come, where each has a price', () => {
    const model = fc.constantFrom('dall-e-2', 'dall-e-3', 'qwen-image', 'doubao-seedream-5-0-260128')
    const quality = fc.constantFrom('standard', 'hd', 'auto', null)
    const size = fc.constantFrom('256x256', '512x512', '1024x1024', '1792x1024', null)
    fc.assert(
      fc.property(model, quality, size, fc.integer({ min: 1, max: 10 }), multiplier, (name, q, s, asked, times) => {
        const n = name === 'dall-e-2' ? asked : 1
        const parameters = given({ quality: q, size: s, n })
        const hold = highestCostMicros(modelOf(name), parameters, times) ?? -1
        const cost =
          answerCost(modelOf(name), parameters, { usage: undefined, images: n }, times)?.costMicros ?? Infinity
        expect(hold).toBeGreaterThanOrEqual(cost)
      }),
    )
  })
})

describe('a cost', () => {
  const count = fc.oneof(fc.nat(), fc.constantFrom(null, '7', -3, 1.5, undefined))
  const details = fc.record({ text_tokens: count, image_tokens: count, cached_tokens: count }, { requiredKeys: [] })
  const usage = fc.record(
    {
      input_tokens: count,
      output_tokens: count,
      total_tokens: count,
      input_tokens_details: details,
      output_tokens_details: details,
    },
    { requiredKeys: [] },
  )
  const tokenModel = fc.constantFrom(
    'gpt-image-1',
    'gpt-image-1-mini',
    'gpt-image-1.5',
    'gpt-image-2',
    'gpt-image-2.6-flare',
  )

  it('is a whole number of micro-USD, never negative, whatever usage says', () => {
    fc.assert(
      fc.property(tokenModel, usage, multiplier, (name, reported, times) => {
        const cost = answerCost(
          modelOf(name),
          given(),
          { usage: normaliseUsage(reported), images: 1 },
          times,
        )?.costMicros
        expect(Number.isSafeInteger(cost)).toBe(true)
        expect(cost).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 1000 },
    )
  })

  it('is never below the true one by a rounding', () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000 }), fc.nat({ max: 100_000 }), (input, output) => {
        fc.pre(input + output > 0)
        const reported = {
          input_tokens: input,
          output_tokens: output,
          input_tokens_details: { text_tokens: input, cached_tokens: input },
        }
        const cost =
          answerCost(modelOf('gpt-image-2'), given(), { usage: normaliseUsage(reported), images: 1 }, 1)?.costMicros ??
          -1
        const hundredths = input * 125 + output * 3000
        expect(BigInt(cost)).toBe((BigInt(hundredths) + 99n) / 100n)
      }),
    )
  })
})
