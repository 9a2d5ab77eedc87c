import type { Period } from '../../../accounting/period.ts'
import type { KeySettings, VirtualKey } from '../../../access/keys/virtual-key.ts'

/** A row of the table `keys`. */
export interface KeyRow {
  readonly id: number
  readonly name: string
  readonly note: string
  readonly models: string
  readonly defaults: string
  readonly requests_per_minute: number | null
  readonly images_per_minute: number | null
  readonly max_in_flight: number | null
  readonly budget_micros: number | null
  readonly budget_period: Period | null
  readonly max_cost_micros: number | null
  readonly expires_at: number | null
  readonly is_disabled: number
  readonly revoked_at: number | null
  readonly created_at: number
  readonly updated_at: number
}

export function keyOfRow(row: KeyRow): VirtualKey {
  const { budget_micros: limitMicros, budget_period: period } = row
  return {
    id: row.id,
    name: row.name,
    note: row.note,
    models: JSON.parse(row.models) as string[],
    defaults: JSON.parse(row.defaults) as Record<string, string>,
    requestsPerMinute: row.requests_per_minute ?? undefined,
    imagesPerMinute: row.images_per_minute ?? undefined,
    maxInFlight: row.max_in_flight ?? undefined,
    maxCostMicros: row.max_cost_micros ?? undefined,
    budget: limitMicros === null || period === null ? undefined : { limitMicros, period },
    expiresAt: row.expires_at ?? undefined,
    isDisabled: row.is_disabled === 1,
    revokedAt: row.revoked_at ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

/** The settings of a key as named parameters of a statement. */
export function columnsOf(settings: KeySettings) {
  return {
    name: settings.name,
    note: settings.note,
    models: JSON.stringify(settings.models),
    defaults: JSON.stringify(settings.defaults),
    requests_per_minute: settings.requestsPerMinute ?? null,
    images_per_minute: settings.imagesPerMinute ?? null,
    max_in_flight: settings.maxInFlight ?? null,
    budget_micros: settings.budget?.limitMicros ?? null,
    budget_period: settings.budget?.period ?? null,
    max_cost_micros: settings.maxCostMicros ?? null,
    expires_at: settings.expiresAt ?? null,
    is_disabled: settings.isDisabled ? 1 : 0,
  }
}
