import { afterAll, describe, expect, it } from 'vitest'
import { imagesEdits } from '../../src/gateway/requests/images-edits.ts'
import { imagesGenerations } from '../../src/gateway/requests/images-generations.ts'
import { NOT_AN_IMAGE } from '../../src/gateway/answers/answer-facts.ts'
import { svgOfGeneration } from '../../src/models/families/gpt-image/svg.ts'
import { catalogue } from './checking.ts'
import { eventNames, membersOf, modelIds, svgEfforts } from './openai-types.ts'
import type { RuleSet } from '../../src/models/model.ts'
import type { Parameter } from '../../src/models/rules/parameter.ts'

/** Rule set → the interface of the installed package that describes it. */
const INTERFACES: readonly (readonly [RuleSet, string])[] = [
  ['images.generations', 'ImageGenerateParamsBase'],
  ['images.edits', 'ImageEditParamsBase'],
  ['images.variations', 'ImageCreateVariationParams'],
]

/** Differences that are meant: `rule set: parameter or value` → why. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'images.edits: moderation': 'not in the types; two integrators send it in forms and it goes through',
  'images.generations: prompt_rewriter': 'named in the words about svg, without a type',
  'images.edits: prompt_rewriter': 'named in the words about svg, without a type',
}

const used = new Set<string>()
afterAll(() => {
  expect(Object.keys(EXCEPTIONS).filter((exception) => !used.has(exception))).toEqual([])
})

/** Differences that no exception explains. */
function unexplained(differences: Iterable<string>): readonly string[] {
  return [...new Set(differences)].filter((difference) => {
    const known = [difference, difference.split('=')[0] ?? ''].find((one) => one in EXCEPTIONS)
    if (known !== undefined) used.add(known)
    return known === undefined
  })
}

/** Name → the rules of OpenAI's models for it. */
function parametersOf(ruleSet: RuleSet): ReadonlyMap<string, readonly Parameter[]> {
  const models = catalogue.models.filter(({ vendor }) => vendor === 'openai')
  const parameters = new Map<string, Parameter[]>()
  for (const [name, parameter] of models.flatMap((model) => model.ruleSets[ruleSet]?.entries ?? []))
    parameters.set(name, [...(parameters.get(name) ?? []), parameter])
  return parameters
}

describe.each(INTERFACES)('%s and %s of the installed openai package', (ruleSet, name) => {
  const theirs = membersOf(name)
  const own = parametersOf(ruleSet)

  it('have the same parameters', () => {
    const missing = [...theirs.keys()].filter((parameter) => !own.has(parameter))
    const more = [...own.keys()].filter((parameter) => !theirs.has(parameter))
    expect(unexplained([...missing, ...more].map((parameter) => `${ruleSet}: ${parameter}`))).toEqual([])
  })

  it('have the same values', () => {
    const isTaken = (parameter: string, value: string): boolean =>
      own.get(parameter)?.some(({ schema }) => schema.safeParse(value).success) ?? false
    const unknown = [...theirs].flatMap(([parameter, values = []]) =>
      values.filter((value) => !isTaken(parameter, value)).map((value) => `${ruleSet}: ${parameter}=${value}`),
    )
    const more = [...own].flatMap(([parameter, rules]) =>
      rules
        .flatMap(({ values = [] }) => values)
        .filter((value) => !(theirs.get(parameter)?.includes(value) ?? false))
        .map((value) => `${ruleSet}: ${parameter}=${value}`),
    )
    expect(unexplained([...unknown, ...more])).toEqual([])
  })
})

describe('the installed openai package', () => {
  it('names no model that the catalogue does not know', () => {
    expect(modelIds().length).toBeGreaterThan(10)
    expect(modelIds().filter((id) => catalogue.find(id) === undefined)).toEqual([])
  })

  it('names no event of another family', () => {
    const families = [imagesGenerations.events, imagesEdits.events]
    expect(eventNames().toSorted()).toEqual(
      families.flatMap((family) => [`${family}.completed`, `${family}.partial_image`]).toSorted(),
    )
  })

  it('names the efforts of an author', () => {
    for (const effort of svgEfforts())
      expect(svgOfGeneration.schema.safeParse({ model: 'a', reasoning: { effort } }).success).toBe(true)
    expect(svgEfforts()).toHaveLength(7)
  })

  it('has no member of an image that is not understood', () => {
    const images = [...membersOf('Image').keys()].filter((member) => !NOT_AN_IMAGE.has(member))
    expect(images).toEqual(['b64_json', 'url'])
  })

  it('has no member of an answer that nobody has looked at', () => {
    expect([...membersOf('ImagesResponse').keys()].toSorted()).toEqual(
      'background created data output_format quality safety_identifier size svg_usage usage'.split(' '),
    )
  })
})
