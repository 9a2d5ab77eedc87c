import type { ParameterRules, ParameterValues } from './parameter-rules.ts'

/** The parameters of a request that say something, and the names of those that do not. */
export interface GivenParameters {
  readonly given: ParameterValues
  /** Left out of what goes upstream. */
  readonly empty: readonly string[]
}

/** The form of every API's parameters. Another name is a mistake, whatever its value. */
const PARAMETER_NAME = /^[a-z]\w{0,63}$/i

/**
 * A null, and an empty field of a form, is a parameter that was not given: serializers write them for what was not set.
 * A null that the model takes stays as it came; so does an empty prompt, which is an error. Every other one is empty.
 */
export function givenParameters(rules: ParameterRules, values: ParameterValues, isForm: boolean): GivenParameters {
  const given = new Map<string, unknown>()
  const empty: string[] = []
  for (const [name, value] of values) {
    const saysNothing = value === null || (isForm && value === '')
    const isEmpty = saysNothing && PARAMETER_NAME.test(name) && !isPrompt(rules, name)
    if (isEmpty && !takesNull(rules, name, value)) empty.push(name)
    else given.set(name, value)
  }
  return { given, empty }
}

function isPrompt(rules: ParameterRules, name: string): boolean {
  return name === 'prompt' && Object.hasOwn(rules.parameters, name)
}

function takesNull({ parameters, open }: ParameterRules, name: string, value: unknown): boolean {
  if (value !== null) return false
  const rule = Object.hasOwn(parameters, name) ? parameters[name] : undefined
  return rule === undefined ? open : rule.schema.safeParse(null).success
}
