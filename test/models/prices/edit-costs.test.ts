import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerCost, highestCostMicros } from '../../../src/models/prices/cost.ts'
import { ImageFile, ImageUrl } from '../../../src/models/rules/image-file.ts'
import { patchTokens, tileTokens } from '../../../src/models/prices/input-image-tokens.ts'
import { decide } from '../../../sandbox/comet/order.ts'
import { findModel } from '../../../sandbox/comet/rules/served-models.ts'
import { editUsage, gptUsage, sourceTokens, streamedUsage } from '../../../sandbox/comet/usage.ts'
import { normaliseUsage } from '../../../src/accounting/usage.ts'
import { modelOf } from '../checking.ts'
import type { ParameterValues } from '../../../src/models/rules/parameter-rules.ts'
import type { SandboxOrder } from '../../../sandbox/comet/order.ts'

/** OpenAI fits an image into 2048 pixels before it is cut into tiles, the sandbox does not: beyond it counts too many. */
const LONGEST_SHAPE = 4

const TILED = ['gpt-image-1', 'gpt-image-1-mini', 'gpt-image-1.5', 'chatgpt-image-latest']
const PATCHED = ['gpt-image-2', 'gpt-image-2.5-flare', 'gpt-image-2.6-sunburst']

const png = (width: number | undefined, height: number | undefined): ImageFile =>
  new ImageFile({ bytes: 100, format: 'png', width, height, hasAlpha: true })

const edge = fc.oneof(fc.integer({ min: 1, max: 8000 }), fc.constantFrom(1, 16, 512, 1024, 1536, 2048, 3840))
const anyShape = fc.record({ width: edge, height: edge })
const shape = anyShape.filter(({ width, height }) => Math.max(width, height) <= LONGEST_SHAPE * Math.min(width, height))

describe('the tokens of an image that is brought', () => {
  it.each([
    [1024, 1024, 1024],
    [1024, 768, 768],
    [768, 1024, 768],
    [512, 512, 1024],
    [100, 50, 512],
    [1, 1, 1024],
    [2048, 2048, 1536],
    [8000, 1, 250],
    [1500, 1000, 1504],
    [undefined, undefined, 1536],
    [1024, undefined, 1536],
  ])('are patches for gpt-image-2: %s × %s pixels come to %s', (width, height, tokens) => {
    expect(patchTokens(png(width, height), 'low')).toBe(tokens)
    expect(patchTokens(png(width, height), 'high')).toBe(tokens)
  })

  it.each([
    [1024, 1024, 194],
    [64, 64, 194],
    [1024, 1536, 323],
    [512, 1025, 452],
    [8000, 1, 581],
    [undefined, undefined, 581],
  ])('are tiles for the models before: %s × %s pixels come to %s', (width, height, tokens) => {
    expect(tileTokens(png(width, height), 'low')).toBe(tokens)
    expect(tileTokens(png(width, height), 'high')).toBe(tokens + 6240)
  })

  it('are those of the sandbox, for images of every size', () => {
    fc.assert(
      fc.property(anyShape, (size) => {
        expect(patchTokens(png(size.width, size.height), 'low')).toBe(sourceTokens(size, 'gpt-2'))
      }),
    )
    fc.assert(
      fc.property(shape, (size) => {
        expect(tileTokens(png(size.width, size.height), 'low')).toBe(sourceTokens(size, 'gpt-1'))
      }),
    )
  })

  it('are fewer than the sandbox’s where an image is longer than four times its width', () => {
    expect(sourceTokens({ width: 5000, height: 1000 }, 'gpt-1')).toBeGreaterThan(tileTokens(png(5000, 1000), 'low'))
  })

  it('are never more than those of an image of which nothing is known', () => {
    fc.assert(
      fc.property(anyShape, fc.constantFrom('high', 'low'), ({ width, height }, fidelity) => {
        for (const count of [patchTokens, tileTokens])
          expect(count(png(width, height), fidelity)).toBeLessThanOrEqual(count(undefined, fidelity))
      }),
    )
  })
})

const QUALITIES = {
  old: ['low', 'medium', 'high', 'auto', null],
  new: ['low', 'medium', 'high', 'auto', null],
} as const
const SIZES = {
  old: ['1024x1024', '1536x1024', '1024x1536', 'auto', null],
  new: ['1024x1024', '1024x640', '3840x2160', '2880x2880', '2048x1024', 'auto', null],
} as const

