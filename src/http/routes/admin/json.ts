import { leftMicros } from '../../../accounting/budget.ts'
import { microsOf, usdOf } from '../../../accounting/money.ts'
import { endOfPeriod } from '../../../accounting/period.ts'
import { dateMs } from '../../../accounting/calendar.ts'
import { whyUnusable } from '../../../access/keys/virtual-key.ts'
import type { z } from 'zod'
import type { KeySecretInfo, KeySettings, VirtualKey } from '../../../access/keys/virtual-key.ts'
import type { BudgetState } from '../../../accounting/budget.ts'
import type { KeyAccount } from '../../../accounting/ledger.ts'
import type { EndedGeneration, OpenGeneration, UsageSum } from '../../../accounting/reports.ts'
import type { generationAnswer, generationsAnswer, keyAnswer, usageAnswer } from './answers.ts'
import type { keyChangesBody } from './schemas.ts'

type KeyJson = z.output<typeof keyAnswer>
type UsageJson = z.output<typeof usageAnswer>
type GenerationJson = z.output<typeof generationAnswer>
type OpenJson = z.output<typeof generationsAnswer>['under_way'][number]

/** One page of a list; `next` asks for the page after it, and is null on the last one. */
export function pageJson<T>(data: T[], next: string | undefined) {
  return { object: 'list' as const, data, has_more: next !== undefined, next: next ?? null }
}

/** The settings that a body names; an absent member is no change, null takes a limit away. */
export function settingsOf(body: z.output<typeof keyChangesBody>): Partial<Omit<KeySettings, 'name'>> {
  const { note, models, defaults, disabled, budget, max_cost_usd: maxCost, expires_at: expiresAt } = body
  return {
    ...(note === undefined ? {} : { note }),
    ...(models === undefined ? {} : { models }),
    ...(defaults === undefined ? {} : { defaults: asTexts(defaults ?? {}) }),
    ...(disabled === undefined ? {} : { isDisabled: disabled }),
    ...limitOf('requestsPerMinute', body.requests_per_minute),
    ...limitOf('imagesPerMinute', body.images_per_minute),
    ...limitOf('maxInFlight', body.max_in_flight),
    ...(budget === undefined
      ? {}
      : { budget: budget === null ? undefined : { limitMicros: microsOf(budget.usd), period: budget.period } }),
    ...(maxCost === undefined ? {} : { maxCostMicros: maxCost === null ? undefined : microsOf(maxCost) }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt === null ? undefined : dateMs(expiresAt) }),
  }
}

function asTexts(defaults: Readonly<Record<string, string | number | boolean>>): Record<string, string> {
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, String(value)]))
}

function limitOf<Name extends 'requestsPerMinute' | 'imagesPerMinute' | 'maxInFlight'>(
  name: Name,
  value: number | null | undefined,
): Partial<Pick<KeySettings, Name>> {
  return value === undefined ? {} : ({ [name]: value ?? undefined } as Partial<Pick<KeySettings, Name>>)
}

/** A key's limits and account: the part that its holder may know too. */
export function accountJson(key: VirtualKey, account: KeyAccount | undefined, now: number) {
  const { budget } = key
  const state = account?.budget
  return {
    name: key.name,
    status: whyUnusable(key, now) ?? ('active' as const),
    models: [...key.models],
    defaults: { ...key.defaults },
    requests_per_minute: key.requestsPerMinute ?? null,
    images_per_minute: key.imagesPerMinute ?? null,
    max_in_flight: key.maxInFlight ?? null,
    budget: budget === undefined ? null : { usd: usdOf(budget.limitMicros), period: budget.period },
    max_cost_usd: usdOf(key.maxCostMicros) ?? null,
    spent_usd: usdOf(state?.spentMicros) ?? null,
    held_usd: usdOf(state?.heldMicros) ?? null,
    left_usd: usdOf(state === undefined ? undefined : leftMicros(state)) ?? null,
    resets_at: isoTime(budget === undefined ? undefined : endOfPeriod(budget.period, now)),
    in_flight: account?.inFlight ?? null,
    expires_at: isoTime(key.expiresAt),
  }
}

