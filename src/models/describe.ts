import { z } from 'zod'
import type { Model, RuleSet } from './model.ts'
import type { ParameterRules } from './rules/parameter-rules.ts'
import type { Price, TextRates } from './prices/price.ts'

/** One model as `/gateway/models` shows it: its rules as JSON Schema, its price, and where both come from. */
export interface ModelDescription {
  readonly id: string
  readonly owned_by: string
  readonly operations: Readonly<Partial<Record<RuleSet, unknown>>>
  readonly price: unknown
  readonly notes: readonly string[]
}

export function describeModel({ id, vendor, ruleSets, price, notes = [] }: Model): ModelDescription {
  const entries = Object.entries(ruleSets).map(([ruleSet, rules]) => [ruleSet, jsonSchema(rules)])
  return { id, owned_by: vendor, operations: Object.fromEntries(entries), price: describePrice(price), notes }
}

const schemaCache = new WeakMap<ParameterRules, object>()

/** The rules as JSON Schema 2020-12; rules across parameters stand in words under `x-combinations`. */
export function jsonSchema(rules: ParameterRules): object {
  let schema = schemaCache.get(rules)
  if (schema === undefined) {
    const shape = Object.fromEntries(rules.entries.map(([name, { schema: rule }]) => [name, rule]))
    schema = {
      ...z.toJSONSchema(rules.open ? z.looseObject(shape) : z.strictObject(shape), { unrepresentable: 'any' }),
      'x-combinations': rules.combinations.map(({ param, rule, source }) => ({
        param,
        rule,
        source: source.cite,
        as_of: source.asOf,
      })),
    }
    schemaCache.set(rules, schema)
  }
  return schema
}

function authorRates(models: ReadonlyMap<string, TextRates>): unknown {
  return Object.fromEntries([...models].map(([id, { input, output }]) => [id, { input, output }]))
}

function describePrice(price: Price | undefined): unknown {
  if (price === undefined) return null
  const source = { source: price.source.cite, as_of: price.source.asOf }
  if (price.unit === 'image') return { usd_per_image: price.usdPerImage, ...source }
  const rates = price.usdPerMillionTokens
  return {
    usd_per_million_tokens: {
      text_input: rates.textInput,
      text_cached: rates.textCached,
      image_input: rates.imageInput,
      image_cached: rates.imageCached,
      image_output: rates.imageOutput,
      text_output: rates.textOutput,
    },
    ...(price.textModels === undefined ? {} : { usd_per_million_tokens_of_svg_authors: authorRates(price.textModels) }),
    ...source,
  }
}
