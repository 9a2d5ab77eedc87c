import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { check, given, onlyProblem, problems } from '../checking.ts'

/** Characters a prompt may have (facts 2.1; the newer GPT models as the older ones). */
const LIMITS: readonly [model: string, max: number][] = [
  ['dall-e-2', 1000],
  ['dall-e-3', 4000],
  ['gpt-image-1', 32_000],
  ['gpt-image-1-mini', 32_000],
  ['gpt-image-1.5', 32_000],
  ['chatgpt-image-latest', 32_000],
  ['gpt-image-2', 32_000],
  ['gpt-image-2.5-flare', 32_000],
  ['gpt-image-2.6-sunburst', 32_000],
]

const ALL = [...LIMITS.map(([model]) => model), 'qwen-image', 'doubao-seedream-5-0-260128', 'somebody-elses-model']

describe.each(LIMITS)('%s and its %i characters', (model, max) => {
  it('takes a prompt at the limit', () => {
    expect(problems(model, { prompt: 'a'.repeat(max) })).toEqual([])
  })

  it('refuses a prompt one beyond the limit and says both numbers', () => {
    expect(onlyProblem(model, { prompt: 'a'.repeat(max + 1) })).toEqual({
      code: 'invalid_value',
      param: 'prompt',
      message: `Invalid 'prompt'. It has ${max + 1} characters; at most ${max} are allowed. Expected a string of 1 to ${max} characters.`,
    })
  })

  it('counts an emoji, two UTF-16 units, as one character', () => {
    expect(problems(model, { prompt: '🦊'.repeat(max) })).toEqual([])
  })

  it('refuses one emoji too many', () => {
    expect(onlyProblem(model, { prompt: '🦊'.repeat(max + 1) }).message).toContain(`It has ${max + 1} characters`)
  })

  it('counts a letter and its combining accent as two', () => {
    expect(onlyProblem(model, { prompt: 'e\u0301'.repeat(max / 2) + 'e' }).message).toContain(
      `It has ${max + 1} characters`,
    )
  })

  it('counts half a surrogate pair as one character', () => {
    expect(problems(model, { prompt: '\ud83e'.repeat(max) })).toEqual([])
  })
})

describe.each(ALL)('%s', (model) => {
  it('refuses a request without a prompt', () => {
    expect(check(model, new Map()).issues).toEqual([
      { code: 'missing_required_parameter', message: "Missing required parameter: 'prompt'.", param: 'prompt' },
    ])
  })

  it('refuses an empty prompt', () => {
    expect(onlyProblem(model, { prompt: '' })).toMatchObject({
      code: 'invalid_value',
      param: 'prompt',
      message: expect.stringContaining('It is empty.'),
    })
  })

  it.each([
    [null, 'null'],
    [7, 'an integer'],
    [['a'], 'an array'],
    [{ text: 'a' }, 'an object'],
    [true, 'a boolean'],
  ])('refuses the prompt %j', (prompt, got) => {
    expect(onlyProblem(model, { prompt })).toEqual({
      code: 'invalid_type',
      param: 'prompt',
      message: `Invalid type for 'prompt': expected a string, but got ${got} instead.`,
    })
  })

  it('does not repeat a refused prompt in its message', () => {
    const { issues } = check(model, given({ prompt: 'SECRET '.repeat(200_000) }))
    expect(issues).toHaveLength(1)
    expect(issues[0]?.message).not.toContain('SECRET')
  })
})

it('judges any prompt by its code points', () => {
  const characters = fc.array(fc.constantFrom('a', '🦊', '\u0301', '\ud83e', '\udd8a'), {
    minLength: 990,
    maxLength: 1010,
  })
  fc.assert(
    fc.property(characters, (list) => {
      const prompt = list.join('')
      expect(problems('dall-e-2', { prompt }).length === 0).toBe(Array.from(prompt).length <= 1000)
    }),
    { numRuns: 50 },
  )
})
