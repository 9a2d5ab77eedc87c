import { DAY_MS, dayOf } from './period.ts'

const DURATION_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS }

/** The notation of a duration: `90m`, `24h`, `30d`, `2w`. */
export const DURATION = /^(\d{1,5})([mhdw])$/
/** The notation of a report's first day: `30d`, `4w`, or a date. */
export const SINCE = /^([1-9]\d{0,4}[dw]|\d{4}-\d\d-\d\d)$/

/** A duration in milliseconds; undefined for a text that is none. */
export function durationMs(text: string): number | undefined {
  const [, count, unit = ''] = DURATION.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * (DURATION_MS[unit] ?? 0)
}

/**
 * A date, `2026-11-23`, or a time of ISO 8601 with its zone, in milliseconds; undefined for a text that is none, also
 * for the 31st of February, which Date.parse takes for a day in March.
 */
export function dateMs(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined
  const day = Date.parse(text.slice(0, 10))
  if (Number.isNaN(day) || !new Date(day).toISOString().startsWith(text.slice(0, 10))) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

/** The first day of a report, in UTC: `30d` is today and the 29 days before it. Undefined for a text that is none. */
export function firstDayOf(text: string, now: number): number | undefined {
  const [, count, unit] = /^([1-9]\d{0,4})([dw])$/.exec(text) ?? []
  if (count !== undefined) return dayOf(now) - Number(count) * (unit === 'w' ? 7 : 1) + 1
  const date = dateMs(text)
  return date === undefined ? undefined : dayOf(date)
}
