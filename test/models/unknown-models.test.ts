import { describe, expect, it } from 'vitest'
import { answerCost, highestCostMicros } from '../../src/models/prices/cost.ts'
import { given, modelOf, onlyProblem, problems } from './checking.ts'

const MODEL = 'somebody-elses-model'

describe('a model that the catalogue does not know', () => {
  it.each([
    { quality: 'ultra' },
    { size: '1x1' },
    { size: 'enormous' },
    { n: 100 },
    { style: 'cubist' },
    { background: 'checkered' },
    { moderation: 'none' },
    { response_format: 'tiff' },
    { output_format: 'avif' },
    { stream: true, partial_images: 3 },
    { background: 'transparent', output_format: 'jpeg' },
    { seed: 12_345 },
    { negative_prompt: 'no cats', steps: 30, extra: { deep: [1, { a: null }] } },
    { image: 5 },
  ])('takes %j: the upstream decides', (parameters) => {
    expect(problems(MODEL, parameters)).toEqual([])
  })

  it.each([{ output_compression: 101 }, { partial_images: 4, stream: true }])(
    'takes %j, since only types are checked',
    (parameters) => {
      expect(problems(MODEL, parameters)).toEqual([])
    },
  )

  it('is refused a standard parameter of the wrong type', () => {
    expect(onlyProblem(MODEL, { n: '3' })).toMatchObject({ code: 'invalid_type', param: 'n' })
  })

  it('takes a prompt longer than any known model does', () => {
    expect(problems(MODEL, { prompt: 'a'.repeat(200_000) })).toEqual([])
  })

  it('has no price, so that a budget can refuse it', () => {
    expect(highestCostMicros(modelOf(MODEL), given({ n: 4 }), 1)).toBeUndefined()
  })

  it('has no cost whatever it reports', () => {
    const usage = {
      inputTokens: 16,
      outputTokens: 208,
      totalTokens: 224,
      inputTextTokens: undefined,
      inputImageTokens: undefined,
      inputCachedTokens: undefined,
      outputTextTokens: undefined,
      outputImageTokens: undefined,
    }
    expect(answerCost(modelOf(MODEL), given(), { usage, images: 1 }, 1)).toBeUndefined()
  })
})
