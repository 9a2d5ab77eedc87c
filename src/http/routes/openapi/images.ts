import { jsonSchema } from '../../../models/describe.ts'
import { unknownModelRules } from '../../../models/rules/standard-parameters.ts'
import { IMAGE_REQUESTS, IMAGES_ANSWER } from './examples.ts'
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

/** For each rule set a choice between the rules of model families, and those rules as schemas of their own. */
export function imageSchemas(sources: ImageSources): Record<string, JsonSchema> {
  return Object.fromEntries(RULE_SETS.flatMap((ruleSet) => requestSchemas(sources, ruleSet)))
}

/** The content of a request to an endpoint, by content type. */
export function requestContent({ body, operation }: Endpoint): Record<string, { schema: JsonSchema; example: object }> {
  return Object.fromEntries(
    body.contentTypes.map((type) => {
      const schema = referenceTo(RULE_SET_OF[type]?.(operation) ?? operation)
      return [type, { schema, example: IMAGE_REQUESTS[operation][type] ?? {} }]
    }),
  )
}

/** The content of its answer: the upstream's JSON, or its events. */
export function answerContent({ events }: Endpoint): Record<string, { schema: JsonSchema }> {
  const json = { 'application/json': { schema: schemaOf(imagesAnswer), example: IMAGES_ANSWER } }
  return events === undefined ? json : { ...json, 'text/event-stream': { schema: { type: 'string' } } }
}

/**
 * One of: the rules of the model that is named, of the default model where none is, or the standard parameters' types for
 * a model that the catalogue does not know. No request fits two of them, since each has its own names of models.
 */
function requestSchemas({ models: catalogue, defaultModels }: ImageSources, ruleSet: RuleSet): [string, JsonSchema][] {
  const families = familiesOf(catalogue, ruleSet)
  const fallback = catalogue.find(defaultModels[operationOf(ruleSet)])?.entry.ruleSets[ruleSet]
  const unnamed = bare(jsonSchema(fallback ?? unknownModelRules[ruleSet])) as RulesSchema
  const unknown = bare(jsonSchema(unknownModelRules[ruleSet])) as RulesSchema
  const anyName = { anyOf: catalogue.models.map((model) => namesOf(catalogue, model)) }
  const branches: [string, JsonSchema][] = [
    ...families.map(({ rules, models }): [string, JsonSchema] => [
      nameOf(ruleSet, models[0]?.id ?? ''),
      { title: titleOf(models), ...named(rules, oneOf(models.map((model) => namesOf(catalogue, model)))) },
    ]),
    [
      `${ruleSet}.without_model`,
      {
        title: 'No model named: the default',
        ...unnamed,
        properties: { ...unnamed.properties, model: { type: 'null' } },
      },
    ],
    [
      `${ruleSet}.unknown_model`,
      { title: 'A model that is not in the catalogue', ...named(unknown, { type: 'string', not: anyName }) },
    ],
  ]
  return [[ruleSet, { oneOf: branches.map(([name]) => referenceTo(name)) }], ...branches]
}

interface RulesSchema extends JsonSchema {
  readonly properties: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

/** Models with the same rules. */
interface Family {
  readonly rules: RulesSchema
  readonly models: Model[]
}

function familiesOf({ models }: Catalogue, ruleSet: RuleSet): Family[] {
  const families = new Map<string, Family>()
  for (const model of models) {
    const rules = model.ruleSets[ruleSet]
    if (rules === undefined) continue
    const schema = bare(jsonSchema(rules)) as RulesSchema
    const id = JSON.stringify(schema)
    const family = families.get(id)
    if (family === undefined) families.set(id, { rules: schema, models: [model] })
    else family.models.push(model)
  }
  return [...families.values()]
}

/** The rules of a request that names a model, as one of these names. */
function named(rules: RulesSchema, names: JsonSchema): JsonSchema {
  const { type: _withNull, ...model } = rules.properties['model'] ?? {}
  const required = [...new Set([...(rules.required ?? []), 'model'])]
  return { ...rules, properties: { ...rules.properties, model: { ...model, ...names } }, required }
}

function oneOf(names: readonly JsonSchema[]): JsonSchema {
  const [only] = names
  return names.length === 1 && only !== undefined ? only : { anyOf: names }
}

function titleOf(models: readonly Model[]): string {
  return models.map(({ id }) => id).join(', ')
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
function nameOf(ruleSet: string, id: string): string {
  return `${ruleSet}.${id.replaceAll(/[^\w.-]/g, (character) => `_${character.codePointAt(0)?.toString(16) ?? ''}`)}`
}
