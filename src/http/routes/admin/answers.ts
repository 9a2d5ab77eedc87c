import { z } from 'zod'
import { PERIODS } from '../../../accounting/period.ts'
import { LEDGER_OUTCOMES } from '../../../accounting/ledger.ts'
import { GROUPINGS } from '../../../accounting/reports.ts'

/* The answers of the admin API and /gateway/me: the types of json.ts, and schemas of the OpenAPI document. */

const count = z.int().min(0)
const moment = z.iso.datetime()
const budget = z.strictObject({ usd: z.number(), period: z.enum(PERIODS) })

/** The members of a key that its holder and the administrator both see. */
const account = {
  name: z.string(),
  status: z.enum(['active', 'disabled', 'expired', 'revoked']),
  models: z.array(z.string()),
  defaults: z.record(z.string(), z.string()).describe('Filled in where the holder leaves them out; values as text.'),
  requests_per_minute: count.nullable(),
  images_per_minute: count.nullable(),
  max_in_flight: count.nullable(),
  budget: budget.nullable(),
  max_cost_usd: z.number().nullable().describe('The most that one request may cost.'),
  spent_usd: z.number().nullable().describe('In the current period of the budget; without one, ever.'),
  held_usd: z.number().nullable().describe('Reserved for generations under way.'),
  left_usd: z.number().nullable(),
  resets_at: moment.nullable(),
  in_flight: count.nullable(),
  expires_at: moment.nullable(),
}
export const keyAnswer = z.strictObject({
  object: z.literal('key'),
  ...account,
  note: z.string(),
  disabled: z.boolean(),
  secrets: z.array(
    z.strictObject({ hint: z.string(), created_at: moment, valid_until: moment.nullable() }).describe('Never whole.'),
  ),
  created_at: moment,
  updated_at: moment,
  revoked_at: moment.nullable(),
})
export const issuedKeyAnswer = z.strictObject({
  secret: z.string().describe('The key itself: in this answer only.'),
  ...keyAnswer.shape,
})

const window = z
  .strictObject({ limit: count, remaining: count, resets_in_seconds: z.number() })
  .nullable()
  .describe('In this process, over the last minute.')
export const meAnswer = z.strictObject({
  object: z.literal('me'),
  kind: z.enum(['virtual_key', 'gateway_key', 'admin', 'anonymous']),
  ...account,
  rate_limits: z.strictObject({ requests: window, images: window }),
})

/** One page of a list. `next` is null on the last one. */
const page = <T extends z.ZodType>(item: T) => ({
  object: z.literal('list'),
  data: z.array(item),
  has_more: z.boolean(),
  next: z.string().nullable(),
})
export const keysAnswer = z.strictObject(page(keyAnswer))

const sums = {
  cost_usd: z.number(),
  estimated_usd: z.number().describe('The part of the cost that is not from reported usage.'),
  generations: count,
  failed: count,
  images: count,
  input_tokens: count,
  output_tokens: count,
}
export const usageAnswer = z.strictObject({
  ...page(z.strictObject({ group: z.string().describe("A key's name, a model id, or a day."), ...sums })),
  by: z.enum(GROUPINGS),
  since: z.iso.date(),
  total: z.strictObject(sums),
  spend_limit: z
    .strictObject({
      ...budget.shape,
      spent_usd: z.number(),
      held_usd: z.number(),
      left_usd: z.number(),
      resets_at: moment.nullable(),
    })
    .nullable()
    .describe('SPEND_LIMIT, over everybody.'),
})

const ordered = {
  id: z.string(),
  held_at: moment,
  key: z.string(),
  endpoint: z.string(),
  model: z.string(),
  size: z.string(),
  quality: z.string(),
  n: count,
  held_usd: z.number().nullable(),
}
const tokens = count.nullable()
export const generationAnswer = z.strictObject({
  ...ordered,
  outcome: z.enum(LEDGER_OUTCOMES),
  error_code: z.string().nullable(),
  images: count,
  cost_usd: z.number().nullable(),
  is_estimated: z.boolean(),
  input_tokens: tokens,
  output_tokens: tokens,
  total_tokens: tokens,
  input_text_tokens: tokens,
  input_image_tokens: tokens,
  input_cached_tokens: tokens,
  output_text_tokens: tokens,
  output_image_tokens: tokens,
  upstream_ms: z.number().nullable(),
  duration_ms: z.number().nullable(),
  ended_at: moment,
  upstream_request_id: z.string().nullable(),
})
export const generationsAnswer = z.strictObject({
  ...page(generationAnswer),
  under_way: z.array(z.strictObject(ordered)).describe('On the first page, and not among those that failed.'),
})
