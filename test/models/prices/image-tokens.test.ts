import { describe, expect, it } from 'vitest'
import {
  GPT_IMAGE_1_TOKENS,
  gptImage25Tokens,
  gptImage26Tokens,
  gptImage2Tokens,
  outputTokens,
} from '../../../src/models/prices/image-tokens.ts'

/** Output tokens that gpt-image-2 was recorded with (facts 5.2, 6). */
const RECORDED: readonly [quality: string, size: string, tokens: number][] = [
  ['low', '1024x1024', 196],
  ['medium', '1024x1024', 1756],
  ['high', '1024x1024', 7024],
  ['low', '1024x1536', 158],
  ['medium', '1024x1536', 1372],
  ['high', '1024x1536', 5488],
  ['low', '1536x1024', 158],
  ['medium', '1536x1024', 1372],
  ['high', '1536x1024', 5488],
  ['low', '2048x2048', 397],
  ['low', '3840x2160', 371],
  ['low', '3072x2160', 380],
  ['low', '2560x1440', 205],
  ['low', '3472x1488', 201],
  ['high', '1792x1024', 5063],
  ['high', '3584x2048', 12_329],
]

/** Every size that the guide's four rules allow (facts 2.2). */
const LEGAL_SIZES: string[] = []
for (let width = 16; width <= 3840; width += 16) {
  for (let height = 16; height <= 3840; height += 16) {
    const pixels = width * height
    const isFlat = width <= 3 * height && height <= 3 * width
    if (isFlat && pixels >= 655_360 && pixels <= 8_294_400) LEGAL_SIZES.push(`${width}x${height}`)
  }
}

const turned = (size: string): string => size.split('x').toReversed().join('x')

describe('gpt-image-2', () => {
  it.each(RECORDED)('is likely to make %s %s of %i tokens, as recorded', (quality, size, tokens) => {
    expect(gptImage2Tokens.likely(quality, size)).toBe(tokens)
  })

  it.each(RECORDED)('makes %s %s of at most a quarter more than the %i tokens recorded', (quality, size, tokens) => {
    expect(gptImage2Tokens.highest(quality, size)).toBe(Math.ceil(1.25 * tokens))
  })

  it.each([
    [undefined, undefined, 1756],
    ['low', undefined, 196],
    ['high', undefined, 7024],
    [undefined, '1024x1536', 1372],
  ])('is likely to take quality %s and size %s as medium and 1024x1024', (quality, size, tokens) => {
    expect(gptImage2Tokens.likely(quality, size)).toBe(tokens)
  })

  // 96 · 96 · (2,000,000 + 2880 · 2880) / 4,000,000, rounded up; and a quarter more.
  it.each([
    [undefined, undefined, 29_649],
    ['high', undefined, 29_649],
    [undefined, '2880x2880', 29_649],
    [undefined, '1024x1024', 8780],
  ])('takes quality %s and size %s at their dearest', (quality, size, tokens) => {
    expect(gptImage2Tokens.highest(quality, size)).toBe(tokens)
  })

  it('has more than ten thousand legal sizes to compare', () => {
    expect(LEGAL_SIZES.length).toBeGreaterThan(10_000)
  })

  it.each(['low', 'medium', 'high'])(
    'has no legal size with more tokens at %s than the one taken as dearest',
    (quality) => {
      const dearest = gptImage2Tokens.highest(quality, undefined)
      const dearer = LEGAL_SIZES.filter((size) => gptImage2Tokens.highest(quality, size) > dearest)
      expect(dearer).toEqual([])
    },
  )

  it('turns a size by a quarter without changing its tokens', () => {
    const different = LEGAL_SIZES.filter(
      (size) => gptImage2Tokens.likely('high', size) !== gptImage2Tokens.likely('high', turned(size)),
    )
    expect(different).toEqual([])
  })
})

describe('gpt-image-2.5 and 2.6', () => {
  it('have the tokens of the formula with factors of their own', () => {
    const counts = ['low', 'medium', 'high', 'xhigh', 'max'].map((quality) =>
      gptImage25Tokens.likely(quality, '1024x1024'),
    )
    expect(counts).toEqual([196, 439, 1756, 3122, 7024])
  })

  it.each([
    ['low', '1536x1024', 664],
    ['high', '1536x1024', 1353],
    ['high', '3840x2160', 3337],
    [undefined, '1024x1024', 5800],
  ])('are held so that the recorded answer of 2.6 at %s %s, %i tokens, is covered', (quality, size, tokens) => {
    expect(gptImage26Tokens.highest(quality, size)).toBeGreaterThanOrEqual(tokens)
  })

  it('hold low and medium of 2.6 as high', () => {
    const held = ['low', 'medium', 'high'].map((quality) => gptImage26Tokens.highest(quality, '1024x1024'))
    expect(held).toEqual([2195, 2195, 2195])
  })

  it('take auto at the dearest quality, which is max', () => {
    expect(gptImage25Tokens.highest(undefined, '1024x1024')).toBe(gptImage25Tokens.highest('max', '1024x1024'))
  })

  it('cost more with every step of quality', () => {
    const counts = ['low', 'medium', 'high', 'xhigh', 'max'].map((quality) =>
      gptImage25Tokens.highest(quality, '1024x1024'),
    )
    expect(counts).toEqual(counts.toSorted((a, b) => a - b))
    expect(new Set(counts).size).toBe(5)
  })

  it.each(['high', 'xhigh', 'max'])(
    'have no legal size with more tokens at %s than the one taken as dearest',
    (quality) => {
      const dearest = gptImage25Tokens.highest(quality, undefined)
      expect(LEGAL_SIZES.filter((size) => gptImage25Tokens.highest(quality, size) > dearest)).toEqual([])
    },
  )
})

describe('models before gpt-image-2', () => {
  const tokens = outputTokens(GPT_IMAGE_1_TOKENS)

  it.each([
    ['low', '1024x1024', 272],
    ['low', '1024x1536', 408],
    ['low', '1536x1024', 400],
    ['medium', '1024x1024', 1056],
    ['medium', '1024x1536', 1584],
    ['medium', '1536x1024', 1568],
    ['high', '1024x1024', 4160],
    ['high', '1024x1536', 6240],
    ['high', '1536x1024', 6208],
  ])('make %s %s of %i tokens', (quality, size, count) => {
    expect([tokens.highest(quality, size), tokens.likely(quality, size)]).toEqual([count, count])
  })

  it.each([
    [undefined, undefined, 6240, 1056],
    ['low', undefined, 408, 272],
    [undefined, '1536x1024', 6208, 1568],
  ])('take quality %s and size %s as %i at most and %i most likely', (quality, size, highest, likely) => {
    expect([tokens.highest(quality, size), tokens.likely(quality, size)]).toEqual([highest, likely])
  })
})
