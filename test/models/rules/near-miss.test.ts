import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nearMiss, skeleton } from '../../../src/models/rules/near-miss.ts'

const MODELS = ['gpt-image-1', 'gpt-image-2', 'gpt-image-1.5', 'dall-e-3', 'qwen-image']
const QUALITIES = ['low', 'medium', 'high', 'auto']

describe('nearMiss', () => {
  it.each([
    ['gpt-image2', MODELS, 'gpt-image-2'],
    ['gtp-image-2', MODELS, 'gpt-image-2'],
    ['gpt-iamge-2', MODELS, 'gpt-image-2'],
    ['gpt-image-22', MODELS, 'gpt-image-2'],
    ['GPT_IMAGE_1.5', MODELS, 'gpt-image-1.5'],
    ['dalle3', MODELS, 'dall-e-3'],
    ['meduim', QUALITIES, 'medium'],
    ['HIGH', QUALITIES, 'high'],
    ['hihg', QUALITIES, 'high'],
    ['lwo', QUALITIES, 'low'],
  ])('takes %s for the closest of %j: %s', (written, candidates, meant) => {
    expect(nearMiss(written, candidates)).toBe(meant)
  })

  it.each([
    ['stable-diffusion', MODELS],
    ['standard', QUALITIES],
    ['hd', QUALITIES],
    ['ultra', QUALITIES],
    ['medusa', QUALITIES],
    ['constructor', QUALITIES],
    ['anything', []],
  ])('takes %s for none of %j', (written, candidates) => {
    expect(nearMiss(written, candidates)).toBeUndefined()
  })

  it('does not look at words of more than 64 characters', () => {
    expect(nearMiss(`gpt-image-2${' '.repeat(54)}`, MODELS)).toBeUndefined()
    expect(nearMiss(`gpt-image-2${' '.repeat(53)}`, MODELS)).toBe('gpt-image-2')
  })

  it('never suggests the word itself', () => {
    expect(nearMiss('auto', ['auto'])).toBeUndefined()
  })

  it('finds a word again after any one edit', () => {
    const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz0123456789'.split(''))
    const edit = fc.tuple(fc.constantFrom('insert', 'delete', 'replace', 'swap'), fc.nat({ max: 9 }), letter)
    fc.assert(
      fc.property(edit, ([kind, at, by]) => {
        const word = 'qwen-image'
        const [before, own, after] = [word.slice(0, at), word.slice(at, at + 1), word.slice(at + 1)]
        const swapped = before + after.slice(0, 1) + own + after.slice(1)
        const edited = {
          insert: before + by + own + after,
          delete: before + after,
          replace: before + by + after,
          swap: swapped,
        }[kind]
        fc.pre(edited !== undefined && edited !== word)
        expect(nearMiss(edited ?? '', ['dall-e-3', word, 'gpt-image-2'])).toBe(word)
      }),
    )
  })

  it('suggests only what is in the list, for any word', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (written) => {
        expect([undefined, ...MODELS]).toContain(nearMiss(written, MODELS))
      }),
    )
  })
})

describe('skeleton', () => {
  it.each([
    ['GPT_Image 2', 'gptimage2'],
    ['gpt-image-1.5', 'gptimage1.5'],
    ['DALL·E 3', 'dalle3'],
    ['图像-1', '图像1'],
    ['---', ''],
  ])('of %s is %j', (value, bare) => {
    expect(skeleton(value)).toBe(bare)
  })
})
