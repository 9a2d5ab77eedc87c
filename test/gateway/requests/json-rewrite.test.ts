import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { imagesGenerations } from '../../../src/gateway/requests/images-generations.ts'
import { rewriteJsonBody } from '../../../src/gateway/requests/json-body.ts'
import { growth } from '../../helpers/time/growth.ts'
import { refusalOf } from './refusals.ts'

const rewrite = (text: string, drop: readonly string[] = [], model = 'dall-e-3'): string =>
  rewriteJsonBody(Buffer.from(text), { drop, model }).toString()

describe('rewriteJsonBody', () => {
  it('sets a model where there is none', () => {
    expect(rewrite('{"prompt":"A boat"}')).toBe('{"model":"dall-e-3","prompt":"A boat"}')
  })

  it.each(['"gpt-image-1"', 'null', '5'])('replaces the model %s', (model) => {
    expect(rewrite(`{"prompt":"A boat","model":${model}}`)).toBe('{"model":"dall-e-3","prompt":"A boat"}')
  })

  it('leaves out what is dropped and keeps the rest in order', () => {
    expect(rewrite('{"style":"vivid","prompt":"A boat","n":1,"background":"auto"}', ['style', 'background'])).toBe(
      '{"model":"dall-e-3","prompt":"A boat","n":1}',
    )
  })

  it('fills in members, numbers as numbers, in place of what stands there', () => {
    const fill = new Map<string, string | number | boolean>([
      ['quality', 'low'],
      ['n', 2],
      ['watermark', false],
    ])
    const body = Buffer.from('{"quality":null,"prompt":"A boat","seed":12345678901234567890}')
    expect(rewriteJsonBody(body, { drop: [], model: 'dall-e-3', fill }).toString()).toBe(
      '{"model":"dall-e-3","prompt":"A boat","seed":12345678901234567890,"quality":"low","n":2,"watermark":false}',
    )
  })

  it('does not touch members of the same name further inside', () => {
    expect(rewrite('{"a":{"model":"x","style":"y"},"style":1}', ['style'])).toBe(
      '{"model":"dall-e-3","a":{"model":"x","style":"y"}}',
    )
  })

  it('drops a name that is not there without a word', () => {
    expect(rewrite('{"prompt":"A boat"}', ['style'])).toBe('{"model":"dall-e-3","prompt":"A boat"}')
  })

  it.each(['__proto__', 'constructor', 'toString'])('keeps a member called %s', (name) => {
    expect(rewrite(`{"prompt":"A boat","${name}":{"a":1}}`)).toBe(
      `{"model":"dall-e-3","prompt":"A boat","${name}":{"a":1}}`,
    )
  })

  it.each(['__proto__', 'constructor'])('keeps a member called %s inside of another', (name) => {
    expect(rewrite(`{"a":[{"${name}":{"b":1.0}}]}`)).toBe(`{"model":"dall-e-3","a":[{"${name}":{"b":1.0}}]}`)
  })

  it.each(['__proto__', 'constructor'])('drops a member called %s', (name) => {
    expect(rewrite(`{"prompt":"A boat","${name}":1}`, [name])).toBe('{"model":"dall-e-3","prompt":"A boat"}')
  })

  it.each([
    '12345678901234567890',
    '9007199254740993',
    '100000000000000000000000000000000000000000000000000',
    '3.141592653589793238462643383279',
    '-0',
    '1.0',
    '1.10',
    '1e400',
    '-1E-400',
    '1E+5',
    '0.1e1',
  ])('keeps the number %s digit for digit', (number) => {
    const kept = `{"model":"dall-e-3","seed":${number},"deep":[{"seed":${number}},${number}]}`
    expect(rewrite(`{"seed":${number},"deep":[{"seed":${number}},${number}]}`)).toBe(kept)
  })

  it('keeps text that looks like a number', () => {
    expect(rewrite('{"user":"12345678901234567890"}')).toBe('{"model":"dall-e-3","user":"12345678901234567890"}')
  })

  it('keeps the characters of text, escaped or not', () => {
    const written = JSON.parse(rewrite(String.raw`{"prompt":"\u0041 🦊 \ud83e\udd8a \ud800 \"\\\n"}`)) as unknown
    expect(written).toEqual({ model: 'dall-e-3', prompt: 'A 🦊 🦊 \ud800 "\\\n' })
  })

  it('keeps every other member as it was, numbers text-equal', () => {
    const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/)
    const { json } = fc.letrec<{ json: string }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        digits,
        fc.constantFrom('true', 'false', 'null', '"text"', '"1.0"', '"🦊"'),
        fc.array(tie('json'), { maxLength: 3 }).map((list) => `[${list.join(',')}]`),
        fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'model'), tie('json')).map(writeObject),
      ),
    }))
    // Names like 1 and 2 are left out: JavaScript moves them to the front, which changes order and not meaning.
    const names = fc.constantFrom('prompt', 'n', 'seed', '__proto__', 'constructor', '', 'größe')
    fc.assert(
      fc.property(fc.dictionary(names, json), (members) => {
        const text = writeObject(members)
        const expected = text === '{}' ? '{"model":"m"}' : `{"model":"m",${text.slice(1)}`
        expect(rewrite(text, [], 'm')).toBe(expected)
      }),
      { numRuns: 200 },
    )
  })

  it('drops ten thousand names at once', async () => {
    const drop = (count: number): void => {
      const names = Array.from({ length: count }, (_, index) => `p${index}`)
      const text = `{"prompt":"A boat",${names.map((name) => `"${name}":1`).join(',')}}`
      expect(rewrite(text, names)).toBe('{"model":"dall-e-3","prompt":"A boat"}')
    }
    expect(await growth(10_000, drop)).toBeLessThan(12)
  })
})

function writeObject(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members)
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`)
    .join(',')}}`
}

describe('the endpoint images.generations', () => {
  const { parse } = imagesGenerations.body
  const bytes = Buffer.from('{ "prompt": "A boat", "seed": 12345678901234567890 }')

  it('stands where OpenAI has it', () => {
    expect([imagesGenerations.operation, imagesGenerations.path]).toEqual([
      'images.generations',
      '/v1/images/generations',
    ])
  })

  it('passes on the very bytes it received', () => {
    expect(parse(bytes).body).toBe(bytes)
  })

  it('sends JSON', () => {
    expect(parse(bytes).contentType).toBe('application/json')
  })

  it('can write the body with other members', () => {
    const { rewrite: rewritten } = parse(bytes)
    const body = rewritten({ drop: ['prompt'], model: 'm' })
    expect(body).toEqual(Buffer.from('{"model":"m","seed":12345678901234567890}'))
  })

  it('refuses what is no JSON object', () => {
    expect(refusalOf(() => parse(Buffer.from('[]'))).code).toBe('invalid_json')
  })
})