export function keyJson(
  key: VirtualKey,
  account: KeyAccount | undefined,
  secrets: readonly KeySecretInfo[],
  now: number,
): KeyJson {
  return {
    object: 'key',
    ...accountJson(key, account, now),
    note: key.note,
    disabled: key.isDisabled,
    secrets: secrets.map(({ hint, createdAt, validUntil }) => ({
      hint,
      created_at: iso(createdAt),
      valid_until: isoTime(validUntil),
    })),
    created_at: iso(key.createdAt),
    updated_at: iso(key.updatedAt),
    revoked_at: isoTime(key.revokedAt),
  }
}

export function usageJson({ group, ...sum }: UsageSum): UsageJson['data'][number] {
  return { group, ...sumsJson(sum) }
}

/** The sums over all rows. */
export function totalJson(rows: readonly UsageSum[]): UsageJson['total'] {
  const sum = (of: (row: UsageSum) => number): number => rows.reduce((total, row) => total + of(row), 0)
  return sumsJson({
    generations: sum(({ generations }) => generations),
    failed: sum(({ failed }) => failed),
    images: sum(({ images }) => images),
    inputTokens: sum(({ inputTokens }) => inputTokens),
    outputTokens: sum(({ outputTokens }) => outputTokens),
    costMicros: sum(({ costMicros }) => costMicros),
    estimatedMicros: sum(({ estimatedMicros }) => estimatedMicros),
  })
}

/** Null where there is no SPEND_LIMIT. */
export function spendLimitJson(spending: BudgetState | undefined, now: number): UsageJson['spend_limit'] {
  const left = spending === undefined ? undefined : leftMicros(spending)
  if (spending?.limitMicros === undefined || left === undefined) return null
  const { limitMicros, period, spentMicros, heldMicros } = spending
  return {
    usd: usdOf(limitMicros),
    period,
    spent_usd: usdOf(spentMicros),
    held_usd: usdOf(heldMicros),
    left_usd: usdOf(left),
    resets_at: isoTime(endOfPeriod(period, now)),
  }
}

function sumsJson(sum: Omit<UsageSum, 'group'>): UsageJson['total'] {
  return {
    cost_usd: usdOf(sum.costMicros),
    estimated_usd: usdOf(sum.estimatedMicros),
    generations: sum.generations,
    failed: sum.failed,
    images: sum.images,
    input_tokens: sum.inputTokens,
    output_tokens: sum.outputTokens,
  }
}

export function openJson(generation: OpenGeneration): OpenJson {
  const { id, keyName: key, endpoint, model, size, quality, n } = generation
  const { heldAt, heldMicros } = generation
  return { id, held_at: iso(heldAt), key, endpoint, model, size, quality, n, held_usd: usdOf(heldMicros) ?? null }
}

export function generationJson(generation: EndedGeneration): GenerationJson {
  return {
    ...openJson(generation),
    outcome: generation.outcome,
    error_code: generation.errorCode ?? null,
    images: generation.images,
    cost_usd: usdOf(generation.costMicros) ?? null,
    is_estimated: generation.isEstimated,
    input_tokens: generation.inputTokens ?? null,
    output_tokens: generation.outputTokens ?? null,
    total_tokens: generation.totalTokens ?? null,
    input_text_tokens: generation.inputTextTokens ?? null,
    input_image_tokens: generation.inputImageTokens ?? null,
    input_cached_tokens: generation.inputCachedTokens ?? null,
    output_text_tokens: generation.outputTextTokens ?? null,
    output_image_tokens: generation.outputImageTokens ?? null,
    upstream_ms: generation.upstreamMs ?? null,
    duration_ms: generation.durationMs ?? null,
    ended_at: iso(generation.endedAt),
    upstream_request_id: generation.upstreamRequestId ?? null,
  }
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

function isoTime(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : iso(timeMs)
}
