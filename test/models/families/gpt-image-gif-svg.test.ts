import { describe, expect, it } from 'vitest'
import { ImageFile } from '../../../src/models/rules/image-file.ts'
import { checkParameters } from '../../../src/models/rules/check-parameters.ts'
import { catalogue, onlyProblem, problems, modelOf } from '../checking.ts'
import type { RuleSet } from '../../../src/models/model.ts'

const V26 = ['gpt-image-2.6-flare', 'gpt-image-2.6-sunburst', 'gpt-image-2.6-flare-2026-11-05']
const gif = (given: Record<string, unknown> = {}): Record<string, unknown> => ({ output_format: 'gif', ...given })
const svg = (given: Record<string, unknown> = {}): Record<string, unknown> => ({ output_format: 'svg', ...given })
const square = (edge: number): string => `${edge}x${edge}`

describe.each(V26)('an animated gif of %s', (model) => {
  it.each<Record<string, unknown>>([
    {},
    { frame_count: 2 },
    { frame_count: 16 },
    { frame_count: null, frame_duration_ms: null },
    { frame_duration_ms: 20 },
    { frame_duration_ms: 655_351 },
    { size: null },
    { size: 'auto' },
    { size: '512x512', frame_count: 2 },
    { size: '64x64' },
    { size: square(960) },
    { size: square(960), frame_count: 9 },
    { size: square(816), frame_count: 12 },
    { size: square(720), frame_count: 16 },
    { size: '1264x640' },
    { size: '848x640', frame_count: 10 },
    { size: '640x1264', frame_count: 9 },
    { stream: false, partial_images: 0 },
    { output_compression: 100 },
    { n: 3 },
  ])('may have %j', (given) => {
    expect(problems(model, gif(given))).toEqual([])
  })

  it.each<[Record<string, unknown>, string, string]>([
    [{ frame_count: 1 }, 'frame_count', 'an integer from 2 to 16'],
    [{ frame_count: 17 }, 'frame_count', 'an integer from 2 to 16'],
    [{ frame_duration_ms: 19 }, 'frame_duration_ms', 'an integer of at least 20'],
    [{ size: square(1024), frame_count: 6 }, 'size', '6 frames of 1024x1024 need a sheet of 3072x3072 pixels'],
    [{ size: square(976) }, 'size', '9 frames of 976x976'],
    [{ size: square(832), frame_count: 10 }, 'size', '10 frames'],
    [{ size: square(736), frame_count: 13 }, 'size', '13 frames'],
    [{ size: '1296x432' }, 'size', 'need a sheet of 3888x1296 pixels'],
    [{ size: '500x500' }, 'size', 'divisible by 16'],
    [{ stream: true }, 'stream', "The output format 'gif' cannot be streamed."],
    [{ output_compression: 99 }, 'output_compression', 'less than 100'],
    [{ background: 'transparent' }, 'background', "'png' or 'webp'"],
  ])('may not have %j: %s', (given, param, says) => {
    expect(onlyProblem(model, gif(given))).toEqual({
      code: 'invalid_value',
      param,
      message: expect.stringContaining(says),
    })
  })

  it('has previews in no case', () => {
    expect(problems(model, gif({ stream: true, partial_images: 2 })).map(({ param }) => param)).toEqual(['stream'])
    expect(onlyProblem(model, gif({ partial_images: 2 })).param).toBe('partial_images')
  })

  it.each(['png', 'svg', null])('alone has frames: %j has none', (output_format) => {
    expect(onlyProblem(model, { frame_count: 4, output_format })).toMatchObject({
      code: 'invalid_value',
      param: 'frame_count',
      message: expect.stringContaining("Set 'output_format' to 'gif'"),
    })
    expect(onlyProblem(model, { frame_duration_ms: 100, output_format }).param).toBe('frame_duration_ms')
  })

  it('alone has small sizes', () => {
    expect(onlyProblem(model, { size: '512x512' }).message).toContain('at least 655,360 are needed')
    expect(onlyProblem(model, svg({ size: '512x512' })).param).toBe('size')
  })
})

