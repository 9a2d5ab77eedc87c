import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { printable, printableJson } from '../../src/errors/printable.ts'

describe('a text for a terminal', () => {
  it.each([
    ['an escape sequence', '\u001b[31mred'],
    ['its one-character form', '\u009b31mred'],
    ['a carriage return', 'fine\rspoofed'],
    ['a line break', 'one\ntwo'],
    ['a backspace', 'a\bb'],
    ['reversed text', '\u202egnp.exe'],
    ['an invisible character', 'a\u200bb'],
    ['half a character', '\ud800'],
  ])('has no %s', (_what, text) => {
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
