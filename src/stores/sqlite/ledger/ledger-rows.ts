import { firstDayOfMonth, firstDayOfWeek } from '../../../accounting/period.ts'
import type { BudgetState } from '../../../accounting/budget.ts'
import type { Hold } from '../../../accounting/ledger.ts'
import type { Period } from '../../../accounting/period.ts'

/** A row of the table `holds`. */
export interface HoldRow {
  readonly id: number
  readonly generation_id: string
  readonly held_at: number
  readonly key_name: string
  readonly key_id: number | null
  readonly endpoint: string
  readonly model: string
  readonly size: string
  readonly quality: string
  readonly n: number
  readonly held_micros: number | null
}

/** A row of the statement `account`. */
export interface AccountRow {
  readonly revoked_at: number | null
  readonly is_disabled: 0 | 1
  readonly expires_at: number | null
  readonly budget_micros: number | null
  readonly period: Period
  readonly max_in_flight: number | null
  readonly open_holds: number
  readonly spent: number
  readonly held: number
}

export function budgetOfRow({ budget_micros: limit, period, spent, held }: AccountRow): BudgetState {
  return { limitMicros: limit ?? undefined, period, spentMicros: spent, heldMicros: held }
}

/** A day, and the first days of its week and its month. */
export function daysOf(day: number): [day: number, week: number, month: number] {
  return [day, firstDayOfWeek(day), firstDayOfMonth(day)]
}

/** A hold that another instance left behind. */
export function holdOfRow(row: HoldRow): Hold {
  return {
    id: row.id,
    heldMicros: row.held_micros ?? 0,
    budget: undefined,
    order: {
      generationId: row.generation_id,
      keyName: row.key_name,
      keyId: row.key_id ?? undefined,
      endpoint: row.endpoint,
      model: row.model,
      size: row.size,
      quality: row.quality,
      n: row.n,
      highestMicros: row.held_micros ?? undefined,
      allowUnpriced: true,
      heldAt: row.held_at,
    },
  }
}
