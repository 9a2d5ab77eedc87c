import { describe, expect, it } from 'vitest'
import { csvLine } from '../../src/cli/csv.ts'

describe('a CSV line', () => {
  it.each([
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    ['+1', "'+1"],
    ['-1+cmd|x', "'-1+cmd|x"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\u{FFFD}=1"],
    ['＝1', "'＝1"],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['plain', 'plain'],
  ])('has %j as %s', (cell, text) => {
    expect(csvLine([cell])).toBe(text)
  })

  it('leaves numbers alone, and nothing empty', () => {
    expect(csvLine([-1.5, true, undefined, ''])).toBe('-1.5,true,,')
  })
})
