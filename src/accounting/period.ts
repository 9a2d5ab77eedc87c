/** The time after which a budget starts anew; `total` never does. All are in UTC. */
export const PERIODS = ['day', 'week', 'month', 'total'] as const
export type Period = (typeof PERIODS)[number]

export const DAY_MS = 86_400_000
/** 1970-01-01, day 0, was a Thursday; weeks start on Monday (ISO 8601). */
const DAYS_FROM_MONDAY_TO_DAY_0 = 3

/** The UTC day of a time in milliseconds, counted from 1970-01-01. */
export function dayOf(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS)
}

/** The first millisecond of a day. */
export function startOfDay(day: number): number {
  return day * DAY_MS
}

/** The Monday of the week that a day is in. */
export function firstDayOfWeek(day: number): number {
  return day - ((((day + DAYS_FROM_MONDAY_TO_DAY_0) % 7) + 7) % 7)
}

/** The first day of the month that a day is in. */
export function firstDayOfMonth(day: number): number {
  const date = new Date(startOfDay(day))
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1))
}

/** The first day of the period that a day is in; 0 for `total`. */
export function firstDayOfPeriod(period: Period, day: number): number {
  if (period === 'total') return 0
  return { day, week: firstDayOfWeek(day), month: firstDayOfMonth(day) }[period]
}

/** The end of the period that a time is in, in milliseconds; undefined for `total`. */
export function endOfPeriod(period: Period, timeMs: number): number | undefined {
  const day = dayOf(timeMs)
  if (period === 'total') return undefined
  if (period === 'day') return startOfDay(day + 1)
  if (period === 'week') return startOfDay(firstDayOfWeek(day) + 7)
  const date = new Date(timeMs)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)
}

/** `2026-11-23` for a day number. */
export function dateOfDay(day: number): string {
  return new Date(startOfDay(day)).toISOString().slice(0, 10)
}
