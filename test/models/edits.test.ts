import { describe, expect, it } from 'vitest'
import { describeModel } from '../../src/models/describe.ts'
import { catalogue, modelOf } from './checking.ts'
import { form, image, json, png, wrong } from './edit-orders.ts'
import type { Given } from './edit-orders.ts'

const GPT = [
  'gpt-image-1',
  'gpt-image-1-mini',
  'gpt-image-1.5',
  'chatgpt-image-latest',
  'gpt-image-2',
  'gpt-image-2-2026-04-21',
  'gpt-image-2.5-flare',
  'gpt-image-2.6-sunburst',
]
const WITH_FIDELITY = ['gpt-image-1', 'gpt-image-1.5', 'chatgpt-image-latest']

describe('input_fidelity', () => {
  it.each(WITH_FIDELITY)('is taken by %s, high or low, in a form and in JSON', (model) => {
    for (const input_fidelity of ['high', 'low', null]) {
      expect(wrong(model, form({ input_fidelity }))).toEqual([])
      expect(wrong(model, json({ input_fidelity }), 'images.edits.json')).toEqual([])
    }
    expect(wrong(model, form({ input_fidelity: 'medium' }))).toEqual(['input_fidelity: invalid_value'])
    expect(wrong(model, json({ input_fidelity: true }), 'images.edits.json')).toEqual(['input_fidelity: invalid_type'])
  })

  it('is taken by gpt-image-1-mini, low alone', () => {
    expect(wrong('gpt-image-1-mini', form({ input_fidelity: 'low' }))).toEqual([])
    expect(wrong('gpt-image-1-mini', form({ input_fidelity: 'high' }))).toEqual(['input_fidelity: invalid_value'])
    expect(wrong('gpt-image-1-mini', json({ input_fidelity: 'high' }), 'images.edits.json')).toEqual([
      'input_fidelity: invalid_value',
    ])
  })

  it.each(GPT.filter((model) => ![...WITH_FIDELITY, 'gpt-image-1-mini'].includes(model)))(
    'is not taken by %s',
    (model) => {
      expect(wrong(model, form({ input_fidelity: 'high' }))).toEqual(['input_fidelity: unsupported_parameter'])
      expect(wrong(model, json({ input_fidelity: 'high' }), 'images.edits.json')).toEqual([
        'input_fidelity: unsupported_parameter',
      ])
    },
  )

  it('is no parameter of dall-e-2, of a generation or of a variation', () => {
    expect(wrong('dall-e-2', form({ input_fidelity: 'high' }))).toEqual(['input_fidelity: unsupported_parameter'])
    expect(wrong('gpt-image-1', { prompt: 'a', input_fidelity: 'high' }, 'images.generations')).toEqual([
      'input_fidelity: unknown_parameter',
    ])
    expect(wrong('dall-e-2', image({ input_fidelity: 'high' }), 'images.variations')).toEqual([
      'input_fidelity: unknown_parameter',
    ])
  })
})

