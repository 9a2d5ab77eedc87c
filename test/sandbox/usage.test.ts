import { describe, expect, it } from 'vitest'
import { findModel } from '../../sandbox/comet/rules/served-models.ts'
import { parseSize } from '../../sandbox/comet/rules/sizes.ts'
import { imageTokens, inputTokens, sourceTokens } from '../../sandbox/comet/usage.ts'
import type { Quality } from '../../sandbox/comet/order.ts'
import type { Pixels } from '../../sandbox/comet/rules/sizes.ts'

function tokens(id: string, size: string, quality: Quality): number {
  const model = findModel(id)
  if (!model) throw new Error(id)
  return imageTokens({ model, pixels: pixelsOf(size), quality })
}

function pixelsOf(size: string): Pixels {
  const pixels = parseSize(size)
  if (!pixels) throw new Error(size)
  return pixels
}

describe('output tokens', () => {
  it.each<[string, Quality, number]>([
    ['1024x1024', 'low', 196],
    ['1024x1024', 'medium', 1756],
    ['1024x1024', 'high', 7024],
    ['1024x1536', 'low', 158],
    ['1024x1536', 'medium', 1372],
    ['1536x1024', 'high', 5488],
    ['2048x2048', 'low', 397],
    ['3840x2160', 'low', 371],
    ['3072x2160', 'low', 380],
    ['2560x1440', 'low', 205],
    ['3472x1488', 'low', 201],
    ['1792x1024', 'high', 5063],
    ['3584x2048', 'high', 12_329],
  ])('of gpt-image-2 at %s %s are %d, as recorded', (size, quality, expected) => {
    expect(tokens('gpt-image-2', size, quality)).toBe(expected)
  })

  it.each<[string, Quality, number]>([
    ['1024x1024', 'low', 272],
    ['1024x1536', 'low', 408],
    ['1536x1024', 'low', 400],
    ['1024x1024', 'medium', 1056],
    ['1024x1536', 'medium', 1584],
    ['1536x1024', 'medium', 1568],
    ['1024x1024', 'high', 4160],
    ['1024x1536', 'high', 6240],
    ['1536x1024', 'high', 6208],
  ])('of the older models at %s %s are %d', (size, quality, expected) => {
    for (const id of ['gpt-image-1', 'gpt-image-1-mini', 'gpt-image-1.5'])
      expect(tokens(id, size, quality)).toBe(expected)
  })

  it('grow with the quality, also where the figures are assumed', () => {
    const qualities: readonly Quality[] = ['low', 'medium', 'high', 'xhigh', 'max']
    const counts = qualities.map((quality) => tokens('gpt-image-2.6-flare', '1024x1024', quality))
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    expect(new Set(counts).size).toBe(5)
  })
})

describe('input tokens', () => {
  it.each([
    ['', 6],
    ['abcd', 7],
    ['abcde', 8],
    ['猫', 7],
  ])('of "%s" are %d', (prompt, expected) => {
    expect(inputTokens(prompt)).toBe(expected)
  })
})

describe('input tokens of a picture', () => {
  it.each([
    ['1024x1024', 1024],
    ['1024x768', 768],
    ['1024x512', 512],
    ['512x512', 1024],
    ['100x50', 512],
    ['2048x2048', 1536],
    ['1500x1000', 1504],
  ])('for gpt-image-2 are its patches: %s counts %d', (size, expected) => {
    expect(sourceTokens(pixelsOf(size), 'gpt-2')).toBe(expected)
  })

  it.each([
    ['1024x1024', 194],
    ['64x64', 194],
    ['1024x1536', 323],
    ['1536x1024', 323],
    ['512x1025', 452],
  ])('for the older models are its tiles: %s counts %d', (size, expected) => {
    expect(sourceTokens(pixelsOf(size), 'gpt-1')).toBe(expected)
  })
})
