import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { factsOfWhole } from '../../../src/gateway/answers/answer-facts.ts'
import { answer, bytewise, cut, tapped } from './tapping.ts'

describe('a tap finds in any answer what parsing it whole finds', () => {
  it('where it comes in one piece', () => {
    fc.assert(
      fc.property(answer, (text) => {
        const body = Buffer.from(text)
        expect(tapped([body])).toEqual(factsOfWhole(body))
      }),
      { numRuns: 1000 },
    )
  })

  it('where it comes byte by byte', () => {
    fc.assert(
      fc.property(answer, (text) => {
        const body = Buffer.from(text)
        expect(tapped(bytewise(body))).toEqual(factsOfWhole(body))
      }),
      { numRuns: 500 },
    )
  })

  it('where it is cut anywhere', () => {
    fc.assert(
      fc.property(answer, fc.array(fc.nat(), { maxLength: 12 }), (text, places) => {
        const body = Buffer.from(text)
        expect(tapped(cut(body, places))).toEqual(factsOfWhole(body))
      }),
      { numRuns: 800 },
    )
  })

  it('where it is cut in two, at every byte', () => {
    fc.assert(
      fc.property(answer, (text) => {
        const body = Buffer.from(text)
        const whole = JSON.stringify(factsOfWhole(body))
        for (let at = 0; at <= body.length; at++) {
          expect(JSON.stringify(tapped([body.subarray(0, at), body.subarray(at)]))).toBe(whole)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('where empty chunks come between', () => {
    fc.assert(
      fc.property(answer, (text) => {
        const body = Buffer.from(text)
        const chunks = bytewise(body).flatMap((byte) => [byte, Buffer.alloc(0)])
        expect(tapped(chunks)).toEqual(factsOfWhole(body))
      }),
      { numRuns: 100 },
    )
  })
})

describe('a tap never throws', () => {
  it('on an answer that ends too early, and never calls it complete', () => {
    fc.assert(
      fc.property(answer, (text) => {
        const body = Buffer.from(text.trimEnd())
        for (let length = 0; length < body.length; length++) {
          expect(tapped([body.subarray(0, length)]).isComplete).toBe(false)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('on bytes of any kind', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (chunks) => {
        expect(() => tapped(chunks.map((chunk) => Buffer.from(chunk)))).not.toThrow()
      }),
      { numRuns: 1000 },
    )
  })

  it('on JSON with its punctuation shuffled', () => {
    const pieces = fc.array(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '"usage"', '"data"', '1', 'null', ' '),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(pieces, (tokens) => {
        expect(() => tapped(tokens.map((token) => Buffer.from(token)))).not.toThrow()
      }),
      { numRuns: 1000 },
    )
  })
})
