import { describe, expect, it } from 'vitest'
import { dateMs, durationMs, firstDayOf } from '../../src/accounting/calendar.ts'
import { dateOfDay } from '../../src/accounting/period.ts'

const NOON = Date.UTC(2026, 10, 23, 12)

describe('a duration', () => {
  it.each([
    ['0m', 0],
    ['90m', 90 * 60_000],
    ['24h', 24 * 3_600_000],
    ['30d', 30 * 86_400_000],
    ['2w', 14 * 86_400_000],
    ['', undefined],
    ['90', undefined],
    ['90s', undefined],
    ['-1d', undefined],
    ['1.5h', undefined],
    ['123456d', undefined],
  ])('of %j is %j ms', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })
})

describe('a date', () => {
  it.each([
    ['2026-11-23', '2026-11-23T00:00:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
    ['2026-11-23T18:00Z', '2026-11-23T18:00:00.000Z'],
    ['2026-11-23T18:00:01.5+02:00', '2026-11-23T16:00:01.500Z'],
  ])('of %s is %s', (text, time) => {
    expect(dateMs(text)).toBe(Date.parse(time))
  })

  it.each([
    '',
    'today',
    '2026-02-31',
    '2027-02-29',
    '2026-13-01',
    '2026-11-23T25:00Z',
    '2026-11-23T18:00',
    '23.11.2026',
  ])('is not %j', (text) => {
    expect(dateMs(text)).toBeUndefined()
  })
})

describe('the first day of a report', () => {
  it.each([
    ['1d', '2026-11-23'],
    ['30d', '2026-10-25'],
    ['1w', '2026-11-17'],
    ['2026-01-01', '2026-01-01'],
    ['2026-11-23T23:00-05:00', '2026-11-24'],
  ])('of %s is %s', (text, date) => {
    const day = firstDayOf(text, NOON)
    expect(day === undefined ? undefined : dateOfDay(day)).toBe(date)
  })

  it.each(['0d', '1h', '', '2026-02-31'])('is not %j', (text) => {
    expect(firstDayOf(text, NOON)).toBeUndefined()
  })
})
