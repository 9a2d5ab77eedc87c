import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { GatheredBytes } from '../../src/spool/gathered-bytes.ts'

const piece = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes))

it('are what was appended and not taken back', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.nat(6000)), { maxLength: 20 }), fc.nat(4000), (steps, from) => {
      const gathered = new GatheredBytes()
      let expected = Buffer.alloc(0)
      for (const step of steps) {
        if (typeof step === 'number') {
          gathered.truncate(step)
          expected = expected.subarray(0, step)
        } else {
          gathered.append(step)
          expected = Buffer.concat([expected, step])
        }
        expect(gathered.length).toBe(expected.length)
      }
      expect(gathered.bytes().equals(expected)).toBe(true)
      expect(gathered.bytes(from).equals(expected.subarray(from))).toBe(true)
    }),
  )
})

it('that have been handed out stay as they are while more is appended', () => {
  const gathered = new GatheredBytes()
  gathered.append(Buffer.from('abc'))
  const bytes = gathered.bytes()
  for (let count = 0; count < 5000; count++) gathered.append(Buffer.from('x'))
  expect(bytes.toString()).toBe('abc')
  gathered.clear()
  expect([bytes.toString(), gathered.length]).toEqual(['abc', 0])
})
