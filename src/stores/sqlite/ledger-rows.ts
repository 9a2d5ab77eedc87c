import { firstDayOfMonth, firstDayOfWeek } from '../../accounting/period.ts'
import type { BudgetState } from '../../accounting/budget.ts'
import type { Period } from '../../accounting/period.ts'
import type { Hold, HoldOrder, LedgerOutcome, SettledEnding } from '../../accounting/ledger.ts'

/** Rows are for accounting: whatever a client wrote into these is cut, so that no prompt hides there. */
const MAX_LABEL = 64
const MAX_MODEL = 256

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

/** What the statement `account` answers. */
export interface AccountRow {
  readonly budget_micros: number | null
  readonly period: Period
  readonly max_in_flight: number | null
  readonly open_holds: number
  readonly spent: number
  readonly held: number
}

/** How a hold ended, whichever verb ended it. */
export interface BookedEnding extends SettledEnding {
  readonly outcome: LedgerOutcome
}

export function budgetOfRow({ budget_micros: limit, period, spent, held }: AccountRow): BudgetState {
  return { limitMicros: limit ?? undefined, period, spentMicros: spent, heldMicros: held }
}

/** The days that the periods of a day begin on. */
export function daysOf(day: number): [day: number, week: number, month: number] {
  return [day, firstDayOfWeek(day), firstDayOfMonth(day)]
}

/** The order as the books have it. */
export function bounded(order: HoldOrder): HoldOrder {
  const { model, size, quality } = order
  if (model.length <= MAX_MODEL && size.length <= MAX_LABEL && quality.length <= MAX_LABEL) return order
  return {
    ...order,
    model: model.slice(0, MAX_MODEL),
    size: size.slice(0, MAX_LABEL),
    quality: quality.slice(0, MAX_LABEL),
  }
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

/** The values of the statement `add`, in its order. */
export function ledgerValues({ order }: Hold, ended: BookedEnding): (string | number | null)[] {
  const { usage } = ended
  return [
    order.generationId,
    order.heldAt,
    order.keyName,
    order.endpoint,
    order.model,
    ended.size?.slice(0, MAX_LABEL) ?? order.size,
    ended.quality?.slice(0, MAX_LABEL) ?? order.quality,
    order.n,
    order.highestMicros ?? null,
    ended.outcome,
    ended.costMicros ?? null,
    ended.isEstimated ? 1 : 0,
    ended.images,
    usage?.inputTokens ?? null,
    usage?.outputTokens ?? null,
    usage?.totalTokens ?? null,
    usage?.inputTextTokens ?? null,
    usage?.inputImageTokens ?? null,
    usage?.inputCachedTokens ?? null,
    usage?.outputTextTokens ?? null,
    usage?.outputImageTokens ?? null,
    ended.errorCode?.slice(0, MAX_LABEL) ?? null,
    ended.upstreamRequestId?.slice(0, MAX_LABEL) ?? null,
    ended.endedAt,
    ended.upstreamMs === undefined ? null : Math.round(ended.upstreamMs),
    ended.durationMs === undefined ? null : Math.round(ended.durationMs),
  ]
}
