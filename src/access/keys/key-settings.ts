import { z } from 'zod'
import { KEY_NAME, RESERVED_NAMES } from './key-name.ts'
import { microsOf } from '../../accounting/money.ts'
import { PERIODS } from '../../accounting/period.ts'
import { isPrintable, PRINTABLE_PATTERN } from '../../errors/printable.ts'
import { ALL_MODELS } from './model-patterns.ts'
import { defaultsProblem } from './parameter-defaults.ts'
import { KeyError } from './virtual-key.ts'
import type { KeySettings } from './virtual-key.ts'

/** The largest budget: sums of budgets in micro-USD stay far below what a number holds exactly. */
export const MAX_BUDGET_USD = 1_000_000
const MAX_LIMIT = 1_000_000
const MAX_PATTERNS = 100
/** 9999-12-31, the last day that dates are written for in four digits. */
const LATEST_MS = 253_402_300_799_999

const money = z
  .int()
  .min(0, 'must not be negative')
  .max(microsOf(MAX_BUDGET_USD), `must be at most ${MAX_BUDGET_USD} USD`)
const limit = z.int().min(1, 'must be at least 1').max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`).optional()

/** The rules of every setting; the admin API has them under its own names. */
export const KEY_FIELDS = {
  name: z
    .string()
    .regex(KEY_NAME, 'must be 1 to 64 letters, digits and . _ @ -')
    .refine((name) => !RESERVED_NAMES.has(name), "is one of the gateway's own names")
    .meta({ not: { enum: [...RESERVED_NAMES] } }),
  note: z
    .string()
    .max(500, 'must have at most 500 characters')
    .refine(isPrintable, 'must be one line without control characters')
    .meta({ pattern: PRINTABLE_PATTERN }),
  models: z
    .array(
      z.string().regex(/^[\x21-\x2b\x2d-\x7e]{1,256}$/, 'must be model ids or patterns, without spaces and commas'),
    )
    .min(1, 'must name a model, or * for all')
    .max(MAX_PATTERNS, `must have at most ${MAX_PATTERNS} entries`),
  defaults: z.record(z.string(), z.string()).superRefine((defaults, context) => {
    const message = defaultsProblem(Object.entries(defaults))
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  }),
  requestsPerMinute: limit,
  imagesPerMinute: limit,
  maxInFlight: limit,
  budget: z.strictObject({ limitMicros: money, period: z.enum(PERIODS) }).optional(),
  maxCostMicros: money.optional(),
  expiresAt: z.int().min(0, 'must be a date').max(LATEST_MS, 'must be a date before the year 10000').optional(),
  isDisabled: z.boolean(),
}

/** A key keeps its name, which stands in the rows of the ledger. */
const { name: _, ...changeable } = KEY_FIELDS

/** A new key's settings; what is not said is not limited. */
export const newKeySettings = z.strictObject({
  ...KEY_FIELDS,
  note: KEY_FIELDS.note.default(''),
  models: KEY_FIELDS.models.default([...ALL_MODELS]),
  defaults: KEY_FIELDS.defaults.default({}),
  isDisabled: KEY_FIELDS.isDisabled.default(false),
})

/** Changes to a key: what is absent stays as it is, a limit of `undefined` is taken away. */
export const keyChanges = z.strictObject({
  ...changeable,
  note: KEY_FIELDS.note.optional(),
  models: KEY_FIELDS.models.optional(),
  defaults: KEY_FIELDS.defaults.optional(),
  isDisabled: KEY_FIELDS.isDisabled.optional(),
})

/**
 * Checks a new key's settings.
 * @throws KeyError `invalid_settings` with every problem
 */
export function checkedSettings(settings: z.input<typeof newKeySettings>): KeySettings {
  return read(newKeySettings, settings) as KeySettings
}

/**
 * Checks changes to a key's settings.
 * @throws KeyError `invalid_settings` with every problem
 */
export function checkedChanges(changes: z.input<typeof keyChanges>): Partial<KeySettings> {
  return read(keyChanges, changes) as Partial<KeySettings>
}

function read<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim())
  throw new KeyError('invalid_settings', problems.join('; '))
}
