import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { builtInModels } from '../../src/models/catalogue.ts'
import { describeModel } from '../../src/models/describe.ts'
import { checkParameters } from '../../src/models/rules/check-parameters.ts'
import { modelOf, rulesOf } from './checking.ts'
import { accepts, unreadKeywords } from './json-schema.ts'
import type { Schema } from './json-schema.ts'

const MODELS =
  'gpt-image-1 gpt-image-2 gpt-image-2.5-flare gpt-image-2.6-flare dall-e-2 dall-e-3 qwen-image seedream-7 unheard-of'.split(
    ' ',
  )

function schemaOf(model: string): Schema {
  const schema: Schema = JSON.parse(JSON.stringify(describeModel(modelOf(model)).operations['images.generations']))
  return schema
}

const NAMES = `
  prompt model n quality size background moderation output_format output_compression style user partial_images stream
  response_format complexity safety_identifier watermark guidance_scale image sequential_image_generation
  sequential_image_generation_options constructor some_new_parameter`
  .trim()
  .split(/\s+/)

/** Sizes are legal everywhere or nowhere by their form alone: a schema cannot do their arithmetic. */
const TEXTS: readonly string[] = `
  a auto low medium high xhigh max standard hd url b64_json vivid natural opaque transparent png jpeg webp gif svg disabled
  big 2K x 2048X2048 2048x constructor`.split(/\s+/)
const LENGTHS = [128, 129, 1001, 4001, 32_001].map((length) => 'a'.repeat(length))
const NUMBERS = [-1, 0, 0.5, 1, 2, 3, 4, 10, 11, 100, 101, 1e21]
const LISTS = [[], ['a'], [''], [1], LENGTHS, Array<string>(14).fill('a'), Array<string>(15).fill('a')]
const OBJECTS = [{}, ...[1, 15, 16, 0, null, '2'].map((max_images) => ({ max_images })), { other: 1 }]
const VALUES: readonly unknown[] = [
  ...TEXTS,
  '🦊'.repeat(1000),
  ...LENGTHS,
  null,
  true,
  false,
  ...NUMBERS,
  ...LISTS,
  ...OBJECTS,
]

/** The judgement of the rules on each parameter by itself; a schema has no rules across parameters. */
function isTakenOneByOne(model: string, body: object): boolean {
  const rules = { ...rulesOf(model), combinations: [] }
  const { issues, notTaken } = checkParameters(rules, model, new Map(Object.entries(body)), new Set())
  return issues.length === 0 && notTaken.length === 0
}

describe.each(MODELS)('the JSON Schema of %s', (model) => {
  const schema = schemaOf(model)

  it('is an object that requires the prompt and nothing else', () => {
    expect([schema.type, schema.required]).toEqual(['object', ['prompt']])
  })

  it('says whether other names are taken', () => {
    expect(accepts(schema, { prompt: 'x', some_new_parameter: 1 })).toBe(model === 'unheard-of')
  })

  it('has a property for every parameter, each described and with its source', () => {
    const properties = Object.entries(schema.properties ?? {})
    expect(properties.map(([name]) => name)).toEqual(Object.keys(rulesOf(model).parameters))
    for (const [, property] of properties) {
      expect(property).toMatchObject({
        description: expect.stringMatching(/./),
        'x-source': expect.stringMatching(/./),
        'x-as-of': expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      })
    }
  })

  it('uses no keyword that this test does not understand', () => {
    expect(unreadKeywords(schema)).toEqual([])
  })

  it('judges every value of every parameter as the rules do', () => {
    const disagreements = NAMES.flatMap((name) => VALUES.map((value) => ({ prompt: 'A boat', [name]: value }))).filter(
      (body) => accepts(schema, body) !== isTakenOneByOne(model, body),
    )
    expect(disagreements).toEqual([])
  })

  it('judges several parameters together as the rules do', () => {
    const member = fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...VALUES))
    fc.assert(
      fc.property(fc.array(member, { maxLength: 4 }), (members) => {
        const body = { prompt: 'A boat', ...Object.fromEntries(members) }
        expect(accepts(schema, body)).toBe(isTakenOneByOne(model, body))
      }),
      { numRuns: 150 },
    )
  })
})

describe('the description of a model', () => {
  it('states the values of facts 2.1 as an enum', () => {
    const quality = schemaOf('dall-e-3').properties?.['quality']
    expect(quality?.anyOf).toEqual([{ type: 'string', enum: ['standard', 'hd', 'auto'] }, { type: 'null' }])
  })

  it('states borders as minimum and maximum', () => {
    const { n, output_compression } = schemaOf('gpt-image-2').properties ?? {}
    expect(n?.anyOf?.[0]).toEqual({ type: 'integer', minimum: 1, maximum: 10 })
    expect(output_compression?.anyOf?.[0]).toEqual({ type: 'integer', minimum: 0, maximum: 100 })
  })

  it('states the length of a prompt', () => {
    expect(schemaOf('dall-e-2').properties?.['prompt']).toMatchObject({ type: 'string', minLength: 1, maxLength: 1000 })
  })

  it('states the rules across parameters in words', () => {
    const rules = schemaOf('gpt-image-2')['x-combinations']
    expect(rules?.map(({ param }) => param)).toEqual(['background', 'output_compression', 'partial_images'])
    expect(rules?.map(({ rule }) => rule)).toContain('partial_images above 0 needs stream true')
  })

  it('states the rates by the million tokens, and where they come from', () => {
    expect(describeModel(modelOf('gpt-image-1.5')).price).toEqual({
      usd_per_million_tokens: {
        text_input: 5,
        text_cached: 1.25,
        image_input: 8,
        image_cached: 2,
        image_output: 32,
        text_output: 10,
      },
      source: 'OpenAI pricing page',
      as_of: '2026-11-01',
    })
  })

  it('states prices by the image', () => {
    expect(describeModel(modelOf('qwen-image')).price).toMatchObject({ usd_per_image: [{ usd: 0.04 }] })
  })

  it('states that there is no price', () => {
    expect(describeModel(modelOf('unheard-of')).price).toBeNull()
  })

  it.each(builtInModels.map((model) => [model.id, model] as const))('of %s survives JSON', (id, model) => {
    const description = describeModel(model)
    expect(JSON.parse(JSON.stringify(description))).toEqual(description)
    expect(description.id).toBe(id)
  })
})
