import { describe, expect, it } from 'vitest'
import { Catalogue, builtInModels } from '../../src/models/catalogue.ts'
import { answerCost, highestCostMicros } from '../../src/models/prices/cost.ts'
import { readModels } from '../../src/models/models-file.ts'
import { normaliseUsage } from '../../src/accounting/usage.ts'
import { given } from './checking.ts'
import type { LoadedModels } from '../../src/models/models-file.ts'

function load(content: unknown): LoadedModels {
  return readModels(typeof content === 'string' ? content : JSON.stringify(content))
}

function catalogueOf(content: unknown): Catalogue {
  return new Catalogue({ unknownModels: 'reject', ...load(content) })
}

/** The cost of the documented answer, 16 input and 208 output tokens. */
function documentedCost(catalogue: Catalogue, name: string): number | undefined {
  const usage = normaliseUsage({ input_tokens: 16, output_tokens: 208, total_tokens: 224 })
  return answerCost(catalogue.resolve(name).entry, given(), { usage, images: 1 }, 1)?.costMicros
}

/** A file that changes the price of gpt-image-2. */
const price = (value: unknown): unknown => ({ models: { 'gpt-image-2': { price: value } } })

describe('a models file', () => {
  it('may be empty of changes', () => {
    expect(load({}).models).toEqual(builtInModels)
  })

  it('adds a model with the rules and the price of another', () => {
    const own = catalogueOf({ models: { 'gpt-image-3': { like: 'gpt-image-2' } } })
    expect(own.resolve('gpt-image-3')).toMatchObject({ id: 'gpt-image-3', label: 'gpt-image-3' })
    expect(own.resolve('gpt-image-3').entry.ruleSets).toBe(own.resolve('gpt-image-2').entry.ruleSets)
    expect(documentedCost(own, 'gpt-image-3')).toBe(6320)
  })

  it('adds a family by a prefix', () => {
    const own = catalogueOf({ models: { 'gpt-image-3-*': { like: 'gpt-image-2' } } })
    expect(own.resolve('gpt-image-3-2027-01-01')).toMatchObject({
      id: 'gpt-image-3-2027-01-01',
      label: 'gpt-image-3-*',
    })
  })

  it('adds a member of a known family without saying what it is like', () => {
    const own = catalogueOf({ models: { 'doubao-seedream-9-0': { price: { usd_per_image: 0.06 } } } })
    expect(own.resolve('doubao-seedream-9-0').label).toBe('doubao-seedream-9-0')
    expect(highestCostMicros(own.resolve('doubao-seedream-9-0').entry, given(), 1)).toBe(60_000)
  })

  it('changes some rates and keeps the others', () => {
    const own = catalogueOf(price({ usd_per_million_tokens: { text_input: 4, image_output: 24 } }))
    // 16 · 4 + 208 · 24
    expect(documentedCost(own, 'gpt-image-2')).toBe(5056)
    expect(own.resolve('gpt-image-2').entry.price).toMatchObject({
      usdPerMillionTokens: {
        textInput: 4,
        textCached: 1.25,
        imageInput: 8,
        imageCached: 2,
        imageOutput: 24,
        textOutput: 30,
      },
    })
  })

  it('changes every rate by its name', () => {
    const rates = { text_input: 1, text_cached: 2, image_input: 3, image_cached: 4, image_output: 5, text_output: 6 }
    expect(catalogueOf(price({ usd_per_million_tokens: rates })).resolve('gpt-image-2').entry.price).toMatchObject({
      usdPerMillionTokens: {
        textInput: 1,
        textCached: 2,
        imageInput: 3,
        imageCached: 4,
        imageOutput: 5,
        textOutput: 6,
      },
    })
  })

  it('changes one model and leaves its siblings alone', () => {
    const own = catalogueOf(price({ usd_per_million_tokens: { image_output: 0 } }))
    expect(documentedCost(own, 'gpt-image-2-2026-04-21')).toBe(6320)
  })

  it('puts one price on every image of a model that was priced by the token', () => {
    const own = catalogueOf(price({ usd_per_image: 0.04 }))
    expect(highestCostMicros(own.resolve('gpt-image-2').entry, given({ n: 3, quality: 'high' }), 1)).toBe(120_000)
  })

  it('puts prices on quality and size', () => {
    const rows = [
      { quality: 'low', usd: 0.01 },
      { quality: 'high', size: '1024x1024', usd: 0.2 },
      { quality: 'high', size: '1536x1024', usd: 0.3 },
    ]
    const { entry } = catalogueOf({ models: { 'gpt-image-1': { price: { usd_per_image: rows } } } }).resolve(
      'gpt-image-1',
    )
    const hold = (parameters: object): number | undefined => highestCostMicros(entry, given({ ...parameters }), 1)
    expect(hold({ quality: 'low', size: '1536x1024' })).toBe(10_000)
    expect(hold({ quality: 'high', size: '1536x1024' })).toBe(300_000)
    expect(hold({ quality: 'auto' })).toBe(300_000)
    expect(hold({})).toBe(300_000)
  })

  it('keeps counting the images of a Seedream sequence under a new price', () => {
    const own = catalogueOf({ models: { 'seedream-*': { price: { usd_per_image: 0.1 } } } })
    expect(highestCostMicros(own.resolve('seedream-7').entry, given({ sequential_image_generation: 'auto' }), 1)).toBe(
      1_500_000,
    )
  })

  it('adds the price of a text model that writes an svg', () => {
    const own = catalogueOf({
      text_models: { 'author-9': { input: 1, output: 4 }, 'gpt-5.5': { input: 4, output: 24 } },
    })
    const hold = (model: string): number | undefined =>
      highestCostMicros(
        own.resolve('gpt-image-2.6-flare').entry,
        given({
          output_format: 'svg',
          quality: 'low',
          size: '1024x1024',
          svg: { model, reasoning: { effort: 'low' } },
        }),
        1,
      )
    const image = 90 + 2195 * 30
    expect(hold('author-9')).toBe(image + 2012 + 4000 * 4)
    expect(hold('gpt-5.5-2026-04-23')).toBe(image + 2012 * 4 + 4000 * 24)
    expect(hold('gpt-5.4-mini')).toBe(image + 2012 * 0.75 + 4000 * 4.5)
    expect(hold('author-8')).toBeUndefined()
  })

  it('names its prices as their own source, dated today', () => {
    const own = catalogueOf({ models: { 'dall-e-3': { price: { usd_per_image: 0.05 } } } })
    expect(own.resolve('dall-e-3').entry.price?.source).toEqual({
      cite: 'MODELS_FILE',
      asOf: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    })
  })

  it('gives aliases to known and to new models', () => {
    const own = catalogueOf({
      models: { 'gpt-image-3': { like: 'gpt-image-2' } },
      aliases: {
        cheap: 'gpt-image-1-mini',
        next: 'gpt-image-3',
        nano: 'gpt-image-2.6-flare-2026-11-05',
        'gemini-3-pro-image': 'dall-e-3',
      },
    })
    const ids = ['cheap', 'next', 'nano', 'gemini-3-pro-image'].map((name) => own.resolve(name).id)
    expect(ids).toEqual(['gpt-image-1-mini', 'gpt-image-3', 'gpt-image-2.6-flare-2026-11-05', 'dall-e-3'])
  })
})

