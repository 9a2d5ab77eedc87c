import * as fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { exactMicrosOf, formatUsd, microsOf, usdOf } from '../../src/accounting/money.ts'

/** Amounts that are written in digits: `12.000345` is 12,000,345 micro-USD. */
const digits = fc.record({
  dollars: fc.integer({ min: 0, max: 999_999_999 }),
  micros: fc.integer({ min: 0, max: 999_999 }),
  decimals: fc.integer({ min: 0, max: 6 }),
})

describe('money', () => {
  it.each([
    [0, 0, '$0.00'],
    [1, 0.000001, '$0.000001'],
    [10_000, 0.01, '$0.01'],
    [40_000, 0.04, '$0.04'],
    [41_200, 0.0412, '$0.0412'],
    [421_500, 0.4215, '$0.4215'],
    [421_499, 0.421499, '$0.421499'],
    [999_999, 0.999999, '$0.999999'],
    [1_000_000, 1, '$1.00'],
    [12_500_000, 12.5, '$12.50'],
    [25_000_000, 25, '$25.00'],
    [1e12, 1e6, '$1000000.00'],
    [-100, -0.0001, '-$0.0001'],
  ])('of %d micro-USD is %d USD, shown as %s', (micros, usd, shown) => {
    expect([usdOf(micros), microsOf(usd), formatUsd(micros)]).toEqual([usd, micros, shown])
  })

  it.each([
    [0.1 + 0.2, 300_000],
    [1.005, 1_005_000],
    [0.0000004, 0],
    [0.0000006, 1],
  ])('of %d USD is rounded to the nearest micro-USD', (usd, micros) => {
    expect(microsOf(usd)).toBe(micros)
  })

  it('keeps a price of less than one micro-USD where it is not rounded', () => {
    expect(exactMicrosOf(0.0000004)).toBeCloseTo(0.4, 12)
  })

  it('that is not known is not known in USD either', () => {
    expect(usdOf(undefined)).toBeUndefined()
  })

  it('is the same after a conversion there and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e15, max: 1e15 }), (micros) => {
        expect(microsOf(usdOf(micros))).toBe(micros)
      }),
    )
  })

  it('is read from digits to the micro', () => {
    fc.assert(
      fc.property(digits, ({ dollars, micros, decimals }) => {
        const fraction = String(micros).padStart(6, '0').slice(0, decimals)
        expect(microsOf(Number(`${dollars}.${fraction}`))).toBe(dollars * 1e6 + Number(fraction.padEnd(6, '0')))
      }),
    )
  })

  it('is shown to the micro, and can be read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e15 }), (micros) => {
        const shown = formatUsd(micros)
        expect(shown).toMatch(/^\$\d+\.\d{2,6}$/)
        expect(microsOf(Number(shown.slice(1)))).toBe(micros)
      }),
    )
  })

  it('is converted in one file', () => {
    const source = join(import.meta.dirname, '../../src')
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const converting = files.filter((file) =>
      /[*/] ?(1e6|1_?000_?000|10 ?\*\* ?6)\b/.test(readFileSync(join(source, file), 'utf8')),
    )
    expect(converting).toEqual([])
  })
})
