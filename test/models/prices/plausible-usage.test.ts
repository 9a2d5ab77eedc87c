import { describe, expect, it } from 'vitest'
import { factsOfWhole } from '../../../src/gateway/answers/answer-facts.ts'
import { settlementOf } from '../../../src/gateway/generation/settlement.ts'
import { normaliseUsage } from '../../../src/accounting/usage.ts'
import { plausibleUsage } from '../../../src/models/prices/plausible-usage.ts'
import { catalogue, given, modelOf } from '../checking.ts'
import type { Settlement } from '../../../src/accounting/settlement.ts'

const IMPLAUSIBLE: readonly [string, object][] = [
  ['zero', { output_tokens: 0, total_tokens: 16 }],
  ['zero beside a larger total', { output_tokens: 0, total_tokens: 224 }],
  ['null', { output_tokens: null, total_tokens: 16 }],
  ['absent', { total_tokens: 16 }],
  ['negative', { output_tokens: -208, total_tokens: 16 }],
  ['a fraction', { output_tokens: 0.5, total_tokens: 16 }],
  ['text', { output_tokens: '208', total_tokens: 16 }],
  ['a number that no answer has', { output_tokens: 1e12, total_tokens: 1e12 + 16 }],
  ['more than images of the model can have', { output_tokens: 50_000_000, total_tokens: 50_000_016 }],
  ['infinite', { output_tokens: Infinity, total_tokens: 16 }],
]

function settle(usage: object, images = 1): Settlement {
  const data = Array.from({ length: images }, () => ({ b64_json: 'AA==' }))
  const parameters = given({ model: 'gpt-image-2', quality: 'low', size: '1024x1024', n: images })
  return settlementOf(
    { model: catalogue.resolve('gpt-image-2'), parameters, priceMultiplier: 1 },
    {
      isAccepted: true,
      facts: factsOfWhole(Buffer.from(JSON.stringify({ data, usage: { input_tokens: 16, ...usage } }))),
      failure: undefined,
      upstreamRequestId: undefined,
      endedAt: 5,
      upstreamMs: 7,
      firstEventMs: undefined,
    },
    9,
  )
}

describe('images beside usage whose output is', () => {
  it.each(IMPLAUSIBLE)('%s have no usage: their cost is estimated, and marked so', (_what, usage) => {
    expect(settle(usage)).toMatchObject({
      verdict: 'bought',
      usage: undefined,
      isUsageMissing: true,
      // (6 + 12) · 5 for the prompt and 196 · 30 for the image.
      cost: { costMicros: 5970, estimated: true },
    })
  })

  it('plausible are booked at it', () => {
    expect(settle({ output_tokens: 208, total_tokens: 224 })).toMatchObject({
      usage: { outputTokens: 208 },
      cost: { costMicros: 6320, estimated: false },
    })
    // Seen at another relay where the formula has 201.
    expect(settle({ output_tokens: 717, total_tokens: 733 }).cost).toEqual({ costMicros: 21_590, estimated: false })
    expect(settle({ output_tokens: 70_240 }, 10).cost?.estimated).toBe(false)
  })

  it('what a total leaves beside the input is plausible', () => {
    expect(settle({ output_tokens: null, total_tokens: 224 }).cost).toEqual({ costMicros: 6320, estimated: false })
  })
})

describe('the bound of what is plausible', () => {
  it('is the same for models without a price but for the upper end', () => {
    const usage = normaliseUsage({ input_tokens: 16, output_tokens: 50_000_000 })
    expect(plausibleUsage(modelOf('some-model'), usage, 1)).toBe(usage)
    expect(plausibleUsage(modelOf('gpt-image-2'), usage, 1)).toBeUndefined()
    expect(plausibleUsage(modelOf('some-model'), normaliseUsage({ input_tokens: 16 }), 1)).toBeUndefined()
    expect(plausibleUsage(modelOf('gpt-image-2'), undefined, 1)).toBeUndefined()
  })
})