describe.each(V26)('a drawing of %s', (model) => {
  it.each<Record<string, unknown>>([
    {},
    { svg: null },
    { svg: { model: 'gpt-5.5' } },
    { svg: { model: 'gpt-5.5', reasoning: null } },
    { svg: { model: 'gpt-5.5', reasoning: {} } },
    { svg: { model: 'gpt-5.5', reasoning: { effort: null } } },
    ...['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'].map((effort) => ({
      svg: { model: 'gpt-5.5', reasoning: { effort } },
    })),
    { n: 1 },
    { stream: false, partial_images: 0 },
    { output_compression: null, prompt_rewriter: null },
    { complexity: 'low' },
  ])('may have %j', (given) => {
    expect(problems(model, svg(given))).toEqual([])
  })

  it.each<[Record<string, unknown>, string, string]>([
    [{ svg: {} }, 'svg.model', 'invalid_type'],
    [{ svg: { model: '' } }, 'svg.model', 'invalid_value'],
    [{ svg: { model: 'a', reasoning: { effort: 'huge' } } }, 'svg.reasoning.effort', 'invalid_value'],
    [{ svg: { model: 'a', effort: 'low' } }, 'svg.effort', 'invalid_value'],
    [{ svg: 'gpt-5.5' }, 'svg', 'invalid_type'],
    [{ n: 2 }, 'n', 'invalid_value'],
    [{ stream: true }, 'stream', 'invalid_value'],
    [{ output_compression: 100 }, 'output_compression', 'invalid_value'],
    [{ output_compression: 50 }, 'output_compression', 'invalid_value'],
    [{ prompt_rewriter: 'off' }, 'prompt_rewriter', 'invalid_value'],
  ])('may not have %j: %s', (given, param, code) => {
    expect(onlyProblem(model, svg(given))).toMatchObject({ code, param })
  })

  it('alone has an author', () => {
    expect(onlyProblem(model, { svg: { model: 'gpt-5.5' } })).toMatchObject({ code: 'invalid_value', param: 'svg' })
  })

  it('leaves prompt_rewriter to the upstream elsewhere', () => {
    for (const prompt_rewriter of ['off', true, { mode: 'off' }, 5])
      expect(problems(model, { prompt_rewriter })).toEqual([])
  })
})

const file = (width: number, height: number, more: Partial<ImageFile> = {}): ImageFile =>
  new ImageFile({ bytes: 900, format: 'png', width, height, hasAlpha: true, ...more })

function ofEdit(model: string, given: Record<string, unknown>, ruleSet: RuleSet = 'images.edits'): readonly string[] {
  const rules = modelOf(model).ruleSets[ruleSet]
  if (rules === undefined) throw new Error(`${model} has no ${ruleSet}`)
  const images = ruleSet === 'images.edits' ? { image: [file(64, 48)] } : { images: [{ file_id: 'file-1' }] }
  const values = new Map<string, unknown>(Object.entries({ prompt: 'a', ...images, ...given }))
  const { issues, notTaken } = checkParameters(rules, model, values, catalogue.namesIn(ruleSet))
  return [...issues, ...notTaken].map(({ param, code }) => `${param}: ${code}`)
}

describe('an edit', () => {
  it('of 2.6 may be a gif, without a mask, or a drawing whose author need not be named', () => {
    expect(ofEdit('gpt-image-2.6-flare', gif({ frame_count: 4, size: '512x512' }))).toEqual([])
    expect(ofEdit('gpt-image-2.6-flare', gif({ mask: [file(64, 48)] }))).toEqual(['mask: invalid_value'])
    expect(ofEdit('gpt-image-2.6-flare', gif({ mask: { file_id: 'a' } }), 'images.edits.json')).toEqual([
      'mask: invalid_value',
    ])
    expect(ofEdit('gpt-image-2.6-flare', svg({ svg: { reasoning: { effort: 'low' } } }))).toEqual([])
    expect(ofEdit('gpt-image-2.6-flare', svg({ svg: {} }), 'images.edits.json')).toEqual([])
    expect(ofEdit('gpt-image-2.6-flare', svg({ svg: { model: null } }), 'images.edits.json')).toEqual([])
  })

  it.each(['gpt-image-2.5-flare', 'gpt-image-2.6-sunburst'])('of %s may have a markup in a form', (model) => {
    const marked = (markup: unknown, more = {}): readonly string[] => ofEdit(model, { markup: [markup], ...more })
    expect(marked(file(64, 48))).toEqual([])
    expect(marked(file(64, 48, { hasAlpha: undefined }))).toEqual([])
    expect(marked(file(64, 48, { hasAlpha: false }))).toEqual(['markup: invalid_value'])
    expect(marked(file(64, 48, { format: 'webp' }))).toEqual(['markup: invalid_value'])
    expect(marked(file(48, 64))).toEqual(['markup: invalid_value'])
    expect(marked(file(64, 48), { mask: [file(64, 48)] })).toEqual(['markup: invalid_value'])
    // A photograph may be stored on its side.
    expect(marked(file(48, 64), { image: [file(64, 48, { format: 'jpeg' })] })).toEqual([])
    expect(ofEdit(model, { markup: { file_id: 'a' } }, 'images.edits.json')).toEqual(['markup: unsupported_parameter'])
  })

  it.each(['gpt-image-1', 'gpt-image-2'])('of %s has no markup', (model) => {
    expect(ofEdit(model, { markup: [file(64, 48)] })).toEqual(['markup: unsupported_parameter'])
  })
})
