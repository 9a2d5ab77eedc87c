import { z } from 'zod'
import { microsOf, usdOf } from '../../../accounting/money.ts'
import { PERIODS } from '../../../accounting/period.ts'
import { DURATION, SINCE, dateMs, firstDayOf } from '../../../accounting/calendar.ts'
import { KEY_FIELDS, MAX_BUDGET_USD } from '../../../access/keys/key-settings.ts'
import { GROUPINGS } from '../../../accounting/reports.ts'

/*
 * The bodies of the admin API, in JSON: snake_case, money in USD, times in ISO 8601. The rules are those of the settings
 * themselves; json.ts turns a body into settings. The OpenAPI document has all of it.
 */

/** Money is counted in micro-USD: a seventh decimal would be lost, so it is refused; one that floating point made is none. */
const usd = z
  .number()
  .min(0, 'must not be negative')
  .max(MAX_BUDGET_USD, `must be at most ${MAX_BUDGET_USD} USD`)
  .refine(
    (amount) => Math.abs(usdOf(microsOf(amount)) - amount) <= amount * 2 * Number.EPSILON,
    'must have at most 6 decimals',
  )
  .meta({ multipleOf: 0.000001 })

/** Dates that exist, but for the ends of short months. */
const DAY = '(19[7-9][0-9]|[2-9][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])'

const time = z
  .string()
  .refine((text) => (dateMs(text) ?? -1) >= 0, 'must be a date in UTC, 2027-01-01, or a time, 2027-01-01T18:00Z')
  .meta({
    description: 'A date in UTC, or a time with its zone, in ISO 8601.',
    examples: ['2027-01-01T00:00:00Z'],
    pattern: `^${DAY}(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?(Z|[+-]0[0-9]:[0-5][0-9]))?$`,
  })

const defaults = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
  .nullable()
  .optional()
  .describe('Parameters that are filled in where the holder leaves them out: {"quality": "medium"}.')

const limits = {
  defaults,
  requests_per_minute: KEY_FIELDS.requestsPerMinute.nullable(),
  images_per_minute: KEY_FIELDS.imagesPerMinute.nullable(),
  max_in_flight: KEY_FIELDS.maxInFlight.nullable().describe('Generations under way at once.'),
  budget: z
    .strictObject({ usd, period: z.enum(PERIODS) })
    .nullable()
    .optional()
    .describe('What it may spend per period, in UTC; weeks begin on Monday.'),
  max_cost_usd: usd.nullable().optional().describe('The most that one request may cost, at its dearest.'),
  expires_at: time.nullable().optional(),
}

export const newKeyBody = z.strictObject({
  name: KEY_FIELDS.name,
  note: KEY_FIELDS.note.optional(),
  models: KEY_FIELDS.models.optional().describe('Model ids and * patterns; all models where it is not said.'),
  ...limits,
  disabled: z.boolean().optional(),
})
export const keyChangesBody = z
  .strictObject({
    note: KEY_FIELDS.note.optional(),
    models: KEY_FIELDS.models.optional(),
    ...limits,
    disabled: z.boolean().optional(),
  })
  .meta({ minProperties: 1 })
export const rotationBody = z.strictObject({
  grace: z
    .string()
    .regex(DURATION, 'must be a duration: 90m, 24h, 30d, 2w; 0m for none')
    .default('24h')
    .describe('How long the old secret still works.'),
})

/** A number in a query string. */
const whole = (max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, `must be a whole number from 1 to ${max}`)
    .transform(Number)
    .pipe(z.int().min(1, 'must be at least 1').max(max, `must be at most ${max}`))
const yesOrNo = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true')
  .pipe(z.boolean())
const cursor = z.string().min(1).max(256).optional().describe('The `next` of the page before.')

export const keysQuery = z.strictObject({
  revoked: yesOrNo.default(false).describe('Also those that were revoked.'),
  limit: whole(1000).default(100),
  after: cursor,
})
export const usageQuery = z.strictObject({
  by: z.enum(GROUPINGS).default('key'),
  since: z
    .string()
    .regex(SINCE, 'must be 30d, 4w, or a date: 2026-11-23')
    .refine((text) => firstDayOf(text, Date.now()) !== undefined, 'must be a date that exists')
    .meta({ pattern: `^([1-9][0-9]{0,4}[dw]|${DAY})$` })
    .default('30d')
    .describe('Whole UTC days: 30d is today and the 29 days before; or the first day.'),
  key: z.string().max(64).optional(),
  limit: whole(1000).default(1000),
  after: cursor,
})
export const generationsQuery = z.strictObject({
  key: z.string().max(64).optional(),
  failed: yesOrNo.default(false).describe('Only those that ended otherwise than completed.'),
  limit: whole(1000).default(50),
  before: whole(Number.MAX_SAFE_INTEGER).optional().describe('The `next` of the page before.'),
})
