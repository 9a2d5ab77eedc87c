import { z } from 'zod'
import type { Source } from '../sources.ts'

/** JSON types as the messages name them. */
export type JsonType = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object' | 'file'

const ALL_TYPES: readonly JsonType[] = ['string', 'integer', 'number', 'boolean', 'array', 'object', 'file']

/**
 * The rule for one parameter of one model: a zod schema (the check, and the JSON Schema of `/gateway/models`)
 * with the words for a refusal. Rules validate and never rewrite.
 */
export interface Parameter {
  readonly schema: z.ZodType
  /** The JSON types it may have; `null` is in the schema, not here. */
  readonly types: readonly JsonType[]
  /** Completes "Expected …" and stands in the docs: `an integer from 1 to 10`. */
  readonly allowed: string
  /** The allowed strings, where they can be listed; near misses are looked up in them. */
  readonly values?: readonly string[]
  /** Says what is wrong with a value of the right type, where "Expected …" is too little. */
  readonly explain?: (value: unknown) => string | undefined
  /** The rule that counts instead of this one beside certain values of other parameters. */
  readonly instead?: (given: ReadonlyMap<string, unknown>) => Parameter | undefined
  readonly required: boolean
  readonly source: Source
}

interface Options {
  readonly source: Source
  readonly required?: boolean
  /** Whether JSON `null` stands for "not given", as the OpenAI schema says of most parameters. */
  readonly nullable?: boolean
}

type Wording = Pick<Parameter, 'types' | 'allowed'> & Partial<Pick<Parameter, 'values' | 'explain'>>

/** Puts a schema and its words together; the word description and the source go into the JSON Schema. */
export function parameter(schema: z.ZodType, wording: Wording, options: Options): Parameter {
  const { source, required = false, nullable = false } = options
  const orNull = nullable ? schema.nullable() : schema
  const described = orNull.meta({ description: wording.allowed, 'x-source': source.cite, 'x-as-of': source.asOf })
  return { schema: required ? described : described.optional(), ...wording, required, source }
}

/** One of a closed list of strings. */
export function oneOf(values: readonly [string, ...string[]], options: Options): Parameter {
  const allowed = `one of ${listWords(values, 'or')}`
  return parameter(z.enum(values), { types: ['string'], allowed, values }, options)
}

/** A whole number from `min` to `max`, both included. */
export function integer(min: number, max: number, options: Options): Parameter {
  const allowed = min === max ? `the integer ${min}` : `an integer from ${min} to ${max}`
  return parameter(z.int().min(min).max(max), { types: ['integer'], allowed }, options)
}

export function number(options: Options): Parameter {
  return parameter(z.number(), { types: ['number'], allowed: 'a number' }, options)
}

export function boolean(options: Options): Parameter {
  return parameter(z.boolean(), { types: ['boolean'], allowed: 'true or false' }, options)
}

/** Text of 1 to `maxChars` characters, counted as Unicode code points like OpenAI does (an emoji is one). */
export function text(maxChars: number, options: Options): Parameter {
  return textFrom(1, maxChars, options)
}

/** The same, where an empty text stands for none. */
export function textOrNothing(maxChars: number, options: Options): Parameter {
  return textFrom(0, maxChars, options)
}

function textFrom(minChars: 0 | 1, maxChars: number, options: Options): Parameter {
  const allowed = `a string of 1 to ${maxChars} characters`
  const schema = z
    .string()
    .refine((value) => value.length >= minChars && fitsCodePoints(value, maxChars))
    .meta({ minLength: minChars, maxLength: maxChars })
  const explain = (value: unknown): string | undefined =>
    typeof value !== 'string'
      ? undefined
      : value === ''
        ? 'It is empty.'
        : `It has ${countCodePoints(value)} characters; at most ${maxChars} are allowed.`
  return parameter(schema, { types: ['string'], allowed, explain }, options)
}

/** A whole number of at least `min`. */
export function integerFrom(min: number, options: Options): Parameter {
  return parameter(z.int().min(min), { types: ['integer'], allowed: `an integer of at least ${min}` }, options)
}

/** Any value at all: for parameters that are named somewhere and described nowhere. */
export function anything(options: Options): Parameter {
  return parameter(z.unknown(), { types: ALL_TYPES, allowed: 'any value' }, options)
}

/** Any string: for identifiers that are passed on and not interpreted. */
export function anyString(options: Options): Parameter {
  return parameter(z.string(), { types: ['string'], allowed: 'a string' }, options)
}

function fitsCodePoints(value: string, max: number): boolean {
  if (value.length <= max) return true // UTF-16 units are never fewer than code points
  return value.length <= 2 * max && countCodePoints(value) <= max
}

function countCodePoints(value: string): number {
  let count = 0
  for (const _ of value) count++
  return count
}

/** `'a', 'b', or 'c'`, as OpenAI's messages list values. */
export function listWords(values: readonly string[], conjunction: 'and' | 'or'): string {
  const quoted = values.map((value) => `'${value}'`)
  const last = quoted.at(-1) ?? ''
  if (quoted.length < 3) return quoted.join(` ${conjunction} `)
  return `${quoted.slice(0, -1).join(', ')}, ${conjunction} ${last}`
}
