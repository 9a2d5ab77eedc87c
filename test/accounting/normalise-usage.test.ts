import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseUsage } from '../../src/accounting/usage.ts'
import type { Usage } from '../../src/accounting/usage.ts'

const NOT_APART = {
  inputTextTokens: undefined,
  inputImageTokens: undefined,
  inputCachedTokens: undefined,
  outputTextTokens: undefined,
  outputImageTokens: undefined,
}

function usage(inputTokens: number, outputTokens: number, totalTokens: number, details: Partial<Usage> = {}): Usage {
  return { inputTokens, outputTokens, totalTokens, ...NOT_APART, ...details }
}

/** Recorded and documented dialects (facts 1.2, 1.3, 1.4, 3.4, 6). */
const DIALECTS: readonly [name: string, raw: object, expected: Usage][] = [
  [
    'a generation at CometAPI',
    {
      input_tokens: 16,
      input_tokens_details: { image_tokens: 0, text_tokens: 16 },
      output_tokens: 208,
      total_tokens: 224,
    },
    usage(16, 208, 224, { inputTextTokens: 16, inputImageTokens: 0 }),
  ],
  [
    'an edit at CometAPI, with the keys of new-api',
    {
      prompt_tokens: 0,
      completion_tokens: 0,
      total_tokens: 981,
      prompt_tokens_details: { cached_tokens_details: {} },
      completion_tokens_details: {},
      input_tokens: 785,
      output_tokens: 196,
      input_tokens_details: { image_tokens: 768, text_tokens: 17, cached_tokens_details: {} },
      claude_cache_creation_5_m_tokens: 0,
      claude_cache_creation_1_h_tokens: 0,
    },
    usage(785, 196, 981, { inputTextTokens: 17, inputImageTokens: 768 }),
  ],
  [
    'a generation at OpenAI',
    {
      input_tokens: 14,
      input_tokens_details: { image_tokens: 0, text_tokens: 14 },
      output_tokens: 380,
      output_tokens_details: { image_tokens: 380, text_tokens: 0 },
      total_tokens: 394,
    },
    usage(14, 380, 394, { inputTextTokens: 14, inputImageTokens: 0, outputTextTokens: 0, outputImageTokens: 380 }),
  ],
  ['Seedream', { generated_images: 1, output_tokens: 16_384, total_tokens: 16_384 }, usage(0, 16_384, 16_384)],
  ['chat completions', { prompt_tokens: 16, completion_tokens: 208, total_tokens: 224 }, usage(16, 208, 224)],
  [
    'both names, the new ones zero',
    {
      prompt_tokens: 16,
      completion_tokens: 208,
      input_tokens: 0,
      output_tokens: 0,
      total_tokens: 224,
      input_tokens_details: null,
    },
    usage(16, 208, 224),
  ],
  [
    'details under the old names',
    {
      prompt_tokens: 100,
      completion_tokens: 300,
      total_tokens: 400,
      prompt_tokens_details: { cached_tokens: 64, text_tokens: 90, image_tokens: 10 },
      completion_tokens_details: { text_tokens: 28, image_tokens: 272 },
    },
    usage(100, 300, 400, {
      inputTextTokens: 90,
      inputImageTokens: 10,
      inputCachedTokens: 64,
      outputTextTokens: 28,
      outputImageTokens: 272,
    }),
  ],
  [
    'the event of a stream',
    {
      total_tokens: 100,
      input_tokens: 50,
      output_tokens: 50,
      input_tokens_details: { text_tokens: 10, image_tokens: 40 },
    },
    usage(50, 50, 100, { inputTextTokens: 10, inputImageTokens: 40 }),
  ],
]

