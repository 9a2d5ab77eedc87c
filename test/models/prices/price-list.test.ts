import { describe, expect, it } from 'vitest'
import { Catalogue } from '../../../src/models/catalogue.ts'
import { readModels } from '../../../src/models/models-file.ts'
import { comparePrices, readPriceList } from '../../../src/models/prices/price-list.ts'
import { isDrastic, updatedModelsFile } from '../../../src/models/prices/updated-models-file.ts'
import type { PriceFinding } from '../../../src/models/prices/price-list.ts'

const catalogue = new Catalogue({ unknownModels: 'allow' })
const compare = (data: readonly unknown[], into = catalogue): readonly PriceFinding[] =>
  comparePrices(into, readPriceList(JSON.stringify({ success: true, total: data.length, data }))).filter(
    ({ finding }) => finding !== 'not_listed',
  )
const listed = (id: string, pricing: object | null, model_type = 'image') => ({ id, model_type, pricing })

describe('the list of prices', () => {
  it('is compared by the token where the model is priced by the token', () => {
    const found = compare([listed('gpt-image-2', { input: 5, output: 24, per_request: null, ratio: 0.8 })])
    expect(found).toEqual([
      { model: 'gpt-image-2', kind: 'text_input', finding: 'same', ours: 5, theirs: 5, ratio: 0.8 },
      { model: 'gpt-image-2', kind: 'image_output', finding: 'differs', ours: 30, theirs: 24, ratio: 0.8 },
    ])
  })

  it('is compared by the image, one of a prefix too', () => {
    expect(compare([listed('qwen-image', { per_request: 0.035 })])).toMatchObject([
      { kind: 'image', finding: 'differs', ours: 0.04, theirs: 0.035 },
    ])
    expect(compare([listed('doubao-seedream-5', { per_request: 0.045 })])).toMatchObject([{ finding: 'same' }])
  })

  it('has text models that write an svg', () => {
    expect(compare([listed('gpt-5.5', { input: 4, output: 30 }, 'text')])).toMatchObject([
      { kind: 'text_model_input', finding: 'differs', theirs: 4 },
      { kind: 'text_model_output', finding: 'same' },
    ])
  })

  it.each([
    ['one price for a table of them', listed('dall-e-3', { per_request: 0.03 }), 'other_unit'],
    ['a price per request of a model priced by the token', listed('gpt-image-2', { per_request: 0.1 }), 'other_unit'],
    ['no price', listed('gpt-image-2', null), 'no_price'],
    ['a price of 0, which says nothing', listed('gpt-image-2', { input: 0, output: 0 }), 'no_price'],
    ['a price that is no number', listed('qwen-image', { per_request: 'free' }), 'no_price'],
    ['an image model of nobody', listed('brand-new', { per_request: 1 }), 'not_known'],
  ])('with %s is never written', (_what, one, finding) => {
    const found = compare([one])
    expect(found).toMatchObject([{ finding }])
    expect(updatedModelsFile(undefined, found, () => true)).toBe('{}\n')
  })

  it('leaves out text models of others and records that are none, and takes a model once', () => {
    const twice = listed('qwen-image', { per_request: 0.04 })
    expect(compare([listed('claude', { input: 1 }, 'text'), { x: 1 }, null, twice, twice])).toHaveLength(1)
  })

  it.each([
    ['<html>', /^is not JSON/],
    ['{"models":[]}', /^is not a list of models/],
    ['[]', /^is not a list of models/],
  ])('is not %s', (text, words) => {
    expect(() => readPriceList(text)).toThrow(words)
  })
})

describe('the updated MODELS_FILE', () => {
  const findings = compare([
    listed('gpt-image-2', { input: 4, output: 24 }),
    listed('qwen-image', { per_request: 0.035 }),
    listed('gpt-5.5', { input: 4, output: 30 }, 'text'),
  ])

  it('has the prices of the list, and then differs no more', () => {
    const text = updatedModelsFile(undefined, findings, () => true)
    const updated = new Catalogue({ unknownModels: 'allow', ...readModels(text) })
    const again = compare(
      [listed('gpt-image-2', { input: 4, output: 24 }), listed('gpt-5.5', { input: 4, output: 30 }, 'text')],
      updated,
    )
    expect(again.map(({ finding }) => finding)).toEqual(['same', 'same', 'same', 'same'])
  })

  it('keeps what stands in it', () => {
    const before = JSON.stringify({
      models: {
        'gpt-image-3': { like: 'gpt-image-2' },
        'gpt-image-2': { price: { usd_per_million_tokens: { image_input: 7, text_input: 5 } } },
      },
      aliases: { draft: 'gpt-image-1-mini' },
    })
    expect(JSON.parse(updatedModelsFile(before, findings, ({ model }) => model === 'gpt-image-2'))).toEqual({
      models: {
        'gpt-image-3': { like: 'gpt-image-2' },
        'gpt-image-2': { price: { usd_per_million_tokens: { image_input: 7, text_input: 4, image_output: 24 } } },
      },
      aliases: { draft: 'gpt-image-1-mini' },
    })
  })

  it('is refused where the file is not valid', () => {
    expect(() => updatedModelsFile('{"models": 1}', findings, () => true)).toThrow(/^is not valid/)
  })

  it('takes a large change for a mistake', () => {
    const [finding] = compare([listed('qwen-image', { per_request: 35 })])
    const [usual] = findings
    expect([finding, usual].map((one) => one !== undefined && isDrastic(one))).toEqual([true, false])
  })
})
