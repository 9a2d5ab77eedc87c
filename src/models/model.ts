import type { Parameter } from './rules/parameter.ts'
import type { Price } from './prices/price.ts'
import type { Source } from './sources.ts'

/** The OpenAI operations. */
export const OPERATIONS = ['images.generations', 'images.edits', 'images.variations'] as const
export type Operation = (typeof OPERATIONS)[number]

/** What a model can have rules for: an edit is a form with files, or JSON with URLs, and these take different names. */
export type RuleSet = Operation | 'images.edits.json'

/** The parameters of a request, by name, as the client sent them. Own keys only; never index it with unchecked names. */
export type Parameters = ReadonlyMap<string, unknown>

/** A rule across parameters. It judges only what it understands: a value of the wrong type is another rule's problem. */
export interface Combination {
  /** The parameter that the refusal names. */
  readonly param: string
  /** The rule in words, for `/gateway/models`. */
  readonly rule: string
  /** The message where the rule is broken. */
  readonly broken: (given: Parameters) => string | undefined
  readonly source: Source
}

/** What a model takes in one operation: nothing but `parameters`, within `combinations`. */
export interface ParameterRules {
  readonly parameters: Readonly<Record<string, Parameter>>
  readonly combinations: readonly Combination[]
  /** Whether names beyond `parameters` are forwarded unchecked (unknown models) or refused. */
  readonly open: boolean
}

/** One catalogue entry: a model id, or a prefix that ends in `*`. */
export interface Model {
  readonly id: string
  /** Who makes it, as `owned_by` of `/v1/models`. */
  readonly vendor: string
  readonly operations: Readonly<Partial<Record<RuleSet, ParameterRules>>>
  /** Undefined where no price is known. */
  readonly price: Price | undefined
  /** What a reader of the catalogue should know: shutdown dates, disagreements between sources. */
  readonly notes?: readonly string[]
}

/** A model that CometAPI serves on another route: named in the refusal. */
export interface ModelElsewhere {
  /** A model id, or a prefix that ends in `*`. */
  readonly id: string
  readonly route: string
}
