import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SseTap } from '../../../src/gateway/answers/sse-tap.ts'
import { completed, STREAMS } from './recorded-streams.ts'
import { bytewise, cut } from './tapping.ts'
import type { AnswerFacts } from '../../../src/gateway/answers/answer-facts.ts'

interface Read {
  readonly kinds: string[]
  readonly facts: AnswerFacts
  /** Offsets in the stream at which the events ended. */
  readonly ends: number[]
}

function read(chunks: readonly Buffer[]): Read {
  const kinds: string[] = []
  const ends: number[] = []
  let before = 0
  const tap = new SseTap(({ kind }, end) => {
    kinds.push(kind)
    ends.push(before + end)
  })
  for (const chunk of chunks) {
    tap.write(chunk)
    before += chunk.length
  }
  return { kinds, ends, facts: tap.facts() }
}

describe('a stream of events', () => {
  it.each(STREAMS)('says what is in it: $name', ({ text, kinds, facts }) => {
    const whole = read([Buffer.from(text)])
    expect(whole.kinds).toEqual(kinds)
    expect(whole.facts).toMatchObject(facts)
  })

  it.each(STREAMS)('says the same one byte at a time: $name', ({ text, kinds, facts }) => {
    const bytes = Buffer.from(text)
    const byByte = read(bytewise(bytes))
    expect(byByte.kinds).toEqual(kinds)
    expect(byByte.facts).toMatchObject(facts)
  })

  it('says the same wherever it is split', () => {
    fc.assert(
      fc.property(fc.constantFrom(...STREAMS), fc.array(fc.nat(), { maxLength: 8 }), ({ text }, cuts) => {
        const bytes = Buffer.from(text)
        const { kinds, facts } = read([bytes])
        expect(read(cut(bytes, cuts))).toMatchObject({ kinds, facts })
      }),
      { numRuns: 1000 },
    )
  })

  it('tells where each event ends, whatever the line ends', () => {
    const lf = completed('AAAA')
    for (const text of [lf, lf.replaceAll('\n', '\r\n'), lf.replaceAll('\n', '\r')]) {
      expect(read([Buffer.from(text + text)]).ends).toEqual([text.length, 2 * text.length])
    }
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        read(chunks.map((chunk) => Buffer.from(chunk)))
      }),
      { numRuns: 500 },
    )
  })
})
