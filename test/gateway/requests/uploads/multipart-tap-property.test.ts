import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { boundaryOf, MultipartError } from '../../../../src/gateway/requests/uploads/multipart-headers.ts'
import { bytewise, cut, entriesByNode, entriesOf, entryOf, formOf, forms, outcome, partsIn } from './forms.ts'

const places = fc.array(fc.nat(), { maxLength: 12 })

describe('a tap finds the parts, their data and their offsets in any form', () => {
  it('where it comes in one piece', () => {
    fc.assert(
      fc.property(forms(), ({ body, boundary, parts }) => {
        expect(partsIn([body], boundary)).toEqual(parts)
      }),
      { numRuns: 1000 },
    )
  })

  it('where it comes byte by byte, with empty chunks between', () => {
    fc.assert(
      fc.property(forms(), ({ body, boundary, parts }) => {
        const chunks = bytewise(body).flatMap((byte) => [byte, Buffer.alloc(0)])
        expect(partsIn(chunks, boundary)).toEqual(parts)
      }),
      { numRuns: 300 },
    )
  })

  it('where it is cut anywhere', () => {
    fc.assert(
      fc.property(forms(), places, ({ body, boundary, parts }, at) => {
        expect(partsIn(cut(body, at), boundary)).toEqual(parts)
      }),
      { numRuns: 1000 },
    )
  })

  it('where it is cut in two, at every byte', () => {
    fc.assert(
      fc.property(forms(), ({ body, boundary, parts }) => {
        const whole = JSON.stringify(parts)
        for (let at = 0; at <= body.length; at++) {
          expect(JSON.stringify(partsIn([body.subarray(0, at), body.subarray(at)], boundary))).toBe(whole)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('a tap and the parser of Node agree', () => {
  it('on a form with one of its parts cut out by the offsets', async () => {
    await fc.assert(
      fc.asyncProperty(forms('for both'), fc.nat(), async ({ body, boundary, parts }, which) => {
        fc.pre(parts.length > 0)
        const index = which % parts.length
        const { start, end } = partsIn([body], boundary)[index] ?? { start: 0, end: 0 }
        const without = Buffer.concat([body.subarray(0, start), body.subarray(end)])
        const names = parts.filter((_, at) => at !== index).map(({ name }) => name)
        expect((await entriesByNode(without, boundary))?.map(({ name }) => name)).toEqual(names)
        expect(partsIn([without], boundary).map(entryOf)).toEqual(
          parts.filter((_, at) => at !== index).map((part) => entryOf(part)),
        )
      }),
      { numRuns: 300 },
    )
  })

  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  const isPlain = (name: string): boolean => !/[\p{Cc}"\\]/u.test(name)
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.record({ bytes: fc.uint8Array({ maxLength: 300 }), name: text.filter(isPlain) }),
  )

  it('on the forms that Node makes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text.filter(isPlain), value)), places, async (entries, at) => {
        const form = new FormData()
        for (const [name, content] of entries) {
          if (typeof content === 'string') form.append(name, content)
          else form.append(name, new File([Uint8Array.from(content.bytes)], content.name))
        }
        const response = new Response(form)
        const boundary = boundaryOf(response.headers.get('content-type') ?? '')
        const body = Buffer.from(await response.clone().arrayBuffer())
        const byNode = await entriesOf(await response.formData())
        expect(partsIn(cut(body, at), boundary).map(entryOf)).toEqual(byNode)
      }),
      { numRuns: 300 },
    )
  })
})

/** A byte string with one change: what is at `at` replaced, doubled, left out, or something put before it. */
const mutations = fc.record({
  at: fc.nat(),
  length: fc.nat(12),
  bit: fc.oneof(
    fc.constantFrom('\r\n', '\r', '\n', '--', '"', '\\"', ';', '; name="b"', '; name=b', "; filename*=utf-8''x", '*'),
    fc.constantFrom(
      '',
      ' ',
      ':',
      '=',
      'Content-Type: multipart/mixed\r\n',
      'Content-Disposition: form-data\r\n',
      '%22',
    ),
    fc.uint8Array({ minLength: 1, maxLength: 2 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  ),
})

interface Mutation {
  readonly at: number
  readonly length: number
  readonly bit: string
}

function mutated(body: Buffer, changes: readonly Mutation[]): Buffer {
  let text = body.toString('latin1')
  for (const { at, length, bit } of changes) {
    const from = at % (text.length + 1)
    text = text.slice(0, from) + bit + text.slice(from + length)
  }
  return Buffer.from(text, 'latin1')
}

describe('a form that was changed', () => {
  it('is refused, or is the same, where it ends too early', () => {
    fc.assert(
      fc.property(forms(), ({ body, boundary, parts }) => {
        const closing = body.lastIndexOf(`--${boundary}--`) + boundary.length + 4
        for (let length = 0; length < body.length; length++) {
          const found = outcome([body.subarray(0, length)], boundary)
          if (length < closing || body[length - 1] === 0x0d) expect(found).toMatch(/^MultipartError: /)
          else expect(found).toEqual(parts)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('gives the same, or is refused with the same words, whatever the chunking', () => {
    fc.assert(
      fc.property(forms(), fc.array(mutations, { maxLength: 3 }), places, ({ body, boundary }, changes, at) => {
        const other = mutated(body, changes)
        const whole = outcome([other], boundary)
        expect(outcome(cut(other, at), boundary)).toEqual(whole)
        expect(outcome(bytewise(other), boundary)).toEqual(whole)
      }),
      { numRuns: 500 },
    )
  })

  it('throws nothing but a MultipartError, and gives no part that Node reads otherwise', async () => {
    const changes = fc.array(mutations, { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(forms('for both'), changes, async ({ body, boundary }, list) => {
        const other = mutated(body, list)
        const found = outcome([other], boundary)
        if (typeof found === 'string') {
          expect(found).toMatch(/^MultipartError: /)
          return
        }
        const byNode = await entriesByNode(other, boundary)
        if (byNode === undefined) return
        const kinds = byNode.map(({ name, isFile }) => ({ name, isFile }))
        expect(found.map(entryOf).map(({ name, isFile }) => ({ name, isFile }))).toEqual(kinds)
      }),
      { numRuns: 2000 },
    )
  })

  it('is refused without a word of it', () => {
    const SECRET = 'Zq7Zq7'
    const contents = [
      { name: SECRET, filename: undefined, contentType: undefined, data: SECRET },
      { name: SECRET, filename: SECRET, contentType: `image/${SECRET}`, data: SECRET },
    ]
    const { body, boundary } = formOf(SECRET, contents)
    fc.assert(
      fc.property(fc.array(mutations, { minLength: 1, maxLength: 3 }), (changes) => {
        const found = outcome([mutated(body, changes)], boundary)
        if (typeof found === 'string') expect(found).not.toContain('Zq7')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a boundary', () => {
  it('is read out of any content type, or refused with a MultipartError', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          const rest = Buffer.from(bytes).toString('latin1')
          expect(boundaryOf(`multipart/form-data; boundary=${rest}`)).toMatch(/^[\w'()+,./:=?-]{1,70}$/)
        } catch (error) {
          if (!(error instanceof MultipartError)) throw error
        }
      }),
      { numRuns: 1000 },
    )
  })
})
