import { GatewayError } from '../errors/gateway-error.ts'
import { formatUsd } from './money.ts'
import { endOfPeriod } from './period.ts'
import type { Period } from './period.ts'

/** Money that a key may spend per period. */
export interface Budget {
  readonly limitMicros: number
  readonly period: Period
}

/** The use of a key's budget in its current period; without a budget, `limitMicros` is undefined. */
export interface BudgetState {
  readonly limitMicros: number | undefined
  readonly period: Period
  readonly spentMicros: number
  /** Money that is reserved for generations under way. */
  readonly heldMicros: number
}

/** The money that can still be held; undefined where there is no limit. Never below 0, also after a cost above its hold. */
export function leftMicros({ limitMicros, spentMicros, heldMicros }: BudgetState): number | undefined {
  return limitMicros === undefined ? undefined : Math.max(0, limitMicros - spentMicros - heldMicros)
}

/** Says what an order costs at most in a cheaper form, where that is no more than an amount. */
export type CheaperOrder = (atMostMicros: number) => string | undefined

/** A request that its key's budget does not cover. */
export interface Excess {
  readonly keyName: string
  readonly state: BudgetState
  /** The most that it can cost. */
  readonly costMicros: number
  readonly now: number
  readonly cheaper: CheaperOrder
}

/**
 * The refusal of a request that its key's budget does not cover, with the money left, the highest cost and the time of
 * the reset: 429, or 400 where the whole budget is too small, so that no waiting helps. A cheaper form of the order that
 * the budget covers is named.
 */
export function budgetExceeded({ keyName, state, costMicros, now, cheaper }: Excess): GatewayError {
  const { limitMicros = 0, period, heldMicros } = state
  const left = leftMicros(state) ?? 0
  const per = perPeriod(state)
  if (costMicros > limitMicros) {
    // A budget that resets will cover again what is not left of it now.
    const fits = cheaper(period === 'total' ? left : limitMicros)
    const never =
      `This request can cost up to ${formatUsd(costMicros)}, and the budget of the key '${keyName}' is ${formatUsd(limitMicros)} ${per}: ` +
      `it never covers it. Ask for fewer images, a smaller size or a lower quality${fits === undefined ? '' : `: ${fits}`}.`
    return new GatewayError('request_exceeds_limit', never)
  }
  const held = heldMicros === 0 ? '' : ` (${formatUsd(heldMicros)} is held for generations under way)`
  const fits = cheaper(left)
  const message =
    `The budget of the key '${keyName}' is ${formatUsd(limitMicros)} ${per}; ${formatUsd(left)} is left${held}, ` +
    `and this request can cost up to ${formatUsd(costMicros)}${fits === undefined ? '' : `; ${fits}`}. ${resetOf(state, now)}`
  return new GatewayError('insufficient_quota', message)
}

/** The same for a request whose cost is not known yet, where nothing at all is left. Undefined where something is. */
export function budgetUsedUp(keyName: string, state: BudgetState, now: number): GatewayError | undefined {
  const { limitMicros = 0 } = state
  if (leftMicros(state) !== 0) return undefined
  const budget = `The budget of the key '${keyName}' is ${formatUsd(limitMicros)} ${perPeriod(state)}`
  if (limitMicros === 0) return new GatewayError('request_exceeds_limit', `${budget}: it covers no request.`)
  return new GatewayError('insufficient_quota', `${budget}; nothing is left of it. ${resetOf(state, now)}`)
}

function perPeriod({ period }: BudgetState): string {
  return period === 'total' ? 'in total' : `per ${period}`
}

function resetOf({ period }: BudgetState, now: number): string {
  const end = endOfPeriod(period, now)
  return end === undefined ? 'It does not reset.' : `It resets at ${new Date(end).toISOString().slice(0, 16)}Z.`
}
