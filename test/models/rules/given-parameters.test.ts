import { describe, expect, it } from 'vitest'
import { checkParameters } from '../../../src/models/rules/check-parameters.ts'
import { givenParameters } from '../../../src/models/rules/given-parameters.ts'
import { typedFields } from '../../../src/models/rules/typed-fields.ts'
import { ImageFile } from '../../../src/models/rules/image-file.ts'
import { catalogue, modelOf } from '../checking.ts'
import type { RuleSet } from '../../../src/models/model.ts'

const IDS = [...new Set(catalogue.models.map(({ id }) => id.replace('*', '9')))]
const NAMES = [...catalogue.parameterNames, 'user', 'seed', 'n']
const png = new ImageFile({ bytes: 900, format: 'png', width: 64, height: 64, hasAlpha: true })

const CASES = IDS.flatMap((id) => Object.keys(modelOf(id).ruleSets).map((ruleSet) => [id, ruleSet as RuleSet] as const))

/** The parameters without which an operation is refused. */
function needed(ruleSet: RuleSet): Record<string, unknown> {
  if (ruleSet === 'images.variations') return { image: [png] }
  if (ruleSet === 'images.edits') return { prompt: 'a', image: [png] }
  return ruleSet === 'images.edits.json' ? { prompt: 'a', images: [{ file_id: 'file-1' }] } : { prompt: 'a' }
}

function judge(id: string, ruleSet: RuleSet, nothing: null | ''): { problems: readonly string[]; empty: number } {
  const rules = modelOf(id).ruleSets[ruleSet]
  if (rules === undefined) throw new Error(id)
  const all = Object.fromEntries(NAMES.map((name) => [name, nothing]))
  const isForm = nothing === ''
  const { given, empty } = givenParameters(rules, new Map(Object.entries({ ...all, ...needed(ruleSet) })), isForm)
  const { issues, notTaken } = checkParameters(
    rules,
    id,
    isForm ? typedFields(rules, given) : given,
    catalogue.namesIn(ruleSet),
  )
  return { problems: [...issues, ...notTaken].map(({ message }) => message), empty: empty.length }
}

describe('a parameter that says nothing is one that was not given', () => {
  it.each(CASES.filter(([, ruleSet]) => !/^images\.(?:edits|variations)$/.test(ruleSet)))(
    'by %s in %s, as null',
    (id, ruleSet) => {
      expect(judge(id, ruleSet, null).problems).toEqual([])
    },
  )

  it.each(CASES.filter(([, ruleSet]) => /^images\.(?:edits|variations)$/.test(ruleSet)))(
    'by %s in %s, as an empty field',
    (id, ruleSet) => {
      expect(judge(id, ruleSet, '').problems).toEqual([])
      expect(judge(id, ruleSet, '').empty).toBeGreaterThan(5)
    },
  )
})

describe('of the parameters of a request', () => {
  const rules = modelOf('gpt-image-2').ruleSets['images.generations']
  const split = (values: Record<string, unknown>, isForm = false): { given: object; empty: readonly string[] } => {
    if (rules === undefined) throw new Error('no rules')
    const { given, empty } = givenParameters(rules, new Map(Object.entries(values)), isForm)
    return { given: Object.fromEntries(given), empty }
  }

  it('a null stays where the model takes it, and is left out elsewhere', () => {
    expect(split({ prompt: 'a', size: null, style: null, user: null })).toEqual({
      given: { prompt: 'a', size: null },
      empty: ['style', 'user'],
    })
  })

  it('an empty field of a form is left out, whatever the model takes', () => {
    expect(split({ prompt: 'a', size: '', style: '', n: '2' }, true)).toEqual({
      given: { prompt: 'a', n: '2' },
      empty: ['size', 'style'],
    })
    expect(split({ prompt: 'a', size: '' })).toEqual({ given: { prompt: 'a', size: '' }, empty: [] })
  })

  it('a name that no parameter can have is not left out', () => {
    const values = { 'x-size': null, '': null, ['__proto__']: null, [`n${'n'.repeat(80)}`]: null }
    expect(split({ prompt: 'a', ...values }).empty).toEqual([])
    expect(split({ prompt: 'a', seed: null, negativePrompt: null }).empty).toEqual(['seed', 'negativePrompt'])
  })

  it('an empty prompt is an error', () => {
    expect(split({ prompt: null })).toEqual({ given: { prompt: null }, empty: [] })
    expect(split({ prompt: '' }, true)).toEqual({ given: { prompt: '' }, empty: [] })
  })

  it('of a model that is not known every null goes on', () => {
    const unknown = catalogue.resolve('some-model').entry.ruleSets['images.generations']
    if (unknown === undefined) throw new Error('no rules')
    const values = new Map<string, unknown>([
      ['anything', null],
      ['n', null],
    ])
    expect(givenParameters(unknown, values, false)).toEqual({ given: values, empty: [] })
  })
})
