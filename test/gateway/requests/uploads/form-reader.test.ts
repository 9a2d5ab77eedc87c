import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../../src/errors/gateway-error.ts'
import { FormReader } from '../../../../src/gateway/requests/uploads/form-reader.ts'
import { bytewise, cut, entriesByNode, formOf, forms } from './forms.ts'
import { headerIn, IMAGES } from './images.ts'
import type { Content, Form } from './forms.ts'

function readerOf(boundary: string, chunks: readonly Buffer[]): FormReader {
  const reader = new FormReader(`multipart/form-data; boundary="${boundary}"`)
  for (const chunk of chunks) reader.write(chunk)
  reader.end()
  return reader
}

/** All that a reader says, or the message with which it refuses. */
function told(boundary: string, chunks: readonly Buffer[]): unknown {
  try {
    const { texts, files, partsEnd, digest } = readerOf(boundary, chunks)
    return { texts, files, partsEnd, digest }
  } catch (error) {
    if (error instanceof GatewayError) return `${error.code}: ${error.message}`
    throw error
  }
}

const content = (changes: Partial<Content>): Content => ({
  name: 'prompt',
  filename: undefined,
  contentType: undefined,
  data: 'a',
  ...changes,
})
const latin1 = (text: string): string => Buffer.from(text).toString('latin1')
const image = (IMAGES['png, RGB'] ?? Buffer.alloc(0)).toString('latin1')

const form = formOf('limit', [
  content({ data: latin1('Ein Löwe 🦁, \r\n--limi\r\n') }),
  content({ name: 'image[]', filename: 'a.png', contentType: 'image/png', data: image }),
  content({ name: 'n', data: '' }),
])

describe('a form', () => {
  it('is told as its texts and its files, each with its place in the body', () => {
    const { texts, files, partsEnd } = readerOf('limit', [form.body])
    expect(texts.map(({ name, text }) => [name, text])).toEqual([
      ['prompt', 'Ein Löwe 🦁, \r\n--limi\r\n'],
      ['n', ''],
    ])
    expect(files.map(({ name, file }) => [name, file])).toEqual([
      ['image[]', { bytes: image.length, ...headerIn([Buffer.from(image, 'latin1')]) }],
    ])
    const parts = [...texts, ...files].toSorted((a, b) => a.range.start - b.range.start)
    expect(parts.map(({ range }) => range)).toEqual(form.parts.map(({ start, end }) => ({ start, end })))
    expect(form.body.subarray(partsEnd).toString()).toBe('--limit--\r\n')
  })

  it('is told the same wherever it is split', () => {
    fc.assert(
      fc.property(forms(), fc.array(fc.nat(), { maxLength: 12 }), ({ boundary, body }, places) => {
        expect(told(boundary, cut(body, places))).toEqual(told(boundary, [body]))
      }),
      { numRuns: 400 },
    )
    expect(told('limit', bytewise(form.body))).toEqual(told('limit', [form.body]))
  })

  it('has the names, texts and lengths that Node reads in it', async () => {
    const utf8 = (one: Form): boolean => one.parts.every(({ data, filename }) => filename ?? isUtf8(data))
    await fc.assert(
      fc.asyncProperty(forms('for both').filter(utf8), async ({ boundary, body }) => {
        const byNode = await entriesByNode(body, boundary)
        const { texts, files } = readerOf(boundary, [body])
        expect(texts.map(({ name, text }) => [name, latin1(text)])).toEqual(
          byNode?.filter(({ isFile }) => !isFile).map(({ name, data }) => [name, data]),
        )
        expect(files.map(({ name, file }) => [name, file.bytes])).toEqual(
          byNode?.filter(({ isFile }) => isFile).map(({ name, data }) => [name, data.length]),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('keeps a byte order mark of a text, which is a character of it', () => {
    const { body } = formOf('limit', [content({ data: latin1('\uFEFFa') })])
    expect(readerOf('limit', [body]).texts[0]?.text).toBe('\uFEFFa')
  })

  it.each(['\xff', 'a\xc3', '\xed\xa0\x80', '\xf0\x9f\xa6'])('is refused with a text that is no UTF-8', (data) => {
    const { body } = formOf('limit', [content({ name: 'n'.repeat(100), data })])
    const message = `invalid_form: The field '${'n'.repeat(64)}' is not valid UTF-8.`
    expect(told('limit', [body])).toBe(message)
    expect(told('limit', bytewise(body))).toBe(message)
  })

  it('may have eight megabytes of text together and no more', () => {
    const half = 'x'.repeat(4_194_304)
    const texts = [content({ name: 'a', data: half }), content({ name: 'b', data: half })]
    expect(readerOf('limit', [formOf('limit', texts).body]).texts).toHaveLength(2)
    expect(told('limit', [formOf('limit', [...texts, content({ name: 'c' })]).body])).toBe(
      "invalid_form: The form's text fields have more than 8388608 bytes together.",
    )
  })
})

describe('the digest of a form', () => {
  it('is equal for another boundary and unequal for another part, name, order or type', () => {
    fc.assert(
      fc.property(forms(), forms(), (one, other) => {
        const isSame = JSON.stringify(essence(one)) === JSON.stringify(essence(other))
        const digests = [one, other].map(({ boundary, body }) => readerUnlessRefused(boundary, body)?.digest)
        if (digests.includes(undefined)) return
        expect(digests[0] === digests[1]).toBe(isSame)
      }),
    )
    const parts = [content({ data: '1' }), content({ name: 'image', filename: 'a', data: '2' })]
    const digestOf = (boundary: string, contents: readonly Content[]): string =>
      readerOf(boundary, [formOf(boundary, contents).body]).digest
    expect(digestOf('one', parts)).toBe(digestOf('another', parts))
    expect(digestOf('one', parts.toReversed())).not.toBe(digestOf('one', parts))
  })

  it('cannot be had with a content that looks like another part', () => {
    const [a, b] = [content({ name: 'a', data: '1' }), content({ name: 'b', data: '2' })]
    const digest = readerOf('x', [formOf('x', [a, b]).body]).digest
    const disguises = ['1\n1\n["b",null,null]\n2', '1\n["b",null,null]\n2', '1\n1\n["b",null]\n2\n1']
    for (const data of disguises)
      expect(readerOf('x', [formOf('x', [content({ name: 'a', data })]).body]).digest).not.toBe(digest)
  })
})

function essence({ parts }: Form): unknown {
  return parts.map(({ name, filename, contentType, data }) => [name, filename, contentType, data])
}

function readerUnlessRefused(boundary: string, body: Buffer): FormReader | undefined {
  try {
    return readerOf(boundary, [body])
  } catch {
    return undefined
  }
}

function isUtf8(bytes: string): boolean {
  return latin1(Buffer.from(bytes, 'latin1').toString('utf8')) === bytes
}
