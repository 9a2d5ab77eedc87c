import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClosingQuote } from '../../../src/gateway/requests/json-string.ts'

/** Offset at which the string that begins with the chunks ends, counted over all of them. */
function endIn(chunks: readonly Buffer[]): number {
  const closingQuote = new ClosingQuote()
  let before = 0
  for (const chunk of chunks) {
    const quote = closingQuote.find(chunk, 0)
    if (quote !== -1) return before + quote
    before += chunk.length
  }
  return -1
}

describe('the closing quote of a JSON string', () => {
  it.each([
    ['plain"', 5],
    ['"', 0],
    ['a\\"b"', 4],
    ['a\\\\"b', 3],
    ['a\\\\\\"b"', 6],
    ['goes on', -1],
    ['ends with a backslash\\', -1],
  ])('of %s stands at %d', (text, end) => {
    expect(endIn([Buffer.from(text)])).toBe(end)
  })

  it('is found whatever the chunking', () => {
    const character = fc.constantFrom('\\', '"', 'a', 'é')
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 24 }), fc.integer({ min: 1, max: 5 }), (text, size) => {
        const bytes = Buffer.from(text)
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        )
        expect(endIn(pieces)).toBe(endIn([bytes]))
      }),
    )
  })

  it('is found again in the next string', () => {
    const closingQuote = new ClosingQuote()
    const chunk = Buffer.from('a\\"" , "b"')
    expect(closingQuote.find(chunk, 0)).toBe(3)
    expect(closingQuote.find(chunk, 8)).toBe(9)
  })
})
