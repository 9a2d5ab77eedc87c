import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytewise, cut } from '../uploads/forms.ts'
import { headerIn, IMAGES, OTHER_FILES, PNG_KINDS, pngOf } from '../uploads/images.ts'

const FILES = [...Object.values(IMAGES), ...OTHER_FILES.map(([, , bytes]) => bytes), ...PNG_KINDS.map(pngOf)]
const beginnings = fc.constantFrom(...FILES.map((file) => file.subarray(0, 1000)))
const files = fc.constantFrom(...FILES)

describe('an image header', () => {
  it('is the same byte by byte, with empty chunks between', () => {
    for (const file of FILES.filter(({ length }) => length < 100_000)) {
      const chunks = bytewise(file).flatMap((byte) => [byte, Buffer.alloc(0)])
      expect(headerIn(chunks)).toEqual(headerIn([file]))
    }
  })

  it('is the same however the file is cut', () => {
    fc.assert(
      fc.property(files, fc.array(fc.nat(), { maxLength: 12 }), (file, places) => {
        expect(headerIn(cut(file, places))).toEqual(headerIn([file]))
      }),
      { numRuns: 1000 },
    )
  })

  it('is the same cut in two, anywhere in the first thousand bytes', () => {
    fc.assert(
      fc.property(beginnings, (file) => {
        const whole = JSON.stringify(headerIn([file]))
        for (let at = 0; at <= file.length; at++) {
          expect(JSON.stringify(headerIn([file.subarray(0, at), file.subarray(at)]))).toBe(whole)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('of a file that ends too early has nothing that the whole has not', () => {
    fc.assert(
      fc.property(files, fc.nat(), (file, length) => {
        const whole = headerIn([file])
        const part = headerIn([file.subarray(0, length % file.length)])
        if (part === undefined) return
        expect([part.format]).toContain(whole?.format)
        expect([undefined, whole?.width]).toContain(part.width)
        expect([undefined, whole?.height]).toContain(part.height)
        expect([undefined, whole?.hasAlpha]).toContain(part.hasAlpha)
      }),
      { numRuns: 1000 },
    )
  })

  it('of changed bytes is read without an exception, whatever the chunking', () => {
    const changes = fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(beginnings, changes, fc.array(fc.nat(), { maxLength: 5 }), (file, list, places) => {
        const other = Buffer.from(file)
        for (const [at, byte] of list) if (at < other.length) other[at] = byte
        const header = headerIn([other])
        expect(headerIn(cut(other, places))).toEqual(header)
        expect(header?.width).not.toBe(0)
        expect(header?.height).not.toBe(0)
      }),
      { numRuns: 2000 },
    )
  })

  it('of any bytes, also after a true beginning, is read without an exception', () => {
    fc.assert(
      fc.property(beginnings, fc.nat(40), fc.uint8Array({ maxLength: 300 }), (file, length, bytes) => {
        expect(() => headerIn([file.subarray(0, length), Buffer.from(bytes)])).not.toThrow()
      }),
      { numRuns: 2000 },
    )
  })
})