describe('normaliseUsage', () => {
  it.each(DIALECTS)('reads %s', (_name, raw, expected) => {
    expect(normaliseUsage(raw)).toEqual(expected)
  })

  it.each([
    ['no total', { input_tokens: 16, output_tokens: 208 }, usage(16, 208, 224)],
    ['only a total', { total_tokens: 981 }, usage(0, 981, 981)],
    ['only output', { output_tokens: 208 }, usage(0, 208, 208)],
    ['only input', { input_tokens: 16 }, usage(16, 0, 16)],
    ['input and total', { input_tokens: 16, total_tokens: 224 }, usage(16, 208, 224)],
    ['output and total', { output_tokens: 208, total_tokens: 224 }, usage(16, 208, 224)],
    ['no output beside a larger total', { input_tokens: 16, output_tokens: 0, total_tokens: 224 }, usage(16, 0, 224)],
    ['more output than total', { output_tokens: 208, total_tokens: 100 }, usage(0, 208, 100)],
    [
      'null beside counts',
      { input_tokens: null, prompt_tokens: 16, output_tokens: 208, total_tokens: null },
      usage(16, 208, 224),
    ],
    ['text for a number', { input_tokens: '16', output_tokens: 208, total_tokens: 224 }, usage(16, 208, 224)],
    ['a negative number', { input_tokens: -16, output_tokens: 208, total_tokens: 208 }, usage(0, 208, 208)],
    ['a fraction', { input_tokens: 1.5, output_tokens: 208, total_tokens: 208 }, usage(0, 208, 208)],
    [
      'a number beyond the safe ones',
      { input_tokens: 2 ** 53, output_tokens: 208, total_tokens: 224 },
      usage(16, 208, 224),
    ],
    ['the largest plausible number', { output_tokens: 1e8 }, usage(0, 1e8, 1e8)],
    [
      'a number that no answer has',
      { input_tokens: 16, output_tokens: 1e8 + 1, total_tokens: 224 },
      usage(16, 208, 224),
    ],
    ['infinity', { input_tokens: Infinity, output_tokens: 208, total_tokens: 224 }, usage(16, 208, 224)],
    [
      'details that are no objects',
      { input_tokens: 16, output_tokens: 208, input_tokens_details: 'none', output_tokens_details: [1] },
      usage(16, 208, 224),
    ],
    [
      'nulls and text in the details',
      {
        input_tokens: 16,
        output_tokens: 208,
        input_tokens_details: { text_tokens: '16', image_tokens: null, cached_tokens: -1 },
      },
      usage(16, 208, 224),
    ],
    [
      'members it does not know',
      { input_tokens: 16, output_tokens: 208, cost: { usd: 1 }, extra: [] },
      usage(16, 208, 224),
    ],
  ])('tolerates %s', (_name, raw, expected) => {
    expect(normaliseUsage(raw)).toEqual(expected)
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['an empty list', []],
    ['a list', [16, 208]],
    ['a number', 224],
    ['text', 'input_tokens'],
    ['true', true],
    ['nothing but zeros', { input_tokens: 0, output_tokens: 0, total_tokens: 0 }],
    [
      'zeros in both dialects',
      { input_tokens: 0, output_tokens: 0, prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    ],
    ['nothing but nulls', { input_tokens: null, output_tokens: null, total_tokens: null }],
    ['nothing but strangers', { generated_images: 2 }],
    ['counts in the prototype', JSON.parse('{"__proto__":{"input_tokens":5,"output_tokens":5}}') as unknown],
    ['inherited counts', Object.create({ input_tokens: 5, output_tokens: 5 }) as unknown],
  ])('says that nothing was reported for %s', (_name, raw) => {
    expect(normaliseUsage(raw)).toBeUndefined()
  })

  it('does not believe a total of zero beside tokens', () => {
    expect(normaliseUsage({ input_tokens: 16, output_tokens: 208, total_tokens: 0 })).toEqual(usage(16, 208, 224))
  })

  it('gives whole numbers that are not negative, or nothing, for any JSON', () => {
    const count = fc.oneof(fc.nat(), fc.jsonValue())
    const details = fc.oneof(
      fc.record({ text_tokens: count, image_tokens: count, cached_tokens: count }, { requiredKeys: [] }),
      fc.jsonValue(),
    )
    const names = ['input_tokens', 'output_tokens', 'total_tokens', 'prompt_tokens', 'completion_tokens']
    const members = fc.record(
      {
        ...Object.fromEntries(names.map((name) => [name, count])),
        input_tokens_details: details,
        output_tokens_details: details,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(members, fc.jsonValue()), (raw) => {
        const counts = Object.values(normaliseUsage(raw) ?? {}).filter((value) => value !== undefined)
        expect(counts.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})
