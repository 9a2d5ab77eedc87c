import { z } from 'zod'
import { KEY_NAME, RESERVED_NAMES } from '../access/keys/key-name.ts'
import { NO_DEFAULTS, parseDefaults } from '../access/keys/parameter-defaults.ts'
import { BUDGET_FORMS, parseBudget } from '../accounting/budget.ts'
import { isLoopback } from './loopback.ts'
import type { Budget } from '../accounting/budget.ts'
import type { NamedKey } from '../access/keys/key-name.ts'
import type { ParameterDefaults } from '../access/keys/parameter-defaults.ts'

/** `true` or `false`, also `1`/`0` and `yes`/`no`. */
export const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'])
  .transform((value) => ['true', '1', 'yes'].includes(value))
/** A whole number of the range. */
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
/** A decimal number of the range. */
export const decimal = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, `must be a number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a number from ${min} to ${max}`)
/** Visible ASCII: characters that an HTTP header may have, and none that could hide in one. */
export const secret = (min: number) =>
  z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must not contain spaces or line breaks')
    .min(min, `must have at least ${min} characters`)

/** Visible ASCII of up to 256 characters: it goes into a response header. */
export const visibleText = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, 'must be a model id: visible ASCII characters without spaces')

/** The base of an API, without the trailing `/v1`. */
export const upstreamUrl = z
  .string()
  .transform((value) => value.replace(/\/+$/, '').replace(/\/v1$/, ''))
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), 'must be an http or https URL')
  .refine((value) => !URL.canParse(value) || isAnonymous(new URL(value)), 'must not contain a user name or password')
  .refine((value) => !/[?#]/.test(value), 'must not contain a query or fragment')
  .refine((value) => !value.includes('/images'), 'must be the base of the API, without /v1/images/…')
  .refine(
    (value) => !URL.canParse(value) || new URL(value).protocol !== 'http:' || isLoopback(new URL(value).hostname),
    'must be https: plain http is allowed to loopback only, so that the key never crosses a network in clear',
  )

/** The address of the gateway itself, without a slash at its end. */
export const publicUrl = z
  .string()
  .transform((value) => value.replace(/\/+$/, ''))
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), 'must be an http or https URL')
  .refine((value) => !/[?#\s\\"<>]/.test(value), 'must not contain a query, a fragment or spaces')
  .refine((value) => !URL.canParse(value) || isAnonymous(new URL(value)), 'must not contain a user name or password')

/** `name=key`, comma-separated. */
export const namedKeys = z.string().transform((value, context): NamedKey[] => {
  const keys: NamedKey[] = []
  // Messages name an entry by its number: the part before `=` may be a key that was written on the wrong side.
  for (const [index, entry] of value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .entries()) {
    const cut = entry.indexOf('=')
    const name = entry.slice(0, Math.max(0, cut))
    const key = entry.slice(cut + 1)
    const where = `entry ${index + 1}`
    const complain = (message: string): void => context.addIssue({ code: 'custom', message: `${where} ${message}` })
    if (!KEY_NAME.test(name)) complain('must look like name=key, the name of letters, digits and . _ @ -')
    else if (!/^[\x21-\x7e]{16,256}$/.test(key)) complain('needs a key of 16 to 256 characters without spaces')
    else if (RESERVED_NAMES.has(name)) complain(`needs another name: ${name} is the gateway's own`)
    else if (keys.some((other) => other.name === name)) complain('repeats the name of another entry')
    else if (keys.some((other) => other.key === key)) complain('has the same key as another entry')
    keys.push({ name, key })
  }
  if (keys.length === 0) context.addIssue({ code: 'custom', message: 'has no entry: write name=key' })
  return keys
})

/** `quality=medium,size=1024x1024`; whether any model takes them is asked where the catalogue is known. */
export const parameterDefaults = z.string().transform((value, context): ParameterDefaults => {
  const defaults = parseDefaults(value)
  if (typeof defaults !== 'string') return defaults
  context.addIssue({ code: 'custom', message: defaults })
  return NO_DEFAULTS
})

/** `500/month`: money that everybody together may spend per period. */
export const budget = z.string().transform((value, context): Budget => {
  const parsed = parseBudget(value)
  if (parsed !== undefined) return parsed
  context.addIssue({ code: 'custom', message: `must be ${BUDGET_FORMS}` })
  return z.NEVER
})

const PERCENTAGES = 'must be whole percentages from 1 to 100, comma-separated: 50,80,100'
/** `50,80,100`, the lowest first. */
export const percentages = z
  .string()
  .regex(/^\d{1,3}( *, *\d{1,3})*$/, PERCENTAGES)
  .transform((value) => [...new Set(value.split(',').map(Number))].toSorted((a, b) => a - b))
  .refine((numbers) => numbers.every((number) => number >= 1 && number <= 100), PERCENTAGES)

/** An address to post to. It may hold a secret: no message repeats it. */
export const webhookUrl = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol), 'must be an http or https URL')
  .refine((value) => !URL.canParse(value) || isAnonymous(new URL(value)), 'must not contain a user name or password')

/** A secret of the Standard Webhooks convention. */
export const webhookSecret = z
  .string()
  .regex(
    /^whsec_[A-Za-z\d+/]{32,86}={0,2}$/,
    'must be whsec_ and 24 to 64 bytes in base64: whsec_$(openssl rand -base64 32)',
  )

/** Origins, comma-separated; `*` and `null` are none, since every page of the web has one of them. */
export const origins = z.string().transform((value, context): string[] => {
  const entries = value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
  if (entries.length === 0) context.addIssue({ code: 'custom', message: 'has no entry: write https://app.example.com' })
  return entries.map((entry, index) => {
    const origin = originOf(entry)
    if (origin !== undefined) return origin
    context.addIssue({
      code: 'custom',
      message: `entry ${index + 1} must be an origin, such as https://app.example.com: no path, no * and no null`,
    })
    return entry
  })
})

/** An origin as browsers write it (RFC 6454, 6.2); that of a scheme other than http and https is taken as it is. */
function originOf(entry: string): string | undefined {
  if (/^(?!https?:)[a-z][a-z\d+.-]*:\/\/[\w.-]+$/.test(entry)) return entry
  if (!/^https?:\/\/[^/?#\\@*]+\/?$/i.test(entry) || !URL.canParse(entry)) return undefined
  return new URL(entry).origin
}

function isAnonymous({ username, password }: URL): boolean {
  return username === '' && password === ''
}