describe('a mistake in a models file', () => {
  it.each<[what: string, content: unknown, says: RegExp]>([
    ['no JSON', '{"models": oops}', /^is not JSON: /],
    ['an empty file', '', /^is not JSON: /],
    ['a list', [], /is not valid:\n.*expected object/],
    ['a member that does not exist', { model: {} }, /is not valid:\n.*"model"/],
    ['a list of models', { models: [] }, /expected record[^]*models/],
    ['a model that is no object', { models: { a: 'gpt-image-2' } }, /expected object[^]*models\.a/],
    ['a member of a model that does not exist', { models: { a: { likes: 'gpt-image-2' } } }, /"likes"[^]*models\.a/],
    ['a name without characters', { models: { '': { like: 'gpt-image-2' } } }, /is not valid:\n./],
    ['a new model that is like nothing', { models: { 'x-1': {} } }, /'x-1' is new: say which model it is "like"/],
    [
      'a model like one that does not exist',
      { models: { 'x-1': { like: 'x-2' } } },
      /'x-1' is like 'x-2', which does not exist/,
    ],
    ['a model like itself', { models: { 'x-1': { like: 'x-1' } } }, /'x-1' is like 'x-1', which does not exist/],
    [
      'a model like the prototype',
      { models: { 'x-1': { like: 'constructor' } } },
      /'x-1' is like 'constructor', which does not exist/,
    ],
    ['an alias of nothing', { aliases: { a: 'nothing' } }, /the alias 'a' stands for 'nothing', which does not exist/],
    [
      'an alias of an alias',
      { aliases: { a: 'b', b: 'dall-e-3' } },
      /the alias 'a' stands for 'b', which does not exist/,
    ],
    [
      'an alias with the id of a model',
      { aliases: { 'dall-e-2': 'dall-e-3' } },
      /the alias 'dall-e-2' is already the id of a model/,
    ],
    ['an alias that is a number', { aliases: { a: 3 } }, /expected string[^]*aliases\.a/],
    ['a negative price', price({ usd_per_image: -0.01 }), /models\["?gpt-image-2"?\]/],
    ['an infinite price', '{"models":{"gpt-image-2":{"price":{"usd_per_image":1e400}}}}', /is not valid:\n./],
    ['a price in words', price({ usd_per_image: '0.04' }), /is not valid:\n./],
    ['no rows of prices', price({ usd_per_image: [] }), /is not valid:\n./],
    ['a row without a price', price({ usd_per_image: [{ quality: 'low' }] }), /is not valid:\n./],
    ['a rate that does not exist', price({ usd_per_million_tokens: { image_in: 1 } }), /"image_in"/],
    ['a negative rate', price({ usd_per_million_tokens: { image_output: -1 } }), />=\s?0[^]*image_output/],
    [
      'both kinds of price',
      price({ usd_per_image: 1, usd_per_million_tokens: {} }),
      /either usd_per_million_tokens or usd_per_image/,
    ],
    ['no kind of price', price({}), /either usd_per_million_tokens or usd_per_image/],
    [
      'rates for a model with a price per image',
      { models: { 'dall-e-3': { price: { usd_per_million_tokens: { text_input: 1 } } } } },
      /'dall-e-3': usd_per_million_tokens needs a model that is priced by the token/,
    ],
  ])('is said plainly: %s', (_what, content, says) => {
    expect(() => load(content)).toThrow(says)
  })

  it('is said with all others of its kind', () => {
    const content = { models: { 'x-1': {}, 'x-2': { like: 'x-9' } }, aliases: { a: 'nothing', 'dall-e-2': 'dall-e-3' } }
    expect(() => load(content)).toThrow(
      'is not valid:\n' +
        `✖ 'x-1' is new: say which model it is "like"\n` +
        `✖ 'x-2' is like 'x-9', which does not exist\n` +
        `✖ the alias 'a' stands for 'nothing', which does not exist\n` +
        `✖ the alias 'dall-e-2' is already the id of a model`,
    )
  })
})
