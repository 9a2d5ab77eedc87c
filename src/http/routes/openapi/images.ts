import { jsonSchema } from '../../../models/describe.ts'
import { unknownModelRules } from '../../../models/rules/standard-parameters.ts'
import { bare, imagesAnswer, referenceTo, schemaOf } from './schemas.ts'
import type { Endpoint } from '../../../gateway/requests/endpoint.ts'
import type { Catalogue } from '../../../models/catalogue.ts'
import type { Model, Operation, RuleSet } from '../../../models/model.ts'
import type { JsonSchema } from './schemas.ts'

/** The sources of the document's image operations. */
export interface ImageSources {
  readonly models: Catalogue
  readonly defaultModels: Readonly<Record<Operation, string>>
}

const RULE_SETS = Object.keys(unknownModelRules) as RuleSet[]
/** A form and JSON have rules of their own. */
const RULE_SET_OF: Readonly<Record<string, (operation: Operation) => RuleSet>> = {
  'application/json': (operation) => (operation === 'images.edits' ? 'images.edits.json' : operation),
  'multipart/form-data': (operation) => operation,
}

/** The rules of every model, and for each rule set the one schema that says which model's rules apply to a request. */
export function imageSchemas(sources: ImageSources): Record<string, JsonSchema> {
  const perModel = sources.models.models.flatMap((model) =>
    Object.entries(model.ruleSets).map(([ruleSet, rules]) => [nameOf(ruleSet, model), bare(jsonSchema(rules))]),
  )
  const requests = RULE_SETS.map((ruleSet) => [ruleSet, requestSchema(sources, ruleSet)])
  return Object.fromEntries([...requests, ...perModel]) as Record<string, JsonSchema>
}

/** The content of a request to an endpoint, by content type. */
export function requestContent({ body, operation }: Endpoint): Record<string, { schema: JsonSchema }> {
  return Object.fromEntries(
    body.contentTypes.map((type) => [type, { schema: referenceTo(RULE_SET_OF[type]?.(operation) ?? operation) }]),
  )
}

/** The content of its answer: the upstream's JSON, or its events. */
export function answerContent({ events }: Endpoint): Record<string, { schema: JsonSchema }> {
  const json = { 'application/json': { schema: schemaOf(imagesAnswer) } }
  return events === undefined ? json : { ...json, 'text/event-stream': { schema: { type: 'string' } } }
}

/** The standard parameters' types for every model, and the exact rules of the one that is named. */
function requestSchema({ models: catalogue, defaultModels }: ImageSources, ruleSet: RuleSet): JsonSchema {
  const fallback = catalogue.find(defaultModels[operationOf(ruleSet)])?.entry
  const cases = catalogue.models.map((model) =>
    where({ required: ['model'], properties: { model: namesOf(catalogue, model) } }, rulesOf(ruleSet, model)),
  )
  const unnamed = { anyOf: [{ not: { required: ['model'] } }, { properties: { model: { type: 'null' } } }] }
  return {
    ...bare(jsonSchema(unknownModelRules[ruleSet])),
    allOf: [...cases, ...(fallback === undefined ? [] : [where(unnamed, rulesOf(ruleSet, fallback))])],
  }
}

/** `if` and `then`, as code generators understand them too. */
function where(condition: JsonSchema, rules: JsonSchema | false): JsonSchema {
  return { anyOf: [{ not: condition }, rules] }
}

/** A model that cannot do it refuses every request. */
function rulesOf(ruleSet: RuleSet, model: Model): JsonSchema | false {
  return model.ruleSets[ruleSet] === undefined ? false : referenceTo(nameOf(ruleSet, model))
}

/** The values of `model` that mean this entry: its id and aliases; for a prefix, names that no longer prefix or id has. */
function namesOf(catalogue: Catalogue, model: Model): JsonSchema {
  const names = [...catalogue.models.map(({ id }) => id), ...catalogue.aliases.keys()]
  const known = names.filter((name) => !name.endsWith('*') && catalogue.find(name)?.entry === model)
  if (!model.id.endsWith('*')) return { enum: known }
  const prefix = model.id.slice(0, -1)
  const isLonger = (id: string): boolean => id.endsWith('*') && id.length > model.id.length && id.startsWith(prefix)
  const others = [
    { enum: names.filter((name) => !name.endsWith('*') && !known.includes(name)) },
    ...catalogue.models.filter(({ id }) => isLonger(id)).map(({ id }) => ({ pattern: beginsWith(id.slice(0, -1)) })),
  ]
  const open = { type: 'string', pattern: beginsWith(prefix), not: { anyOf: others } }
  return known.length === 0 ? open : { anyOf: [open, { enum: known }] }
}

function beginsWith(prefix: string): string {
  const more = prefix.endsWith('-') ? '.' : ''
  return `^${prefix.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)}${more}`
}

/** `images.edits.json` is a form of `images.edits`. */
function operationOf(ruleSet: RuleSet): Operation {
  return ruleSet === 'images.edits.json' ? 'images.edits' : ruleSet
}

/** Names of components are letters, digits and . _ - (OpenAPI 3.1, 4.8.7.1). */
function nameOf(ruleSet: string, { id }: Pick<Model, 'id'>): string {
  return `${ruleSet}.${id.replaceAll(/[^\w.-]/g, (character) => `_${character.codePointAt(0)?.toString(16) ?? ''}`)}`
}
