import { formatUsd } from '../money.ts'
import { perPeriod } from '../budget.ts'
import { endOfPeriod } from '../period.ts'
import type { Period } from '../period.ts'

/** A threshold of a budget or of the spend limit was reached, or the upstream refuses the gateway itself. */
export const ALERT_KINDS = ['budget', 'spend_limit', 'upstream_rejected_key', 'upstream_quota_exhausted'] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

/** Error codes that are an alert, once a day. */
export const ALERTING_CODES: ReadonlySet<string> = new Set<AlertKind>([
  'upstream_rejected_key',
  'upstream_quota_exhausted',
])

/** The use of a budget when an alert was recorded. */
export interface AlertedBudget {
  readonly limitMicros: number
  readonly period: Period
  readonly spentMicros: number
  /** The threshold that was reached, in percent. */
  readonly threshold: number
}

/** One message to the operator. */
export interface Alert {
  /** Told apart by it, also by receivers that get it twice. */
  readonly messageId: string
  readonly kind: AlertKind | 'test'
  /** The name of the key whose budget it is about; empty for all other kinds. */
  readonly keyName: string
  readonly budget: AlertedBudget | undefined
  readonly at: number
}

/** An alert that is to be delivered. */
export interface PendingAlert extends Alert {
  readonly id: number
  /** Attempts until now, this one included. */
  readonly attempts: number
}

/** Alerts that were recorded with what caused them. Engines other than SQLite may answer with promises. */
export interface AlertStore {
  /**
   * Takes the next alert that is due, so that no other process has it until the lease ends; undefined where there is none.
   * @throws StoreError
   */
  claim(now: number, leaseMs: number): PendingAlert | undefined | Promise<PendingAlert | undefined>
  /** Nobody has to send it again. */
  finish(id: number, end: 'delivered' | 'given_up', now: number): void | Promise<void>
  /** It is due again at a time. */
  postpone(id: number, dueAt: number): void | Promise<void>
}

/** The alert in one or two sentences for people. */
export function sentenceOf({ kind, keyName, budget, at }: Alert): string {
  switch (kind) {
    case 'upstream_rejected_key':
      return "CometAPI refuses the gateway's own key, so that no order can be filled. Check COMETAPI_KEY."
    case 'upstream_quota_exhausted':
      return "The gateway's CometAPI account has no quota left, so that no order can be filled. Top it up."
    case 'test':
      return 'This is a test: alerts of comet-gateway arrive here.'
    case 'budget':
    case 'spend_limit':
      break
  }
  const of = kind === 'budget' ? `budget of the key '${keyName}'` : 'spend limit of this gateway'
  return budget === undefined ? `The ${of} has reached a threshold.` : budgetSentence(of, budget, at)
}

function budgetSentence(
  of: string,
  { limitMicros, period, spentMicros, threshold }: AlertedBudget,
  at: number,
): string {
  const end = endOfPeriod(period, at)
  const reset = end === undefined ? 'It does not reset.' : `It resets at ${new Date(end).toISOString().slice(0, 16)}Z.`
  const reached = threshold >= 100 ? 'is used up' : `has reached ${threshold} %`
  return `The ${of} ${reached}: ${formatUsd(spentMicros)} of ${formatUsd(limitMicros)} ${perPeriod({ period })} is spent. ${reset}`
}