/** An edit as the gateway reads it, and as the sandbox does. */
const edit = fc
  .record({
    model: fc.constantFrom(...TILED, ...PATCHED),
    quality: fc.nat(4),
    size: fc.nat(6),
    dearest: fc.constantFrom('xhigh', 'max', undefined),
    n: fc.integer({ min: 1, max: 10 }),
    partials: fc.integer({ min: 0, max: 3 }),
    isStream: fc.boolean(),
    prompt: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }),
    shapes: fc.array(shape, { minLength: 1, maxLength: 16 }),
    hasMask: fc.boolean(),
    form: fc.constantFrom('form', 'data URLs', 'URLs'),
    input_fidelity: fc.constantFrom('high', 'low', undefined),
  })
  .map(({ model, quality, size, dearest, isStream, partials, shapes, hasMask, form, input_fidelity, n, prompt }) => {
    const generation = TILED.includes(model) ? 'old' : 'new'
    const isNewest = dearest !== undefined && /2\.[56]/.test(model)
    const fields = {
      prompt,
      n,
      quality: isNewest ? dearest : QUALITIES[generation][quality],
      size: SIZES[generation][size % SIZES[generation].length],
      ...(isStream ? { stream: true, partial_images: partials } : {}),
      ...(input_fidelity !== undefined && generation === 'old' ? { input_fidelity } : {}),
    }
    const files = shapes.map(({ width, height }) => png(width, height))
    const [first] = files
    return {
      model,
      fields,
      shapes,
      parameters: new Map(Object.entries({ ...fields, ...brought(files, first, hasMask, form) })),
    }
  })

function brought(files: readonly ImageFile[], first: ImageFile | undefined, hasMask: boolean, form: string): object {
  if (form === 'form') return { image: files, ...(hasMask && first !== undefined ? { mask: [first] } : {}) }
  const reference = (file: ImageFile | undefined): object => ({
    image_url: form === 'URLs' ? new ImageUrl(30, 'https', undefined) : new ImageUrl(900, 'data', file),
  })
  return { images: files.map(reference), ...(hasMask ? { mask: reference(first) } : {}) }
}

function costOf(model: string, parameters: ParameterValues, usage: unknown): number {
  const read = normaliseUsage(usage)
  if (read === undefined) throw new Error('the usage cannot be read')
  return answerCost(modelOf(model), parameters, { usage: read, images: 1 }, 1)?.costMicros ?? Infinity
}

function orderOf(model: string, fields: object, sources: SandboxOrder['sources']): SandboxOrder {
  const served = findModel(model)
  if (served === undefined) throw new Error(model)
  return decide({ ...fields }, served, 'edit', sources)
}

describe('the highest cost of an edit', () => {
  it('is never below what the usage that the sandbox reports comes to', () => {
    fc.assert(
      fc.property(edit, ({ model, fields, shapes, parameters }) => {
        const order = orderOf(model, fields, shapes)
        const highest = highestCostMicros(modelOf(model), parameters, 1) ?? -1
        for (const usage of [gptUsage(order), editUsage(order), streamedUsage(order)])
          expect(highest).toBeGreaterThanOrEqual(costOf(model, parameters, usage))
        // A stream reports each image by itself.
        const apart = { ...order, n: 1 }
        expect(highest).toBeGreaterThanOrEqual(costOf(model, parameters, streamedUsage(apart)))
      }),
      { numRuns: 2000 },
    )
  })

  it('is never below the estimate of an answer without usage', () => {
    fc.assert(
      fc.property(edit, fc.constantFrom(0.8, 1, 1.37), ({ model, parameters }, multiplier) => {
        const highest = highestCostMicros(modelOf(model), parameters, multiplier) ?? -1
        const answer = { usage: undefined, images: 10 }
        expect(highest).toBeGreaterThanOrEqual(
          answerCost(modelOf(model), parameters, answer, multiplier)?.costMicros ?? Infinity,
        )
      }),
    )
  })

  it('rises with each image, with a mask and with fidelity, and is highest where nothing is known of the images', () => {
    const highest = (model: string, more: object): number =>
      highestCostMicros(modelOf(model), new Map(Object.entries({ prompt: 'a', quality: 'low', ...more })), 1) ?? -1
    const [small, other] = [png(64, 64), png(200, 100)]
    for (const model of ['gpt-image-1', 'gpt-image-2']) {
      const one = highest(model, { image: [small] })
      expect(highest(model, {})).toBeLessThan(one)
      expect(highest(model, { image: [small, other] })).toBeGreaterThan(one)
      expect(highest(model, { image: [small], mask: [small] })).toBeGreaterThan(one)
      expect(highest(model, { images: [{ file_id: 'x' }] })).toBeGreaterThan(one)
      expect(highest(model, { images: [{ image_url: new ImageUrl(9, 'data', small) }] })).toBe(one)
    }
    expect(highest('gpt-image-1', { image: [small], input_fidelity: 'high' })).toBe(
      highest('gpt-image-1', { image: [small] }) + 6240 * 10,
    )
  })

  it.each([
    ['dall-e-2', { n: 3, size: '512x512' }, 54_000],
    ['dall-e-2', { n: 1 }, 20_000],
    ['qwen-image-edit', {}, undefined],
  ])('of %s does not depend on its images', (model, given, micros) => {
    for (const image of [[png(8, 8)], [png(undefined, undefined)]])
      expect(highestCostMicros(modelOf(model), new Map(Object.entries({ ...given, prompt: 'a', image })), 1)).toBe(
        micros,
      )
  })
})
