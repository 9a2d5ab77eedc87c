import { openaiRejection } from './rejections.ts'
import type { Rejection } from './rejections.ts'

/** A request body as it was sent. */
export type SandboxFields = Readonly<Record<string, unknown>>

/** Whether parsed JSON is an object. */
export function isBody(value: unknown): value is SandboxFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Looks at one parameter; null and absent values never reach it. */
export type Check = (value: unknown, name: string) => Rejection | undefined

/** The value must be one of the words. OpenAI's wording (facts 4.1, the row for older GPT sizes). */
export function oneOf(...allowed: readonly string[]): Check {
  return (value, name) => {
    if (typeof value !== 'string') return wrongType(value, name, 'one of a set of strings')
    if (allowed.includes(value)) return undefined
    const message = `Invalid value: '${value}'. Supported values are: ${listed(allowed)}.`
    return openaiRejection({ message, code: 'invalid_value', param: name })
  }
}

/** The value must be a whole number in a range, both ends included. */
export function whole(low: number, high: number): Check {
  return (value, name) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) return wrongType(value, name, 'an integer')
    if (value > high) return outOf('above maximum', '<=', high, 'integer_above_max_value', value, name)
    if (value < low) return outOf('below minimum', '>=', low, 'integer_below_min_value', value, name)
    return undefined
  }
}

/** The value must be a text of at most `longest` characters (Unicode code points). */
export function text(longest: number): Check {
  return (value, name) => {
    if (typeof value !== 'string') return wrongType(value, name, 'a string')
    const length = value.length <= longest ? value.length : Array.from(value).length
    if (length <= longest) return undefined
    const message = `Invalid '${name}': string too long. Expected a string with maximum length ${longest}, but got a string with length ${length} instead.`
    return openaiRejection({ message, code: 'string_above_max_length', param: name })
  }
}

/** The value must be true or false. */
export const yesOrNo: Check = (value, name) =>
  typeof value === 'boolean' ? undefined : wrongType(value, name, 'a boolean')

/** The value must be a number. */
export const number: Check = (value, name) =>
  typeof value === 'number' ? undefined : wrongType(value, name, 'a number')

/** The parameter is not one of the model's (facts 4.1: 400 unknown_parameter). */
export const unknown: Check = (_value, name) =>
  openaiRejection({ message: `Unknown parameter: '${name}'.`, code: 'unknown_parameter', param: name })

/** A refusal of a value of the wrong type, in the wording OpenAI uses everywhere. */
export function wrongType(value: unknown, name: string, expected: string): Rejection {
  const message = `Invalid type for '${name}': expected ${expected}, but got ${typeName(value)} instead.`
  return openaiRejection({ message, code: 'invalid_type', param: name })
}

function outOf(side: string, sign: string, limit: number, code: string, value: number, name: string): Rejection {
  const message = `Invalid '${name}': integer ${side} value. Expected a value ${sign} ${limit}, but got ${value} instead.`
  return openaiRejection({ message, code, param: name })
}

function listed(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`)
  if (quoted.length < 2) return quoted.join('')
  return `${quoted.slice(0, -1).join(', ')}${quoted.length > 2 ? ',' : ''} and ${quoted.at(-1) ?? ''}`
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A parameter that is a text, or undefined. */
export function textOf(body: SandboxFields, name: string): string | undefined {
  const value = body[name]
  return typeof value === 'string' ? value : undefined
}
