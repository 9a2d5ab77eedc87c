import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Catalogue } from '../../../src/models/catalogue.ts'
import { checkParameters } from '../../../src/models/rules/check-parameters.ts'
import { refuse } from '../../../sandbox/comet/rules/rules.ts'
import { findModel } from '../../../sandbox/comet/rules/served-models.ts'

const catalogue = new Catalogue({ unknownModels: 'reject' })

/** Values worth a disagreement: good for some model, bad for another, at the borders of a rule. */
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  n: [1, 2, 10, 11, 1.5, '1', null],
  size: [
    'auto',
    '1024x1024',
    '1536x1024',
    '1792x1024',
    '256x256',
    '2048x2048',
    '1920x1080',
    '3840x2160',
    '3840x3840',
    '655x1001',
    '512x512',
    '960x960',
    '720x720',
    '1K',
    '1.5K',
    '2K',
    '3K',
    '4K',
    '1024×1024',
    7,
    null,
  ],
  quality: ['auto', 'low', 'high', 'xhigh', 'max', 'standard', 'hd', 'best', null],
  background: ['transparent', 'opaque', 'auto', 'white', null],
  moderation: ['low', 'auto', 'none', null],
  output_format: ['png', 'jpeg', 'webp', 'gif', 'svg', 'bmp', null],
  output_compression: [0, 50, 100, 101, '50', null],
  partial_images: [0, 2, 4, null],
  stream: [true, false, 'yes', null],
  response_format: ['url', 'b64_json', 'file', null],
  style: ['vivid', 'natural', 'sober', null],
  user: ['me', 7],
  complexity: ['low', 'high', 'max', null],
  safety_identifier: ['someone', '', 'x'.repeat(129), null],
  frame_count: [1, 2, 12, 16, 17, null],
  frame_duration_ms: [19, 20, 5000, null],
  svg: [{ model: 'gpt-5.5' }, { model: 'gpt-5.5', reasoning: { effort: 'low' } }, {}, 'gpt-5.5', null],
  prompt_rewriter: ['off', { mode: 'on' }, null],
  watermark: [true, 'yes', null],
  guidance_scale: [2.5, 'much', null],
  sequential_image_generation: ['auto', 'disabled', 'on', null],
  image: ['https://example.com/a.png', ['https://example.com/a.png'], [], 5],
}

const MODELS = [
  'gpt-image-1',
  'gpt-image-1-mini',
  'gpt-image-1.5',
  'gpt-image-2',
  'gpt-image-2.5-flare',
  'gpt-image-2.6-sunburst',
  'chatgpt-image-latest',
  'dall-e-2',
  'dall-e-3',
  'qwen-image',
  'doubao-seedream-4-5-251128',
  'bytedance-seedream-4-0-250828',
  'doubao-seedream-5-0-260128',
  'doubao-seedream-5-0-pro-260628',
  'doubao-seedream-3-0-t2i-250415',
]

const parameters = fc
  .subarray(Object.keys(VALUES), { maxLength: 4 })
  .chain((names) =>
    fc.record(Object.fromEntries(names.map((name) => [name, fc.constantFrom(...(VALUES[name] ?? []))]))),
  )

it.each(MODELS)('whatever the gateway lets pass for %s, the sandbox takes too', (model) => {
  const resolved = catalogue.resolve(model)
  const rules = resolved.entry.ruleSets['images.generations']
  const served = findModel(model)
  if (rules === undefined || served === undefined) throw new Error(`${model} is not in both`)
  let passed = 0
  fc.assert(
    fc.property(parameters, (chosen) => {
      const body = { model, prompt: 'a paper boat', ...chosen }
      const { issues, notTaken } = checkParameters(
        rules,
        model,
        new Map(Object.entries(body)),
        catalogue.namesIn('images.generations'),
      )
      if (issues.length + notTaken.length > 0) return
      passed++
      expect(refuse(body, served)).toBeUndefined()
    }),
    { numRuns: 4000 },
  )
  expect(passed).toBeGreaterThan(20)
})
