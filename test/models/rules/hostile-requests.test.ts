import { describe, expect, it } from 'vitest'
import { catalogue, check, given, onlyProblem, problems } from '../checking.ts'
import { Catalogue } from '../../../src/models/catalogue.ts'
import { growth } from '../../helpers/time/growth.ts'
import type { ParameterValues } from '../../../src/models/rules/parameter-rules.ts'

/** Names that every JavaScript object seems to have. */
const PROTOTYPE_NAMES = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  'prototype',
]
const MODELS = [
  'gpt-image-1',
  'gpt-image-2',
  'gpt-image-2.6-flare',
  'dall-e-2',
  'dall-e-3',
  'qwen-image',
  'doubao-seedream-5-0-260128',
]

const withName = (name: string, value: unknown): ParameterValues =>
  new Map<string, unknown>([
    ['prompt', 'A boat'],
    [name, value],
  ])

describe.each(PROTOTYPE_NAMES)('%s', (name) => {
  it.each(MODELS)('is an unknown parameter of %s', (model) => {
    const { issues, notTaken } = check(model, withName(name, { polluted: true }))
    expect(issues).toEqual([])
    expect(notTaken).toEqual([{ code: 'unknown_parameter', param: name, message: `Unknown parameter: '${name}'.` }])
  })

  it('is forwarded to an unknown model like any other parameter', () => {
    expect(check('somebody-elses-model', withName(name, 1))).toEqual({ issues: [], notTaken: [] })
  })

  it.each(['quality', 'size', 'background', 'moderation', 'output_format'])('is no value of %s', (param) => {
    const { code, message } = onlyProblem('gpt-image-2', { [param]: name })
    expect(code).toBe('invalid_value')
    expect(message).toContain(`'${name}'`)
    expect(message).not.toContain('Did you mean')
  })

  it('is an unknown model where unknown models are allowed', () => {
    expect(catalogue.resolve(name)).toMatchObject({ id: name, label: 'other' })
  })

  it('is refused as a model where unknown models are rejected', () => {
    expect(() => new Catalogue({ unknownModels: 'reject' }).resolve(name)).toThrow(`The model '${name}' does not exist`)
  })

  it('pollutes nothing', () => {
    check('gpt-image-2', withName(name, { polluted: true }))
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })
})

describe('a request made to cost time', () => {
  it('with a size of many spaces is refused at once', async () => {
    const refuse = (count: number): unknown => problems('gpt-image-2', { size: `1${' '.repeat(count)}1` })
    expect(await growth(20_000, refuse)).toBeLessThan(12)
  })

  it('with twenty thousand unknown names is refused at once', async () => {
    const refuse = (count: number): unknown =>
      problems('gpt-image-2', Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 1])))
    expect(await growth(20_000, refuse)).toBeLessThan(12)
  })

  it('with a megabyte of letters for every value is refused at once', async () => {
    const refuse = (count: number): unknown => {
      const long = 'x'.repeat(count)
      const values = { quality: long, size: long, background: long, moderation: long, output_format: long, user: long }
      return check('gpt-image-2', given(values))
    }
    expect(await growth(1_000_000, refuse)).toBeLessThan(12)
  })
})

describe('a long value or name', () => {
  const long = 'ab'.repeat(50_000)

  it.each(['quality', 'size', 'background', 'moderation', 'output_format'])(
    'of %s is not repeated in the message',
    (param) => {
      expect(onlyProblem('gpt-image-2', { [param]: long }).message.length).toBeLessThan(500)
    },
  )

  it('of a parameter is cut in the message and in param', () => {
    const problem = onlyProblem('gpt-image-2', { [long]: 1 })
    expect(problem.param).toBe(`${'ab'.repeat(32)}…`)
    expect(problem.message).toBe(`Unknown parameter: '${'ab'.repeat(32)}…'.`)
  })
})
