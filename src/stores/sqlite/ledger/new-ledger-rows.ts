import { dayOf } from '../../../accounting/period.ts'
import type { NewRow } from '../database.ts'
import type { Hold, OrderedGeneration, LedgerOutcome, SettledEnding } from '../../../accounting/ledger.ts'

/** Texts that a client may have written are truncated, so that no prompt hides in a row. */
const MAX_LABEL = 64
const MAX_MODEL = 256

/** The end of a hold, whichever verb ended it. */
export interface BookedEnding extends SettledEnding {
  readonly outcome: LedgerOutcome
}

/** The order with its texts truncated to what a row takes. */
export function truncated(order: OrderedGeneration): OrderedGeneration {
  const { model, size, quality } = order
  if (model.length <= MAX_MODEL && size.length <= MAX_LABEL && quality.length <= MAX_LABEL) return order
  return {
    ...order,
    model: model.slice(0, MAX_MODEL),
    size: size.slice(0, MAX_LABEL),
    quality: quality.slice(0, MAX_LABEL),
  }
}

/** A row of the table `holds`. */
export function newHoldRow(id: number, instance: number, order: OrderedGeneration): NewRow {
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

/** A row of the table `generations`. */
export function newGenerationRow({ order }: Hold, ending: BookedEnding): NewRow {
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

/** A row of the table `daily_totals`. */
export interface TotalRow {
  readonly day: number
  readonly key_name: string
  readonly model: string
  readonly generations: number
  readonly failed: number
  readonly images: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cost_micros: number
  readonly estimated_micros: number
}

/** One generation, under the day on which it was held. */
export function newTotalRow({ order }: Hold, ending: BookedEnding): TotalRow {
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
