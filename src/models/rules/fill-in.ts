import { checkParameters } from './check-parameters.ts'
import { typedValue } from './typed-fields.ts'
import type { ParameterRules, ParameterValues } from './parameter-rules.ts'

/** Names and values as a form would have them; of several with one name the first that fits counts. */
export type DefaultValues = readonly (readonly [name: string, value: string])[]
export type FilledValue = string | number | boolean

export interface FilledIn {
  /** The given parameters and those that were filled in. */
  readonly parameters: ParameterValues
  /** The defaults that were filled in, each value as its type. */
  readonly filled: ReadonlyMap<string, FilledValue>
}

const NOTHING: ReadonlyMap<string, FilledValue> = new Map()

/**
 * Fills in what a request leaves out, where the model takes the value beside everything else that is given. A null is
 * left out. No default makes a problem that the request does not have by itself.
 */
export function fillIn(rules: ParameterRules, given: ParameterValues, defaults: DefaultValues): FilledIn {
  if (defaults.length === 0) return { parameters: given, filled: NOTHING }
  const filled = new Map<string, FilledValue>()
  let parameters = given
  // One default may be what another waits for: a compression, for a format.
  for (let next = firstToFit(rules, given, defaults); next !== undefined;) {
    filled.set(...next)
    parameters = new Map(parameters).set(...next)
    next = firstToFit(rules, parameters, defaults)
  }
  return { parameters, filled }
}

/** The value as its type, where the rules take it beside what is given. */
export function valueTaken(
  rules: ParameterRules,
  given: ParameterValues,
  [name, text]: DefaultValues[number],
): FilledValue | undefined {
  const usual = Object.hasOwn(rules.parameters, name) ? rules.parameters[name] : undefined
  const rule = usual?.instead?.(given) ?? usual
  if (rule === undefined) return undefined
  const value = typedValue(rule, text)
  return isScalar(value) && rule.schema.safeParse(value).success ? value : undefined
}

/** How many problems the parameters have, names that the model does not take aside. */
export function problemCount(rules: ParameterRules, given: ParameterValues): number {
  return checkParameters({ ...rules, open: true }, '', given, new Set()).issues.length
}

function firstToFit(
  rules: ParameterRules,
  given: ParameterValues,
  defaults: DefaultValues,
): [name: string, value: FilledValue] | undefined {
  const candidates = defaults.filter(([name]) => (given.get(name) ?? undefined) === undefined)
  if (candidates.length === 0) return undefined
  const problems = problemCount(rules, given)
  for (const [name, text] of candidates) {
    const value = valueTaken(rules, given, [name, text])
    if (value !== undefined && problemCount(rules, new Map(given).set(name, value)) <= problems) return [name, value]
  }
  return undefined
}

function isScalar(value: unknown): value is FilledValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