describe('an edit takes', () => {
  it.each<[model: string, given: Given, wrong: readonly string[]]>([
    ['gpt-image-1', { size: '1536x1024', n: 10, quality: 'high', output_format: 'webp' }, []],
    ['gpt-image-1', { size: '2048x2048' }, ['size: invalid_value']],
    ['gpt-image-1', { quality: 'xhigh' }, ['quality: invalid_value']],
    ['gpt-image-1', { quality: 'standard' }, ['quality: invalid_value']],
    ['gpt-image-1', { output_format: 'gif' }, ['output_format: invalid_value']],
    ['gpt-image-2', { size: '2048x1152', n: 1, quality: 'auto' }, []],
    ['gpt-image-2', { size: '1920x1080' }, ['size: invalid_value']],
    ['gpt-image-2', { size: '512x512' }, ['size: invalid_value']],
    ['gpt-image-2', { quality: 'xhigh' }, ['quality: invalid_value']],
    ['gpt-image-2.5-flare', { quality: 'xhigh' }, []],
    ['gpt-image-2.5-flare', { complexity: 'low' }, ['complexity: unsupported_parameter']],
    ['gpt-image-2.6-flare', { quality: 'max', complexity: 'low', output_format: 'svg', safety_identifier: 'x' }, []],
    ['gpt-image-2.6-flare', { output_format: 'gif', background: 'transparent' }, ['background: invalid_value']],
    ['gpt-image-2', { n: 0 }, ['n: invalid_value']],
    ['gpt-image-2', { n: 11 }, ['n: invalid_value']],
    ['gpt-image-2', { response_format: 'url' }, ['response_format: unsupported_parameter']],
    ['gpt-image-2', { style: 'vivid' }, ['style: unknown_parameter']],
    ['gpt-image-2', { moderation: 'low' }, []],
    ['gpt-image-2', { moderation: 'none' }, ['moderation: invalid_value']],
    ['gpt-image-2', { images: [{ file_id: 'x' }] }, ['images: unsupported_parameter']],
    ['gpt-image-2', { output_compression: 50 }, ['output_compression: invalid_value']],
    ['gpt-image-2', { output_compression: 50, output_format: 'jpeg' }, []],
    ['gpt-image-2', { partial_images: 2 }, ['partial_images: invalid_value']],
    ['gpt-image-2', { partial_images: 2, stream: true }, []],
    ['dall-e-2', { n: 10, size: '256x256', response_format: 'b64_json', user: 'me' }, []],
    ['dall-e-2', { size: '1536x1024' }, ['size: invalid_value']],
    ['dall-e-2', { size: 'auto' }, ['size: invalid_value']],
    ['dall-e-2', { stream: true }, ['stream: unsupported_parameter']],
    ['dall-e-2', { background: 'auto' }, ['background: unsupported_parameter']],
    ['qwen-image-edit', { n: 1, size: '1328x1328', seed: '5', watermark: 'false' }, []],
    ['qwen-image-edit', { n: 2 }, ['n: invalid_value']],
    ['qwen-image-edit', { response_format: 'file' }, ['response_format: invalid_value']],
    ['qwen-image-edit', { response_format: 'b64_json' }, ['response_format: invalid_value']],
    ['qwen-image-edit', { response_format: 'url' }, []],
  ])('of %s: %o', (model, given, expected) => {
    expect(wrong(model, form(given))).toEqual(expected)
  })

  it('moderation in JSON too', () => {
    expect(wrong('gpt-image-2', json({ moderation: 'low' }), 'images.edits.json')).toEqual([])
  })

  it.each([
    ['dall-e-2', 1000],
    ['gpt-image-2', 32_000],
    ['qwen-image-edit', 32_000],
  ])('a prompt for %s of at most %d characters', (model, most) => {
    expect(wrong(model, form({ prompt: '🦊'.repeat(most) }))).toEqual([])
    expect(wrong(model, form({ prompt: 'x'.repeat(most + 1) }))).toEqual(['prompt: invalid_value'])
    expect(wrong(model, form({ prompt: '' }))).toEqual(['prompt: invalid_value'])
    expect(wrong(model, image())).toEqual(['prompt: missing_required_parameter'])
  })

  it.each(['dall-e-3', 'qwen-image', 'doubao-seedream-4-5-251128'])('nothing of %s', (model) => {
    expect(Object.keys(modelOf(model).ruleSets)).toEqual(['images.generations'])
  })
})

describe('a model that the catalogue does not know', () => {
  it('may have any files and any other fields, as long as there is a prompt and an image', () => {
    const anything = { image: [png(1, 2, { format: 'gif' }), png(0, 0, { bytes: 0 })], seed: '7', mask: [png(3, 3)] }
    expect(wrong('image-model-next', form(anything))).toEqual([])
    expect(wrong('image-model-next', { seed: '7' })).toEqual([
      'prompt: missing_required_parameter',
      'image: missing_required_parameter',
    ])
    expect(wrong('image-model-next', form({ n: 0, stream: 'yes', image: 'x' }))).toEqual([
      'image: invalid_type',
      'n: invalid_value',
      'stream: invalid_type',
    ])
    expect(wrong('image-model-next', { image: [png()] }, 'images.variations')).toEqual([])
    expect(wrong('image-model-next', { prompt: 'a', images: 'anything' }, 'images.edits.json')).toEqual([])
  })
})

describe('what /gateway/models says of edits', () => {
  it.each(catalogue.models.map(({ id }) => id))('can be written as JSON Schema: %s', (id) => {
    const model = catalogue.models.find((one) => one.id === id)
    expect(model).toBeDefined()
    if (model === undefined) return
    const described = JSON.stringify(describeModel(model))
    for (const ruleSet of ['images.edits', 'images.edits.json', 'images.variations'] as const)
      expect(described.includes(`"${ruleSet}"`)).toBe(model.ruleSets[ruleSet] !== undefined)
  })
})
