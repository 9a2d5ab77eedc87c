import type { ParameterRules } from './rules/parameter-rules.ts'
import type { Price } from './prices/price.ts'

/** The OpenAI operations. */
export const OPERATIONS = ['images.generations', 'images.edits', 'images.variations'] as const
export type Operation = (typeof OPERATIONS)[number]

/** The kinds of request that a model can have rules for. An edit is a form with files, or JSON with URLs, and these two take different names. */
export type RuleSet = Operation | 'images.edits.json'

/** Rule set → the operation that it belongs to. */
export const OPERATION_OF: Readonly<Record<RuleSet, Operation>> = {
  'images.generations': 'images.generations',
  'images.edits': 'images.edits',
  'images.edits.json': 'images.edits',
  'images.variations': 'images.variations',
}

/** One catalogue entry: a model id, or a prefix that ends in `*`. */
export interface Model {
  readonly id: string
  /** Label for metrics, where it is not the id: the prefix of a whole family for that of one version. */
  readonly label?: string
  /** The maker, as `owned_by` of `/v1/models`. */
  readonly vendor: string
  /** Parameters that the model does not take → the value that asks for its usual behaviour, so that it can be left out. */
  readonly redundant?: Readonly<Record<string, string>>
  readonly ruleSets: Readonly<Partial<Record<RuleSet, ParameterRules>>>
  /** Undefined where no price is known. */
  readonly price: Price | undefined
  /** Remarks for readers of the catalogue: shutdown dates, disagreements between sources. */
  readonly notes?: readonly string[]
}

/** A model that CometAPI serves on another route: named in the refusal. */
export interface ModelElsewhere {
  /** A model id, or a prefix that ends in `*`. */
  readonly id: string
  readonly route: string
}
