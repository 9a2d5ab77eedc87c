import { describe, expect, it } from 'vitest'
import { normaliseSvgUsage, normaliseUsage } from '../../../src/accounting/usage.ts'
import { factsOfWhole } from '../../../src/gateway/answers/answer-facts.ts'
import { JsonTap } from '../../../src/gateway/answers/json-tap.ts'
import { answerCost, highestCostMicros } from '../../../src/models/prices/cost.ts'
import { given, modelOf } from '../checking.ts'
import type { Cost } from '../../../src/models/prices/cost.ts'

/** As it was recorded. */
const SVG_USAGE = { input_tokens: 1572, output_tokens: 1437, reasoning_tokens: 994, total_tokens: 3009 }
const USAGE = { input_tokens: 16, output_tokens: 208, total_tokens: 224 }
const svg = (more: Record<string, unknown> = {}): ReturnType<typeof given> =>
  given({ output_format: 'svg', quality: 'low', size: '1024x1024', ...more })

function costOf(svgUsage: unknown, usage: unknown = USAGE, multiplier = 1): Cost | undefined {
  const answer = { usage: normaliseUsage(usage), svgUsage: normaliseSvgUsage(svgUsage), images: 1 }
  return answerCost(modelOf('gpt-image-2.6-flare'), svg(), answer, multiplier)
}

describe('the tokens of the author of an svg', () => {
  it.each([
    ['gpt-5.5', 1572 * 5 + 1437 * 30],
    ['gpt-5.5-2026-04-23', 1572 * 5 + 1437 * 30],
    ['gpt-5.6-terra', 1572 * 2 + 1437 * 12],
  ])('are booked at the rates of %s', (model, micros) => {
    expect(costOf({ model, ...SVG_USAGE })).toEqual({ costMicros: 6320 + micros, estimated: false })
    expect(costOf({ model, ...SVG_USAGE }, USAGE, 2)?.costMicros).toBe(2 * (6320 + micros))
  })

  it('of a model without a price are not booked, and that is said', () => {
    expect(costOf({ model: 'author-9', ...SVG_USAGE })).toEqual({
      costMicros: 6320,
      estimated: true,
      unpriced: 'author-9',
    })
    expect(costOf(SVG_USAGE)?.unpriced).toBe('unknown')
    expect(costOf({ model: 'a line\nof its own', ...SVG_USAGE })?.unpriced).toBe('unknown')
  })

  it('stand beside an estimate where the image has no usage', () => {
    // (6 + 12) · 5 for the prompt and 781 · 30 for the image.
    expect(costOf({ model: 'gpt-5.5', ...SVG_USAGE }, null)).toEqual({
      costMicros: 23_520 + 1572 * 5 + 1437 * 30,
      estimated: true,
    })
  })

  it.each([null, undefined, {}, [], 'text', { model: 'gpt-5.5' }, { model: 'gpt-5.5', input_tokens: -1 }])(
    'are none in %j',
    (nothing) => {
      expect(costOf(nothing)).toEqual({ costMicros: 6320, estimated: false })
    },
  )

  it('are read in passing, whatever the chunking', () => {
    const answer = {
      created: 1,
      svg_usage: { model: 'gpt-5.5', ...SVG_USAGE },
      data: [{ b64_json: 'QUJD' }],
      usage: USAGE,
    }
    const bytes = Buffer.from(JSON.stringify(answer))
    const tap = new JsonTap()
    for (const byte of bytes) tap.write(Buffer.from([byte]))
    expect(tap.facts().svgUsage).toEqual({ model: 'gpt-5.5', inputTokens: 1572, outputTokens: 1437 })
    expect(factsOfWhole(bytes).svgUsage).toEqual(tap.facts().svgUsage)
  })
})

describe('the highest cost of a drawing', () => {
  const hold = (more: Record<string, unknown> = {}): number | undefined =>
    highestCostMicros(modelOf('gpt-image-2.6-flare'), svg(more), 1)
  const recorded = costOf({ model: 'gpt-5.5', ...SVG_USAGE })?.costMicros ?? Infinity

  it('covers its author, named or not, the more so the harder it thinks', () => {
    expect(hold()).toBeGreaterThanOrEqual(recorded)
    const efforts = ['low', 'medium', 'high', 'max'].map((effort) =>
      hold({ svg: { model: 'gpt-5.5', reasoning: { effort } } }),
    )
    expect(efforts).toEqual(efforts.toSorted((a = 0, b = 0) => a - b))
    expect(efforts[0]).toBeGreaterThanOrEqual(recorded)
    expect(hold({ output_format: 'png' })).toBeLessThan(hold() ?? 0)
  })

  it('is not known where the price of its author is not', () => {
    expect(hold({ svg: { model: 'author-9' } })).toBeUndefined()
  })
})
