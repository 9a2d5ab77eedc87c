import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PERIODS, dateOfDay, dayOf, endOfPeriod, firstDayOfMonth, firstDayOfWeek } from '../../src/accounting/period.ts'

describe('a period', () => {
  it.each([
    ['2026-11-23T00:00:00Z', '2026-11-23', '2026-11-01'],
    ['2026-11-22T23:59:59.999Z', '2026-11-16', '2026-11-01'],
    ['2026-12-31T12:00:00Z', '2026-12-28', '2026-12-01'],
    ['2027-01-01T00:00:00Z', '2026-12-28', '2027-01-01'],
    ['2028-02-29T12:00:00Z', '2028-02-28', '2028-02-01'],
    ['1970-01-01T00:00:00Z', '1969-12-29', '1970-01-01'],
  ])('at %s is in the week of Monday %s and the month of %s', (time, monday, first) => {
    const day = dayOf(Date.parse(time))
    expect([dateOfDay(firstDayOfWeek(day)), dateOfDay(firstDayOfMonth(day))]).toEqual([monday, first])
  })

  it('ends after every time that is in it, in another one', () => {
    const time = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) })
    fc.assert(
      fc.property(fc.constantFrom(...PERIODS), time, (period, now) => {
        const end = endOfPeriod(period, now)
        if (period === 'total') {
          expect(end).toBeUndefined()
          return
        }
        expect(end).toBeGreaterThan(now)
        expect(endOfPeriod(period, (end ?? 0) - 1)).toBe(end)
        expect(endOfPeriod(period, end ?? 0)).toBeGreaterThan(end ?? 0)
      }),
    )
  })
})
