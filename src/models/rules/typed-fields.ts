import type { ParameterRules, ParameterValues } from './parameter-rules.ts'
import type { Parameter } from './parameter.ts'

/**
 * The fields of a form as the types that their rules ask for: `"2"` is 2 where a number is wanted. An empty field is one
 * that was not given, as the SDKs write it. What does not read as the wanted type stays text, and is refused as such.
 */
export function typedFields(rules: ParameterRules, fields: ParameterValues): ParameterValues {
  return new Map(
    [...fields].map(([name, value]) => {
      const rule = Object.hasOwn(rules.parameters, name) ? rules.parameters[name] : undefined
      return [name, rule === undefined || typeof value !== 'string' ? value : typedValue(rule, value)] as const
    }),
  )
}

/** A text of a form as the type that its rule asks for, where it reads as one. */
export function typedValue({ types, schema }: Parameter, text: string): unknown {
  if (text === '' && schema.safeParse(null).success) return null
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  const isNumber = types.includes('number') ? /^-?\d{1,15}(\.\d{1,15})?$/ : /^-?\d{1,15}$/
  const wantsNumber = types.includes('integer') || types.includes('number')
  return wantsNumber && isNumber.test(text) ? Number(text) : text
}
