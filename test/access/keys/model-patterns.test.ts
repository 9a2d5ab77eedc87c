import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allowsModel, modelNotAllowed } from '../../../src/access/keys/model-patterns.ts'
import { growth } from '../../helpers/time/growth.ts'

describe('a list of models', () => {
  it.each([
    [['gpt-image-2'], 'gpt-image-2'],
    [['gpt-image-*'], 'gpt-image-2'],
    [['dall-e-3', 'gpt-*-2'], 'gpt-image-2'],
    [['*-2'], 'gpt-image-2'],
    [['*image*'], 'gpt-image-2'],
    [['*'], 'anything at all'],
    [['a*a'], 'aa'],
    [['*a*b*c*'], 'xxaxxbxxcxx'],
  ])('%j allows %s', (patterns, model) => {
    expect(allowsModel(patterns, model)).toBe(true)
  })

  it.each([
    [['gpt-image-2'], 'GPT-Image-2'],
    [['gpt-image-2'], ' gpt-image-2'],
    [['gpt-image-2'], 'gpt-image-2 '],
    [['gpt-image-2'], 'gpt-image-2\n'],
    [['gpt-image-2'], 'gpt-image-2\u0000'],
    [['gpt-image-2'], 'gpt-image-2.5'],
    [['gpt-image-2'], 'ｇpt-image-2'],
    [['gpt-image-*'], 'GPT-IMAGE-2'],
    [['gpt-image-?'], 'gpt-image-2'],
    [['gpt.image.2'], 'gpt-image-2'],
    [['a*a'], 'a'],
    [['ab*bc'], 'abc'],
    [['*a*b*'], 'ba'],
    [[], 'gpt-image-2'],
  ])('%j does not allow %j', (patterns, model) => {
    expect(allowsModel(patterns, model)).toBe(false)
  })

  it('means the same as a regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '-'), maxLength: 12 })
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '-', '*'), maxLength: 8 })
    fc.assert(
      fc.property(pattern, text, (glob, model) => {
        expect(allowsModel([glob], model)).toBe(new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(model))
      }),
      { numRuns: 2000 },
    )
  })

  it('cannot be made slow', async () => {
    const match = (count: number): void =>
      expect(allowsModel([`${'*a'.repeat(count)}b`], 'a'.repeat(2 * count))).toBe(false)
    expect(await growth(128, match)).toBeLessThan(32) // by the pattern's length times the name's: 16
  })

  it('is named in its refusal', () => {
    expect(modelNotAllowed('alice', ['gpt-image-*'], 'dall-e-3')).toMatchObject({
      code: 'model_not_allowed',
      status: 403,
      message: "The key 'alice' may not use the model 'dall-e-3'. It may use: gpt-image-*.",
    })
  })
})
