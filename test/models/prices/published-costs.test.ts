import { describe, expect, it } from 'vitest'
import { highestCostMicros } from '../../../src/models/prices/cost.ts'
import { given, modelOf } from '../checking.ts'

const SIZES = ['1024x1024', '1024x1536', '1536x1024'] as const

/** USD for an image, as OpenAI's guide publishes them (facts 5.3), in the order of SIZES. */
const GUIDE: readonly [model: string, quality: string, usd: readonly number[]][] = [
  ['gpt-image-2', 'low', [0.006, 0.005, 0.005]],
  ['gpt-image-2', 'medium', [0.053, 0.041, 0.041]],
  ['gpt-image-2', 'high', [0.211, 0.165, 0.165]],
]

/** Output tokens of gpt-image-2.5 at 1024x1024 (facts of 2026-11, 2), at $30 per million. */
const TOKENS_25: readonly [quality: string, tokens: number][] = [
  ['low', 196],
  ['medium', 439],
  ['high', 1756],
  ['xhigh', 3122],
  ['max', 7024],
]

/** Output tokens of gpt-image-2.6 in recorded answers at 1536x1024 and 3840x2160. */
const RECORDED_26: readonly [size: string, tokens: number][] = [
  ['1536x1024', 1353],
  ['3840x2160', 3337],
]

function expectClose(model: string, quality: string, size: string, usd: number): void {
  const highest = (highestCostMicros(modelOf(model), given({ quality, size }), 1) ?? -1) / 1e6
  expect(highest, `${model} ${quality} ${size}`).toBeGreaterThanOrEqual(usd)
  expect(highest, `${model} ${quality} ${size}`).toBeLessThanOrEqual(1.45 * usd)
}

describe('the highest cost is at least the published one and at most 1.45 times it', () => {
  it.each(GUIDE)('of %s at %s', (model, quality, prices) => {
    for (const [index, size] of SIZES.entries()) expectClose(model, quality, size, prices[index] ?? 0)
  })

  it.each(TOKENS_25)('of gpt-image-2.5 at %s', (quality, tokens) => {
    expectClose('gpt-image-2.5-flare', quality, '1024x1024', (tokens * 30) / 1e6)
    expectClose('gpt-image-2.5-sunburst-2026-09-08', quality, '1024x1024', (tokens * 30) / 1e6)
  })

  it.each(TOKENS_25)('of gpt-image-2.5 at %s, where the price is the formula times 1.43', (quality, tokens) => {
    const highest = highestCostMicros(modelOf('gpt-image-2.5-flare'), given({ quality, size: '1024x1024' }), 1) ?? -1
    expect(highest).toBeGreaterThanOrEqual(1.43 * tokens * 30)
  })

  it.each(RECORDED_26)('of gpt-image-2.6 at high and %s', (size, tokens) => {
    expectClose('gpt-image-2.6-flare', 'high', size, (tokens * 30) / 1e6)
  })
})

describe('a prompt alone', () => {
  it('with 2.5 and 2.6 is held at the dearest picture of the formula, and not at sixteen times it', () => {
    for (const model of ['gpt-image-2.5-flare', 'gpt-image-2.6-sunburst'])
      expect(highestCostMicros(modelOf(model), given(), 1)).toBeLessThan(1_050_000)
  })
})

describe('the text that gpt-image-1.5 writes beside an image', () => {
  it('is held at the price of text', () => {
    const hold = highestCostMicros(modelOf('gpt-image-1.5'), given({ quality: 'low', size: '1024x1024' }), 1)
    expect(hold).toBe(90 + 272 * 32 + 430 * 10)
  })
})
