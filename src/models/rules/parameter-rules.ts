import type { Parameter } from './parameter.ts'
import type { Source } from '../sources.ts'

/** A request's parameters by name, as the client sent them. */
export type ParameterValues = ReadonlyMap<string, unknown>

/** A rule across parameters. It judges only what it understands: a value of the wrong type is another rule's problem. */
export interface Combination {
  /** The parameter that the refusal names. */
  readonly param: string
  /** The rule in words, for `/gateway/models`. */
  readonly rule: string
  /** The message where the rule is broken. */
  readonly broken: (given: ParameterValues) => string | undefined
  readonly source: Source
}

/** The rules of a model for one operation: it takes nothing but `parameters`, within `combinations`. */
export interface ParameterRules {
  /** Own keys only; never index it with an unchecked name. */
  readonly parameters: Readonly<Record<string, Parameter>>
  /** The same parameters in the order in which their problems are reported. */
  readonly entries: readonly (readonly [name: string, parameter: Parameter])[]
  readonly combinations: readonly Combination[]
  /** Whether names beyond `parameters` are forwarded unchecked (unknown models) or refused. */
  readonly open: boolean
}

/** Rules for one operation of a model; closed, unless `open` says that other names are forwarded unchecked. */
export function parameterRules(
  parameters: ParameterRules['parameters'],
  { combinations = [], open = false }: Partial<Pick<ParameterRules, 'combinations' | 'open'>> = {},
): ParameterRules {
  return { parameters, entries: Object.entries(parameters), combinations, open }
}
