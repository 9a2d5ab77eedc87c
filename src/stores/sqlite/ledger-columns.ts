import { dayOf } from '../../accounting/period.ts'
import type { Hold, HoldOrder, LedgerOutcome, SettledEnding } from '../../accounting/ledger.ts'

/** Columns whose text may be a client's are truncated, so that no prompt hides there. */
const MAX_LABEL = 64
const MAX_MODEL = 256

/** The end of a hold, whichever verb ended it. */
export interface BookedEnding extends SettledEnding {
  readonly outcome: LedgerOutcome
}

/** The order with its texts truncated to what a row takes. */
export function truncated(order: HoldOrder): HoldOrder {
  const { model, size, quality } = order
  if (model.length <= MAX_MODEL && size.length <= MAX_LABEL && quality.length <= MAX_LABEL) return order
  return {
    ...order,
    model: model.slice(0, MAX_MODEL),
    size: size.slice(0, MAX_LABEL),
    quality: quality.slice(0, MAX_LABEL),
  }
}

/** The values of a new row by column, so that each name stands beside its value. */
type NewRow<Column extends string> = Readonly<Record<Column, string | number | null>>

/** Values in the order of the columns, as an INSERT of these columns binds them. */
export function valuesOf<Column extends string>(columns: readonly Column[], row: NewRow<Column>) {
  return columns.map((column) => row[column])
}

export const HOLD_COLUMNS = [
  'id',
  'instance',
  'generation_id',
  'held_at',
  'key_name',
  'key_id',
  'endpoint',
  'model',
  'size',
  'quality',
  'n',
  'held_micros',
] as const

export function newHoldRow(id: number, instance: number, order: HoldOrder): NewRow<(typeof HOLD_COLUMNS)[number]> {
  return {
    id,
    instance,
    generation_id: order.generationId,
    held_at: order.heldAt,
    key_name: order.keyName,
    key_id: order.keyId ?? null,
    endpoint: order.endpoint,
    model: order.model,
    size: order.size,
    quality: order.quality,
    n: order.n,
    held_micros: order.highestMicros ?? null,
  }
}

export const GENERATION_COLUMNS = [
  'generation_id',
  'held_at',
  'key_name',
  'endpoint',
  'model',
  'size',
  'quality',
  'n',
  'held_micros',
  'outcome',
  'cost_micros',
  'is_estimated',
  'images',
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'input_text_tokens',
  'input_image_tokens',
  'input_cached_tokens',
  'output_text_tokens',
  'output_image_tokens',
  'error_code',
  'upstream_request_id',
  'ended_at',
  'upstream_ms',
  'duration_ms',
] as const

export function newGenerationRow({ order }: Hold, ending: BookedEnding): NewRow<(typeof GENERATION_COLUMNS)[number]> {
  const { usage } = ending
  return {
    generation_id: order.generationId,
    held_at: order.heldAt,
    key_name: order.keyName,
    endpoint: order.endpoint,
    model: order.model,
    size: ending.size?.slice(0, MAX_LABEL) ?? order.size,
    quality: ending.quality?.slice(0, MAX_LABEL) ?? order.quality,
    n: order.n,
    held_micros: order.highestMicros ?? null,
    outcome: ending.outcome,
    cost_micros: ending.costMicros ?? null,
    is_estimated: ending.isEstimated ? 1 : 0,
    images: ending.images,
    input_tokens: usage?.inputTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    total_tokens: usage?.totalTokens ?? null,
    input_text_tokens: usage?.inputTextTokens ?? null,
    input_image_tokens: usage?.inputImageTokens ?? null,
    input_cached_tokens: usage?.inputCachedTokens ?? null,
    output_text_tokens: usage?.outputTextTokens ?? null,
    output_image_tokens: usage?.outputImageTokens ?? null,
    error_code: ending.errorCode?.slice(0, MAX_LABEL) ?? null,
    upstream_request_id: ending.upstreamRequestId?.slice(0, MAX_LABEL) ?? null,
    ended_at: ending.endedAt,
    upstream_ms: ending.upstreamMs === undefined ? null : Math.round(ending.upstreamMs),
    duration_ms: ending.durationMs === undefined ? null : Math.round(ending.durationMs),
  }
}

export const TOTAL_COLUMNS = [
  'day',
  'key_name',
  'model',
  'generations',
  'failed',
  'images',
  'input_tokens',
  'output_tokens',
  'cost_micros',
  'estimated_micros',
] as const

/** One generation as the daily totals count it, by the day on which it was held. */
export function newTotalRow({ order }: Hold, ending: BookedEnding): NewRow<(typeof TOTAL_COLUMNS)[number]> {
  const { outcome, images, usage, costMicros = 0, isEstimated } = ending
  return {
    day: dayOf(order.heldAt),
    key_name: order.keyName,
    model: order.model,
    generations: 1,
    failed: outcome === 'completed' ? 0 : 1,
    images,
    input_tokens: usage?.inputTokens ?? 0,
    output_tokens: usage?.outputTokens ?? 0,
    cost_micros: costMicros,
    estimated_micros: isEstimated ? costMicros : 0,
  }
}
