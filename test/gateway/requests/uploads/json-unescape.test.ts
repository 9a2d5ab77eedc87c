import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonUnescape } from '../../../../src/gateway/requests/uploads/json-unescape.ts'
import { bytewise, cut } from './forms.ts'

function unescaped(chunks: readonly Buffer[]): string {
  const unescape = new JsonUnescape()
  return Buffer.concat(chunks.map((chunk) => Buffer.from(unescape.write(chunk)))).toString('latin1')
}

const ascii = fc.string({ unit: 'binary-ascii', maxLength: 30 })
/** ASCII as JSON can spell it: as JSON.stringify does, or with any character escaped. */
const spelled = fc
  .tuple(ascii, fc.array(fc.constantFrom('plain', 'u', 'U', '/'), { minLength: 30 }))
  .map(([text, ways]): readonly [string, string] => [
    text,
    Array.from(text, (one, index) => {
      const hex = one.charCodeAt(0).toString(16).padStart(4, '0')
      if (ways[index] === 'u') return `\\u${hex}`
      if (ways[index] === 'U') return `\\u${hex.toUpperCase()}`
      return one === '/' && ways[index] === '/' ? '\\/' : JSON.stringify(one).slice(1, -1)
    }).join(''),
  ])

describe('the escapes of a JSON string', () => {
  it('are undone as JSON.parse does it, wherever the string is split', () => {
    fc.assert(
      fc.property(spelled, fc.array(fc.nat(), { maxLength: 8 }), ([text, spelling], places) => {
        expect(JSON.parse(`"${spelling}"`)).toBe(text)
        const bytes = Buffer.from(spelling)
        expect(unescaped([bytes])).toBe(text)
        expect(unescaped(cut(bytes, places))).toBe(text)
        expect(unescaped(bytewise(bytes))).toBe(text)
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    ['a\\u00e9b', 'a\u00ffb'],
    ['\\ud83e\\udd8a', '\u00ff\u00ff'],
    ['\\u0080', '\u00ff'],
    ['\\u12', ''],
    ['\\', ''],
    ['\\u00zz', '\u00ff'],
    ['\\x41', 'x41'],
  ])('that are not ASCII, or none, leave nothing that could be taken for ASCII of a URL: %s', (spelling, text) => {
    expect(unescaped([Buffer.from(spelling)])).toBe(text)
    expect(unescaped(bytewise(Buffer.from(spelling)))).toBe(text)
  })
})
