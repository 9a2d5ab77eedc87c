import { InvalidArgumentError } from 'commander'
import { BUDGET_FORMS, parseBudget } from '../accounting/budget.ts'
import { microsOf } from '../accounting/money.ts'
import { NO_DEFAULTS, parseDefaults } from '../access/keys/parameter-defaults.ts'
import { dateMs, durationMs, firstDayOf } from '../accounting/calendar.ts'
import type { ParameterDefaults } from '../access/keys/parameter-defaults.ts'
import type { Budget } from '../accounting/budget.ts'

/** Takes a limit away, in `keys update`. A word rather than undefined, which commander takes for an empty argument. */
export const NONE = 'none'
export type OrNone<T> = T | typeof NONE

/** `25/month`, `0.50/day`, in USD; `none` for no budget. */
export function budgetArgument(text: string): OrNone<Budget> {
  if (text === NONE) return NONE
  const budget = parseBudget(text)
  if (budget !== undefined) return budget
  throw new InvalidArgumentError(`It is ${BUDGET_FORMS}, or none.`)
}

/** `0.10`, in USD, as micro-USD; `none` for no limit. */
export function costArgument(text: string): OrNone<number> {
  if (text === NONE) return NONE
  const [, usd] = /^\$?(\d{1,7}(?:\.\d{1,6})?)$/.exec(text) ?? []
  if (usd === undefined) throw new InvalidArgumentError('It is an amount in USD, 0.10, or none.')
  return microsOf(Number(usd))
}

/** `quality=medium,size=1024x1024`; `none` for none. */
export function defaultsArgument(text: string): ParameterDefaults {
  const defaults = text === NONE ? NO_DEFAULTS : parseDefaults(text)
  if (typeof defaults !== 'string') return defaults
  throw new InvalidArgumentError(`It ${defaults}.`)
}

/** A whole number from 1; `none` for no limit. */
export function limitArgument(text: string): OrNone<number> {
  if (text === NONE) return NONE
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number from 1, or none.')
}

export function countArgument(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number from 1 to 999999.')
}

/** Model ids and patterns, comma-separated; the option can also be given several times. */
export function modelsArgument(text: string, before: readonly string[] | undefined): readonly string[] {
  const models = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  if (models.length === 0) throw new InvalidArgumentError('Name at least one model, or * for all.')
  return [...(before ?? []), ...models]
}

/** `90m`, `24h`, `30d`, `2w`, in milliseconds. */
export function durationArgument(text: string): number {
  const ms = durationMs(text)
  if (ms === undefined) throw new InvalidArgumentError('It is a duration: 90m, 24h, 30d, or 2w.')
  return ms
}

/** A duration from now, or a date in UTC; `none` for never. */
export function expiryArgument(text: string): OrNone<number> {
  if (text === NONE || text === 'never') return NONE
  if (/^\d+[mhdw]$/.test(text)) return Date.now() + durationArgument(text)
  return dateArgument(text)
}

/** `2026-11-23`, or a time of ISO 8601 with its zone, in milliseconds. */
export function dateArgument(text: string): number {
  const time = dateMs(text)
  if (time !== undefined) return time
  throw new InvalidArgumentError('It is a date in UTC, 2026-11-23, or a time, 2026-11-23T18:00Z.')
}

/** The first day that counts: `30d` is today and the 29 days before it, in UTC; or a date. */
export function sinceArgument(text: string): number {
  return firstDayOf(text, Date.now()) ?? dateArgument(text)
}
