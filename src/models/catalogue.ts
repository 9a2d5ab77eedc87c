import { GatewayError } from '../errors/gateway-error.ts'
import { dallEModels } from './families/openai-dall-e.ts'
import { gptImageModels } from './families/openai-gpt-image.ts'
import { modelsElsewhere } from './families/elsewhere.ts'
import { nearMiss, skeleton } from './rules/near-miss.ts'
import { qwenModels } from './families/qwen.ts'
import { seedreamModels } from './families/seedream.ts'
import { unknownModelRules } from './rules/standard-parameters.ts'
import { OPERATION_OF, OPERATIONS } from './model.ts'
import type { Model, Operation, RuleSet } from './model.ts'
import type { ParameterRules } from './rules/parameter-rules.ts'

/** A name resolved to its rules. */
export interface ResolvedModel {
  /** The id to send upstream: what the client wrote, or what its alias stands for. */
  readonly id: string
  readonly entry: Model
  /** Bounded label for metrics: the catalogue entry's label or id, or `other`. */
  readonly label: string
  /** The request names no model: this one was assumed. */
  readonly isAssumed?: boolean
}

/** A sentence to add to an error about a model that the request does not name. */
export function assumption({ id, isAssumed }: ResolvedModel): string {
  return isAssumed === true ? ` The request names no model, so '${id}' was assumed.` : ''
}

/** All built-in entries; exact ids and prefixes (`doubao-seedream-*`) in one list. */
export const builtInModels: readonly Model[] = [...gptImageModels, ...dallEModels, ...qwenModels, ...seedreamModels]

/** The entry of every model that the catalogue does not know: standard types are checked, the rest is forwarded. */
const UNKNOWN: Model = {
  id: 'other',
  vendor: 'unknown',
  ruleSets: unknownModelRules,
  price: undefined,
}

export interface CatalogueOptions {
  readonly models?: readonly Model[]
  /** Alias → model id. */
  readonly aliases?: ReadonlyMap<string, string>
  readonly unknownModels: 'allow' | 'reject'
}

/** Every model the gateway knows, by id, alias or prefix. */
export class Catalogue {
  readonly models: readonly Model[]
  readonly aliases: ReadonlyMap<string, string>
  /** Every parameter name that any entry takes in any operation. */
  readonly parameterNames: ReadonlySet<string>
  readonly #namesByOperation: ReadonlyMap<Operation, ReadonlySet<string>>
  readonly #exact: ReadonlyMap<string, ResolvedModel>
  readonly #prefixes: readonly { readonly prefix: string; readonly entry: Model }[]
  readonly #bySkeleton: ReadonlyMap<string, string>
  readonly #unknownModels: 'allow' | 'reject'

  constructor({ models = builtInModels, aliases = new Map(), unknownModels }: CatalogueOptions) {
    this.models = models
    this.aliases = aliases
    this.#unknownModels = unknownModels
    const exact = models.filter(({ id }) => !id.endsWith('*'))
    this.#exact = new Map(exact.map((entry) => [entry.id, { id: entry.id, entry, label: entry.id }]))
    this.#prefixes = models
      .filter(({ id }) => id.endsWith('*'))
      .map((entry) => ({ prefix: entry.id.slice(0, -1), entry }))
      .toSorted((a, b) => b.prefix.length - a.prefix.length)
    this.#bySkeleton = new Map([...exact.map(({ id }) => id), ...aliases.keys()].map((id) => [skeleton(id), id]))
    this.parameterNames = parameterNames(models, OPERATIONS)
    this.#namesByOperation = new Map(OPERATIONS.map((operation) => [operation, parameterNames(models, [operation])]))
  }

  /** Every parameter name that any entry takes in the operation, a form and JSON together. */
  namesIn(ruleSet: RuleSet): ReadonlySet<string> {
    return this.#namesByOperation.get(OPERATION_OF[ruleSet]) ?? this.parameterNames
  }

  /**
   * The rules for a model name as the client wrote it.
   * @throws GatewayError `model_not_found` for a name that is one spelling away from a known one (it would escape
   *   its rules), for a model served on another CometAPI route, and for unknown names where those are rejected
   */
  resolve(name: string): ResolvedModel {
    const known = this.find(name)
    if (known !== undefined) return known
    const bare = withoutVendor(name)
    const elsewhere = modelsElsewhere.find(({ id }) => matches(id, name) || matches(id, bare))
    if (elsewhere !== undefined) {
      const route = elsewhere.route.replace('{model}', () => (matches(elsewhere.id, name) ? name : bare))
      throw notFound(`The model '${name}' is not served on this route. CometAPI serves it on ${route}.`)
    }
    const spelled = this.#bySkeleton.get(skeleton(bare)) ?? this.#knownInLowerCase(bare)
    if (spelled !== undefined) throw notFound(`The model '${name}' does not exist. Did you mean '${spelled}'?`)
    if (this.#unknownModels === 'allow') return { id: name, entry: UNKNOWN, label: UNKNOWN.id }
    const meant = nearMiss(bare, this.#exact.keys())
    const hint = meant === undefined ? 'GET /v1/models lists the models.' : `Did you mean '${meant}'?`
    throw notFound(`The model '${name}' does not exist or is not in this gateway's catalogue. ${hint}`)
  }

  /** `GPT-IMAGE-2.6-Flare-2026-12-01` in lower case, where that is known by a prefix, here or on another route. */
  #knownInLowerCase(name: string): string | undefined {
    const lower = name.trim().toLowerCase()
    if (lower === name) return undefined
    const isKnown = this.find(lower) !== undefined || modelsElsewhere.some(({ id }) => matches(id, lower))
    return isKnown ? lower : undefined
  }

  /** The entry of an exact id, an alias or a prefix, with a vendor before it or without; undefined for everything else. */
  find(name: string): ResolvedModel | undefined {
    return this.#findAsWritten(name) ?? this.#findAsWritten(withoutVendor(name))
  }

  #findAsWritten(name: string): ResolvedModel | undefined {
    const target = this.aliases.get(name) ?? name
    const exact = this.#exact.get(target)
    if (exact !== undefined) return exact
    const entry = this.#prefixes.find(({ prefix }) => target.startsWith(prefix) && isModel(target, prefix))?.entry
    return entry === undefined ? undefined : { id: target, entry, label: entry.label ?? entry.id }
  }
}

/** Every parameter name that the models take in these operations. */
function parameterNames(models: readonly Model[], operations: readonly Operation[]): ReadonlySet<string> {
  const ruleSets = models.flatMap((model) => Object.entries(model.ruleSets) as [RuleSet, ParameterRules][])
  const meant = ruleSets.filter(([ruleSet]) => operations.includes(OPERATION_OF[ruleSet]))
  return new Set(meant.flatMap(([, rules]) => Object.keys(rules.parameters)))
}

/** Other gateways put the vendor before the id: `openai/gpt-image-2`, `openai:gpt-image-2`, `cometapi/gpt-image-2`. */
function withoutVendor(name: string): string {
  return name.replace(/^(?:openai|cometapi)[/:]/i, '')
}

/** `seedream-` alone is no model; `seedream-5-0-pro` is one, and a prefix as well. */
function isModel(name: string, prefix: string): boolean {
  return name.length > prefix.length || !prefix.endsWith('-')
}

/** Whether a name is the id, or begins with the part before its `*`. */
export function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}

function notFound(message: string): GatewayError {
  return new GatewayError('model_not_found', message, { param: 'model' })
}
