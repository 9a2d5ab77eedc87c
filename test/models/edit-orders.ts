import { checkParameters } from '../../src/models/rules/check-parameters.ts'
import { ImageFile, ImageUrl } from '../../src/models/rules/image-file.ts'
import { catalogue, modelOf } from './checking.ts'
import type { Issue } from '../../src/errors/gateway-error.ts'
import type { RuleSet } from '../../src/models/model.ts'

export type Given = Readonly<Record<string, unknown>>

export function problems(model: string, given: Given, ruleSet: RuleSet = 'images.edits'): readonly Issue[] {
  const rules = modelOf(model).ruleSets[ruleSet]
  if (rules === undefined) throw new Error(`${model} has no rules for ${ruleSet}`)
  const parameters = new Map(Object.entries(given))
  const { issues, notTaken } = checkParameters(rules, model, parameters, catalogue.namesIn(ruleSet))
  return [...issues, ...notTaken]
}

/** The problems in short: `param: code`. */
export function wrong(model: string, given: Given, ruleSet?: RuleSet): readonly string[] {
  return problems(model, given, ruleSet).map(({ param, code }) => `${param}: ${code}`)
}

export function png(width = 64, height = 64, more: Partial<ImageFile> = {}): ImageFile {
  return new ImageFile({ bytes: 5000, format: 'png', width, height, hasAlpha: true, ...more })
}

export const form = (given: Given = {}): Given => ({ prompt: 'A paper boat', image: [png()], ...given })
export const json = (given: Given = {}): Given => ({
  prompt: 'A paper boat',
  images: [{ file_id: 'file-1' }],
  ...given,
})
export const image = (given: Given = {}): Given => ({ image: [png()], ...given })
export const asUrl = (file: ImageFile, characters = 9000): { image_url: ImageUrl } => ({
  image_url: new ImageUrl(characters, 'data', file),
})
