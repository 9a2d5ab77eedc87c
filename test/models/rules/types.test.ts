import { describe, expect, it } from 'vitest'
import { onlyProblem, problems } from '../checking.ts'

const GPT = ['gpt-image-1', 'gpt-image-1.5', 'gpt-image-2', 'gpt-image-2.5-flare', 'gpt-image-2.6-flare']
const DALL_E = ['dall-e-2', 'dall-e-3']
const ANY = [...GPT, ...DALL_E, 'qwen-image', 'doubao-seedream-5-0-260128', 'somebody-elses-model']

/** Values by the words that the messages have for their JSON types. */
const VALUES: readonly [value: unknown, words: string][] = [
  ['text', 'a string'],
  [1, 'an integer'],
  [1.5, 'a decimal number'],
  [Infinity, 'a decimal number'],
  [true, 'a boolean'],
  [[], 'an array'],
  [{}, 'an object'],
]

const WRONG: readonly [param: string, expected: string, models: readonly string[], beside?: object][] = [
  ['n', 'an integer', ANY],
  ['size', 'a string', ANY],
  ['response_format', 'a string', [...DALL_E, 'qwen-image', 'doubao-seedream-5-0-260128', 'somebody-elses-model']],
  ['quality', 'a string', [...GPT, ...DALL_E, 'somebody-elses-model']],
  ['user', 'a string', [...GPT, ...DALL_E, 'qwen-image', 'somebody-elses-model']],
  ['style', 'a string', ['dall-e-3', 'somebody-elses-model']],
  ['background', 'a string', [...GPT, 'somebody-elses-model']],
  ['moderation', 'a string', [...GPT, 'somebody-elses-model']],
  ['output_format', 'a string', [...GPT, 'somebody-elses-model']],
  ['output_compression', 'an integer', [...GPT, 'somebody-elses-model'], { output_format: 'jpeg' }],
  ['partial_images', 'an integer', [...GPT, 'somebody-elses-model'], { stream: true }],
  ['stream', 'a boolean', [...GPT, 'doubao-seedream-5-0-260128', 'somebody-elses-model']],
]

const CASES = WRONG.flatMap(([param, expected, models, beside]) =>
  models.flatMap((model) =>
    VALUES.filter(([, words]) => words !== expected).map(([value, got]) => ({
      model,
      param,
      value,
      expected,
      got,
      beside,
    })),
  ),
)

describe('a value of the wrong JSON type', () => {
  it.each(CASES)(
    '$model refuses $param = $value: $expected, not $got',
    ({ model, param, value, expected, got, beside }) => {
      expect(onlyProblem(model, { ...beside, [param]: value })).toEqual({
        code: 'invalid_type',
        param,
        message: `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`,
      })
    },
  )

  it.each(['1', 'true', 'null', '10'])('is not read out of the string %j', (text) => {
    expect(onlyProblem('gpt-image-2', { n: text }).code).toBe('invalid_type')
  })
})

describe('null', () => {
  const nullable = [
    'model',
    'n',
    'quality',
    'size',
    'background',
    'moderation',
    'output_format',
    'output_compression',
    'stream',
  ]
  const dallE = ['model', 'n', 'quality', 'size', 'style', 'response_format']

  it.each(GPT)('stands for "not given" wherever the schema says so: %s', (model) => {
    expect(problems(model, Object.fromEntries(nullable.map((name) => [name, null])))).toEqual([])
  })

  it('stands for "not given" wherever the schema says so: dall-e-3', () => {
    expect(problems('dall-e-3', Object.fromEntries(dallE.map((name) => [name, null])))).toEqual([])
  })

  it('stands for "not given" in the standard parameters of an unknown model', () => {
    const names = [...nullable, ...dallE, 'partial_images']
    expect(problems('somebody-elses-model', Object.fromEntries(names.map((name) => [name, null])))).toEqual([])
  })

  it.each([...GPT, ...DALL_E])('is no user for %s', (model) => {
    expect(onlyProblem(model, { user: null })).toEqual({
      code: 'invalid_type',
      param: 'user',
      message: "Invalid type for 'user': expected a string, but got null instead.",
    })
  })
})
