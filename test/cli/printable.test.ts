import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvLine, printable, printableJson } from '../../src/cli/printable.ts'
import { blocks } from '../../src/cli/commands/usage.ts'

describe('what a terminal is given', () => {
  it.each([
    ['an escape sequence', '\u001b[31mred'],
    ['its one-character form', '\u009b31mred'],
    ['a carriage return', 'fine\rspoofed'],
    ['a line break', 'one\ntwo'],
    ['a backspace', 'a\bb'],
    ['reversed text', '\u202egnp.exe'],
    ['an invisible character', 'a\u200bb'],
    ['half a character', '\ud800'],
  ])('cannot be %s', (_what, text) => {
    expect(printable(text)).toContain('\u{FFFD}')
    expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
  })

  it('is JSON that says the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = printableJson({ text })
        expect(JSON.parse(json)).toEqual({ text })
        expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
      }),
    )
  })
})

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

describe('a bar', () => {
  it('is as long as its share, and seen where that is not nothing', () => {
    expect([blocks(0), blocks(0.0001), blocks(0.5), blocks(1)]).toEqual(['', '▏', '█'.repeat(12), '█'.repeat(24)])
  })
})
