import { describe, expect, it } from 'vitest'
import { defaultProblems } from '../../../src/models/default-problems.ts'
import { fillIn } from '../../../src/models/rules/fill-in.ts'
import { catalogue, given, rulesOf } from '../checking.ts'
import type { DefaultValues } from '../../../src/models/rules/fill-in.ts'

const list = (text: string): DefaultValues =>
  text.split(',').map((entry) => entry.split('=') as unknown as DefaultValues[number])
const filledIn = (model: string, parameters: Record<string, unknown>, defaults: string): unknown =>
  Object.fromEntries(fillIn(rulesOf(model), given(parameters), list(defaults)).filled)

describe('the defaults of the operator', () => {
  it.each<[string, string, Record<string, unknown>, string, Record<string, unknown>]>([
    ['what was left out', 'gpt-image-2', {}, 'quality=medium,size=1024x1024', { quality: 'medium', size: '1024x1024' }],
    ['not what was said', 'gpt-image-2', { quality: 'high' }, 'quality=medium,size=1024x1024', { size: '1024x1024' }],
    ['not what was said to be auto', 'gpt-image-2', { quality: 'auto' }, 'quality=medium', {}],
    ['a null, which is left out', 'gpt-image-2', { quality: null }, 'quality=medium', { quality: 'medium' }],
    ['numbers as numbers', 'gpt-image-2', {}, 'n=2', { n: 2 }],
    ['booleans as booleans', 'doubao-seedream-4-5-251128', {}, 'watermark=false', { watermark: false }],
    ['only values that the model takes', 'dall-e-3', {}, 'quality=medium,size=1024x1024', { size: '1024x1024' }],
    ['only parameters that the model takes', 'qwen-image', {}, 'quality=medium', {}],
    ['the first value that the model takes', 'gpt-image-1', {}, 'quality=max,quality=low', { quality: 'low' }],
    ['nothing that what was said excludes', 'gpt-image-2', {}, 'output_compression=80', {}],
    [
      'what another default makes possible',
      'gpt-image-2',
      {},
      'output_compression=80,output_format=webp',
      { output_compression: 80, output_format: 'webp' },
    ],
    ['nothing that makes what was said wrong', 'gpt-image-2', { background: 'transparent' }, 'output_format=jpeg', {}],
    ['nothing named like a member of every object', 'gpt-image-2', {}, 'constructor=1', {}],
  ])('fill in %s', (_what, model, parameters, defaults, expected) => {
    expect(filledIn(model, parameters, defaults)).toEqual(expected)
  })

  it('stay out of the way of problems that a request has by itself', () => {
    expect(filledIn('gpt-image-2', { size: '7x7', n: 0 }, 'quality=low')).toEqual({ quality: 'low' })
  })
})

describe('a default that no model takes', () => {
  it.each([
    ['qualty=low', "No model takes a parameter 'qualty'. Did you mean 'quality'?"],
    ['quality=mediun', "Did you mean 'medium'?"],
    ['quality=ultra', "No model takes quality=ultra. Models take 'low', 'medium', 'high'"],
    ['size=7', 'No model takes size=7.'],
    ['n=99', 'No model takes n=99.'],
    ['model=dall-e-2', "'model' cannot have a default"],
    ['prompt=cat', "'prompt' cannot have a default"],
    ['stream=true', "'stream' cannot have a default"],
    ['image=x', "'image' cannot have a default: every request has its own."],
    ['mask=x', "'mask' cannot have a default: it is not a text, a number, or true or false."],
  ])('is named: %s', (text, words) => {
    const [problem, ...others] = defaultProblems(catalogue, list(text))
    expect(problem).toContain(words)
    expect(others).toEqual([])
  })

  it('is one that some model takes where it is right', () => {
    expect(defaultProblems(catalogue, list('quality=hd,size=2K,watermark=false,n=2,output_compression=80'))).toEqual([])
  })
})
