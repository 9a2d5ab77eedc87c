import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ImageFile } from '../../../src/models/rules/image-file.ts'
import { typedFields } from '../../../src/models/rules/typed-fields.ts'
import { anyString, boolean, integer, number, oneOf, text } from '../../../src/models/rules/parameter.ts'
import { SOURCES } from '../../../src/models/sources.ts'
import { onlyProblem } from '../checking.ts'
import { parameterRules } from '../../../src/models/rules/parameter-rules.ts'

const source = SOURCES.editSpec
const nullable = { source, nullable: true }
const rules = parameterRules({
  prompt: text(100, { source, required: true }),
  n: integer(1, 10, nullable),
  scale: number(nullable),
  stream: boolean(nullable),
  size: oneOf(['auto', '1'], nullable),
  user: anyString({ source }),
  plain: integer(0, 5, { source }),
})

function typed(name: string, value: unknown): unknown {
  return typedFields(rules, new Map([[name, value]])).get(name)
}

describe('a field of a form', () => {
  it.each([
    ['n', '2', 2],
    ['n', '-2', -2],
    ['n', '007', 7],
    ['n', '999999999999999', 999_999_999_999_999],
    ['scale', '2', 2],
    ['scale', '-0.50', -0.5],
    ['stream', 'true', true],
    ['stream', 'false', false],
    ['n', '', null],
    ['scale', '', null],
    ['stream', '', null],
    ['size', '', null],
  ])('%s=%j is %j', (name, spelled, value) => {
    expect(typed(name, spelled)).toBe(value)
  })

  it.each([
    ['n', '2.0'],
    ['n', '1e1'],
    ['n', '0x1'],
    ['n', '+1'],
    ['n', ' 1'],
    ['n', '1\n'],
    ['n', '१'],
    ['n', 'NaN'],
    ['n', '9999999999999999'],
    ['scale', '1.'],
    ['scale', '.5'],
    ['scale', '1e400'],
    ['scale', 'Infinity'],
    ['stream', 'True'],
    ['stream', '1'],
    ['stream', 'yes'],
    ['size', '1'],
    ['prompt', ''],
    ['prompt', 'true'],
    ['prompt', '12'],
    ['user', ''],
    ['user', '7'],
    ['plain', ''],
  ])('%s=%j stays text', (name, spelled) => {
    expect(typed(name, spelled)).toBe(spelled)
  })

  it.each(['style', '__proto__', 'constructor', 'toString', ''])('that no rule knows stays text: %j', (name) => {
    expect(typed(name, '2')).toBe('2')
    expect(typed(name, '')).toBe('')
  })

  it('that is a file stays a file, whatever it is called', () => {
    const files = [new ImageFile({ bytes: 1 })]
    for (const name of ['n', 'stream', 'image']) expect(typed(name, files)).toBe(files)
  })

  it('is never lost, moved or read as another number than it is', () => {
    const name = fc.constantFrom(...Object.keys(rules.parameters), 'other', '__proto__')
    const spelled = fc.oneof(fc.string(), fc.stringMatching(/^-?\d{1,20}(\.\d{1,20})?$/))
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, spelled), { selector: ([one]) => one }), (fields) => {
        const read = typedFields(rules, new Map(fields))
        expect([...read.keys()]).toEqual(fields.map(([one]) => one))
        for (const [one, value] of fields) {
          const now = read.get(one)
          if (typeof now === 'number') expect(now).toBe(Number(value))
          else if (typeof now === 'boolean') expect(String(now)).toBe(value)
          else expect(now ?? '').toBe(value)
        }
      }),
    )
  })
})

describe('a boolean that is spelled in another way', () => {
  it.each([
    ['True', 'Write true, in lower case.'],
    ['FALSE', 'Write false, in lower case.'],
    ['true', 'Write true without quotes.'],
  ])('%s gets the right spelling', (stream, hint) => {
    expect(onlyProblem('gpt-image-2', { stream })).toEqual({
      code: 'invalid_type',
      param: 'stream',
      message: `Invalid type for 'stream': expected a boolean, but got a string instead. ${hint}`,
    })
  })

  it('gets none where nothing is meant', () => {
    expect(onlyProblem('gpt-image-2', { stream: 'yes' }).message).not.toContain('Write')
  })
})
