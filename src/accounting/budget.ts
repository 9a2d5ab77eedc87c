import { GatewayError } from '../errors/gateway-error.ts'
import { formatUsd, microsOf } from './money.ts'
import { endOfPeriod, PERIODS } from './period.ts'
import type { Period } from './period.ts'

/** Money that a key, or everybody together, may spend per period. */
export interface Budget {
  readonly limitMicros: number
  readonly period: Period
}

/** The forms of a budget in words, for messages. */
export const BUDGET_FORMS = `USD per ${PERIODS.join(', ')}: 25/month or 0.50/day`

/** `25/month`, `0.50/day`, in USD; undefined where it is no budget. */
export function parseBudget(text: string): Budget | undefined {
  const match = /^\$?(\d{1,7}(?:\.\d{1,6})?)\/(\w+)$/.exec(text)
  const period = PERIODS.find((candidate) => candidate === match?.[2])
  return match === null || period === undefined ? undefined : { limitMicros: microsOf(Number(match[1])), period }
}

/** The budget of a key as messages name it. */
export const budgetOf = (keyName: string): string => `budget of the key '${keyName}'`
/** The budget of everybody together as messages name it. */
export const SPEND_LIMIT = 'spend limit of this gateway'

/** The use of a budget in its current period; without a budget, `limitMicros` is undefined. */
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

/** A request that a budget does not cover. */
export interface Excess {
  /** The budget as messages name it: `budgetOf(key)`, SPEND_LIMIT. */
  readonly budget: string
  readonly state: BudgetState
  /** The most that it can cost. */
  readonly costMicros: number
  readonly now: number
  readonly cheaper: CheaperOrder
}

/**
 * The refusal of a request that a budget does not cover, with the money left, the highest cost and the time of
 * the reset: 429, or 400 where the whole budget is too small, so that no waiting helps. A cheaper form of the order that
 * the budget covers is named.
 */
export function budgetExceeded({ budget, state, costMicros, now, cheaper }: Excess): GatewayError {
  const { limitMicros = 0, period, heldMicros } = state
  const left = leftMicros(state) ?? 0
  const per = perPeriod(state)
  if (costMicros > limitMicros) {
    // A budget that resets will cover again what is not left of it now.
    const fits = cheaper(period === 'total' ? left : limitMicros)
    const never =
      `This request can cost up to ${formatUsd(costMicros)}, and the ${budget} is ${formatUsd(limitMicros)} ${per}: ` +
      `it never covers it. ${smallerForm(fits)}`
    return new GatewayError('request_exceeds_limit', never)
  }
  const held = heldMicros === 0 ? '' : ` (${formatUsd(heldMicros)} is held for generations under way)`
  const fits = cheaper(left)
  const message =
    `The ${budget} is ${formatUsd(limitMicros)} ${per}; ${formatUsd(left)} is left${held}, ` +
    `and this request can cost up to ${formatUsd(costMicros)}${fits === undefined ? '' : `; ${fits}`}. ${resetOf(state, now)}`
  return new GatewayError('insufficient_quota', message)
}

/** A request that can cost more than its key may spend on one. */
export interface DearRequest {
  readonly name: string
  readonly limitMicros: number
  /** The most that it can cost. */
  readonly costMicros: number
  readonly cheaper: CheaperOrder
}

/** The refusal of a request that can cost more than its key may spend on one, with a cheaper form that would fit. */
export function requestTooDear({ name, limitMicros, costMicros, cheaper }: DearRequest): GatewayError {
  const message =
    `This request can cost up to ${formatUsd(costMicros)}, and the key '${name}' may spend at most ${formatUsd(limitMicros)} ` +
    `on one. ${smallerForm(cheaper(limitMicros))}`
  return new GatewayError('request_exceeds_limit', message)
}

/** The same for a request whose cost is not known yet, where nothing at all is left. Undefined where something is. */
export function budgetUsedUp(budget: string, state: BudgetState, now: number): GatewayError | undefined {
  const { limitMicros = 0 } = state
  if (leftMicros(state) !== 0) return undefined
  const is = `The ${budget} is ${formatUsd(limitMicros)} ${perPeriod(state)}`
  if (limitMicros === 0) return new GatewayError('request_exceeds_limit', `${is}: it covers no request.`)
  return new GatewayError('insufficient_quota', `${is}; nothing is left of it. ${resetOf(state, now)}`)
}

function smallerForm(fits: string | undefined): string {
  return `Ask for fewer images, a smaller size or a lower quality${fits === undefined ? '' : `: ${fits}`}.`
}

/** `per month`, `in total`. */
export function perPeriod({ period }: Pick<Budget, 'period'>): string {
  return period === 'total' ? 'in total' : `per ${period}`
}

function resetOf({ period }: BudgetState, now: number): string {
  const end = endOfPeriod(period, now)
  return end === undefined ? 'It does not reset.' : `It resets at ${new Date(end).toISOString().slice(0, 16)}Z.`
}
