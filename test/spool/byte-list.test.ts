import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteList } from '../../src/spool/byte-list.ts'

const size = fc.oneof(fc.nat(30), fc.integer({ min: 4000, max: 4200 }), fc.nat(200_000))
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('append'), bytes: size }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('take'), bytes: size }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('append while taking'), bytes: size, after: size }) },
)

const PERIOD = 251
const TWICE = Buffer.from(Array.from({ length: 2 * PERIOD }, (_, index) => index % PERIOD))

/** Bytes that tell where they stand. */
function numbered(from: number, length: number): Buffer {
  const start = from % PERIOD
  return Buffer.alloc(length, TWICE.subarray(start, start + PERIOD))
}

describe('a list of bytes', () => {
  it('has what was appended and not taken away, in order, however large the pieces are', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const list = new ByteList()
        let appended = 0
        let taken = 0
        const append = (bytes: number): void => {
          list.append(numbered(appended, bytes))
          appended += bytes
        }
        for (const { do: what, bytes, ...more } of steps) {
          if (what === 'append') append(bytes)
          else {
            const first = list.firstPieces(bytes)
            if ('after' in more) [bytes, more.after].forEach(append)
            list.removeFirst(first)
            taken += Buffer.concat(first).length
          }
        }
        expect(list.bytes).toBe(appended - taken)
        expect(list.joined().equals(numbered(taken, appended - taken))).toBe(true)
        for (const offset of [0, Math.floor(list.bytes / 2), list.bytes - 1].filter((at) => at >= 0 && at < list.bytes))
          expect(list.from(offset)[0]).toBe((taken + offset) % PERIOD)
      }),
      { numRuns: 200 },
    )
  })

  it('loses nothing of what comes between the look at the first pieces and their removal', () => {
    const list = new ByteList()
    for (const bytes of [20_000, 2000]) list.append(Buffer.alloc(bytes, 'a'))
    const first = list.firstPieces(1e9)
    for (const bytes of [3000, 50_000]) list.append(Buffer.alloc(bytes, 'b'))
    list.removeFirst(first)
    expect(list.joined().equals(Buffer.alloc(53_000, 'b'))).toBe(true)
  })

  it('gives at least one piece, and no more bytes than asked for beyond it', () => {
    const list = new ByteList()
    for (let index = 0; index < 4; index++) list.append(Buffer.alloc(10_000))
    expect(list.firstPieces(1).map(({ length }) => length)).toEqual([10_000])
    expect(list.firstPieces(25_000)).toHaveLength(2)
    expect(list.firstPieces(1e9)).toHaveLength(4)
  })

  it('does not copy a large piece, nor keep a large memory alive for a small one', () => {
    const list = new ByteList()
    const large = Buffer.allocUnsafeSlow(50_000)
    list.append(large)
    list.append(Buffer.allocUnsafeSlow(1_000_000).subarray(0, 5000))
    const [first, second] = list.pieces()
    expect(first?.buffer).toBe(large.buffer)
    expect(second?.buffer.byteLength).toBeLessThanOrEqual(10_000)
  })

  it('stays as it was read while more is appended', () => {
    const list = new ByteList()
    list.append(Buffer.from('abc'))
    const read = list.from(1)
    for (let index = 0; index < 10_000; index++) list.append(Buffer.from('x'))
    expect(read.toString()).toBe('bc')
  })
})
