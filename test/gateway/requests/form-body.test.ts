import * as fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { receiveForm } from '../../../src/gateway/requests/form-body.ts'
import { boundaryOf } from '../../../src/gateway/requests/uploads/multipart-headers.ts'
import { cut, entriesByNode, entryOf, formOf } from './uploads/forms.ts'
import { arriving, bytesOf, refusalOf, uploadsDirectory } from './receiving.ts'
import type { Call } from '../../../src/gateway/requests/endpoint.ts'
import type { Content, Form } from './uploads/forms.ts'

const uploads = uploadsDirectory()
afterEach(() => uploads.discard())
afterAll(() => uploads.remove())

async function receive({ boundary, body }: Form, places: readonly number[] = []): Promise<Call> {
  const contentType = `multipart/form-data; boundary="${boundary}"`
  return uploads.kept(await receiveForm('images.edits', arriving(contentType, cut(body, places)), uploads.options))
}

const text = (name: string, data = 'a'): Content => ({ name, filename: undefined, contentType: undefined, data })
const file = (name: string, data = 'b'): Content => ({ name, filename: 'a.png', contentType: 'image/png', data })

/** The name of a parameter as `drop` has it. */
const parameterOf = (name: string): string => (/^image\[\d*\]$/.test(name) ? 'image' : name)

const boundary = fc.constantFrom(
  'limit',
  '----WebKitFormBoundary7MA4YWxkTrZu0gW',
  "a'b(c)+_,./:=?d",
  `${'-'.repeat(60)}0123456789`,
)
const data = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }).map((one) => Buffer.from(one).toString('latin1')),
  fc.constantFrom('', '\r\n', '\r\n--', '--', '\r\n\r\nmodel\r\n', '\r\n--limi'),
)
/** Past what stays in memory, so that the rest of a form is read from a file. */
const largeData = fc.oneof(
  { weight: 4, arbitrary: data },
  { weight: 1, arbitrary: fc.constant('\r\n--x'.repeat(60_000)) },
)
const TEXTS = ['prompt', 'model', 'n', 'size', 'quality', 'style', 'user', 'é', '__proto__', 'image.x']
const IMAGES = [['image'], ['image', 'image'], ['image[]', 'image[]'], ['image[1]', 'image[0]', 'image[12]']]

const contents = fc
  .record({
    texts: fc.subarray(TEXTS).chain((names) => fc.tuple(...names.map((name) => data.map((one) => text(name, one))))),
    images: fc
      .constantFrom(...IMAGES)
      .chain((names) => fc.tuple(...names.map((name) => largeData.map((one) => file(name, one))))),
    mask: fc.option(
      data.map((one) => file('mask', one)),
      { nil: undefined },
    ),
  })
  .chain(({ texts, images, mask }) => {
    const all = [...texts, ...images, ...(mask === undefined ? [] : [mask])]
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
  })

const asUtf8 = (content: Content): Content => ({ ...content, name: Buffer.from(content.name).toString('latin1') })
const form = fc
  .tuple(boundary, contents, fc.constantFrom('', '\r\n'), fc.constantFrom('\r\n', '', ' \t\r\n\r\n'))
  .filter(([limit, all]) => !all.some((one) => one.data.includes(limit)))
  .map(([limit, all, opening, epilogue]) => formOf(limit, all.map(asUtf8), opening, epilogue))

describe('a form that is received', () => {
  it('goes upstream as it came, under its own boundary', async () => {
    await fc.assert(
      fc.asyncProperty(form, fc.array(fc.nat(), { maxLength: 6 }), async (one, places) => {
        const call = await receive(one, places)
        expect((await bytesOf(call.body)).equals(one.body)).toBe(true)
        expect(boundaryOf(call.contentType)).toBe(one.boundary)
        uploads.discard()
      }),
      { numRuns: 100 },
    )
  })

  it('is rewritten so that what remains is byte for byte the parts that are kept', async () => {
    const dropped = fc.subarray(['n', 'style', 'user', 'mask', 'é', '__proto__', 'nothing'])
    await fc.assert(
      fc.asyncProperty(form, dropped, async (one, drop) => {
        const call = await receive(one)
        const bytes = await bytesOf(call.rewrite({ drop, model: 'gpt-image-2' }))
        const isKept = (name: string): boolean => name !== 'model' && !drop.includes(parameterOf(nameOf(name)))
        const kept = one.parts.filter(({ name }) => isKept(name))
        const head = `--${one.boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\ngpt-image-2\r\n`
        const end = one.parts.at(-1)?.end ?? 0
        const expected = [Buffer.from(head), ...kept.map((part) => one.body.subarray(part.start, part.end))]
        expect(bytes.equals(Buffer.concat([...expected, one.body.subarray(end)]))).toBe(true)
        const named = kept.map((part) => ({ ...entryOf(part), name: nameOf(part.name) }))
        expect(await entriesByNode(bytes, one.boundary)).toEqual([
          { name: 'model', isFile: false, data: 'gpt-image-2' },
          ...named,
        ])
        uploads.discard()
      }),
      { numRuns: 150 },
    )
  })

  it('can be rewritten and read several times, and in parts of any kind nothing is left', async () => {
    const one = formOf('limit', [text('n'), file('image'), text('style')])
    const call = await receive(one)
    const none = await bytesOf(call.rewrite({ drop: ['n', 'image', 'style'], model: 'm' }))
    expect(await entriesByNode(none, 'limit')).toEqual([{ name: 'model', isFile: false, data: 'm' }])
    const both = [call.rewrite({ drop: ['n'], model: 'm' }), call.rewrite({ drop: ['style'], model: 'm' })]
    const read = await Promise.all(both.map(async (body) => entriesByNode(await bytesOf(body), 'limit')))
    expect(read.map((entries) => entries?.map(({ name }) => name))).toEqual([
      ['model', 'image', 'style'],
      ['model', 'n', 'image'],
    ])
  })

  it('has its texts as text and its images in the order of their numbers', async () => {
    const images = ['image[10]', 'image[2]', 'image[0]'].map((name, index) => file(name, 'x'.repeat(index + 1)))
    const { parameters, isForm } = await receive(formOf('limit', [text('n', '02'), ...images, text('user', '')]))
    expect(isForm).toBe(true)
    expect([...parameters.keys()]).toEqual(['n', 'user', 'image'])
    expect(parameters.get('n')).toBe('02')
    expect(parameters.get('image')).toMatchObject([{ bytes: 3 }, { bytes: 2 }, { bytes: 1 }])
  })
})

describe('a form goes upstream without', () => {
  const blank = (name: string): Content => ({ name, filename: '', contentType: 'application/octet-stream', data: '' })
  const sent = async (all: readonly Content[]): Promise<{ call: Call; names: readonly string[] | undefined }> => {
    const call = await receive(formOf('limit', all))
    const entries = await entriesByNode(await bytesOf(call.body), 'limit')
    return { call, names: entries?.map(({ name }) => name) }
  }

  it('a file that was not chosen', async () => {
    const { call, names } = await sent([text('prompt'), file('image'), blank('mask'), text('n')])
    expect([...call.parameters.keys()]).toEqual(['prompt', 'n', 'image'])
    expect(names).toEqual(['prompt', 'image', 'n'])
    const rewritten = await entriesByNode(await bytesOf(call.rewrite({ drop: ['n'], model: 'm' })), 'limit')
    expect(rewritten?.map(({ name }) => name)).toEqual(['model', 'prompt', 'image'])
  })

  it('one of several images that was not chosen, or one that is an empty text', async () => {
    const { call, names } = await sent([file('image'), blank('image'), text('mask', ''), text('prompt')])
    expect(call.parameters.get('image')).toHaveLength(1)
    expect([...call.parameters.keys()]).toEqual(['prompt', 'image'])
    expect(names).toEqual(['image', 'prompt'])
  })

  it('a field that says again what another has said', async () => {
    const { call, names } = await sent([text('n', '2'), file('image'), text('n', '2'), text('n', '2')])
    expect(call.parameters.get('n')).toBe('2')
    expect(names).toEqual(['n', 'image'])
  })

  it('an empty member of an object', async () => {
    const { call, names } = await sent([text('svg[model]', ''), text('svg[reasoning][effort]', 'low')])
    expect(call.parameters.get('svg')).toEqual({ reasoning: { effort: 'low' } })
    expect(names).toEqual(['svg[reasoning][effort]'])
  })
})

describe('an object in a form', () => {
  it('is written member by member, and dropped as one', async () => {
    const all = [text('svg[reasoning][effort]', 'low'), text('prompt'), text('svg[model]', 'gpt-5.5')]
    const call = await receive(formOf('limit', all))
    expect([...call.parameters]).toEqual([
      ['prompt', 'a'],
      ['svg', { reasoning: { effort: 'low' }, model: 'gpt-5.5' }],
    ])
    const rewritten = await entriesByNode(await bytesOf(call.rewrite({ drop: ['svg'], model: 'm' })), 'limit')
    expect(rewritten?.map(({ name }) => name)).toEqual(['model', 'prompt'])
  })

  it('cannot be written in two ways', async () => {
    const refusal = await refusalOf(receive(formOf('limit', [text('svg', '{}'), text('svg[model]')])))
    expect(refusal.message).toContain("The field 'svg' is sent in two ways.")
  })
})

describe('a form is refused', () => {
  it.each([
    ['with an image as text', [text('image')], "The field 'image' must be sent as a file: its part has no file name."],
    ['with an image[] as text', [text('image[]')], "The field 'image[]' must be sent as a file"],
    [
      'with an image of bytes as text',
      [text('image', '\xff\xd8\xff')],
      "'image' must be sent as a file: its part has no",
    ],
    [
      'with an image under another name as text',
      [{ ...text('picture', '\x89PNG'), contentType: 'image/png' }],
      "'picture' must be sent as a file: its part has no file name.",
    ],
    ['with a large image as text', [text('mask', '\x89'.repeat(8_388_609))], "'mask' must be sent as a file"],
    ['with a mask as text', [file('image'), text('mask')], "The field 'mask' must be sent as a file"],
    [
      'with a field twice and two values',
      [text('n'), text('n', 'b')],
      "The field 'n' occurs twice; each may occur once.",
    ],
    ['with a name as text and as file', [text('style'), file('style')], "'style' is sent as text and as a file"],
    ['with image and image[]', [file('image'), file('image[]')], "'image' is sent in different ways: image, image[]."],
    ['with image[] and image[0]', [file('image[]'), file('image[0]')], 'different ways: image[], image[0].'],
    ['with a number twice', [file('image[1]'), file('image[1]')], "A number of 'image[…]' occurs twice."],
  ] as const)('%s', async (_how, all, message) => {
    const refusal = await refusalOf(receive(formOf('limit', all)))
    expect(refusal.code).toBe('invalid_form')
    expect(refusal.message).toContain(message)
  })

  it('with a long name in a message of a length that fits a log', async () => {
    const name = 'n'.repeat(256)
    const refusal = await refusalOf(receive(formOf('limit', [text(name), text(name, 'b')])))
    expect(refusal.message).toBe(`The field '${'n'.repeat(64)}…' occurs twice; each may occur once.`)
  })

  it.each([
    ['application/json', 'The Content-Type header must be multipart/form-data.'],
    ['multipart/form-data', 'The Content-Type header has no boundary.'],
    ['multipart/mixed; boundary=x', 'The Content-Type header must be multipart/form-data.'],
    ['multipart/form-data; boundary=x; boundary=y', 'The Content-Type header has the same parameter twice.'],
  ])('under the type %s before a byte is read', async (contentType, message) => {
    const upload = arriving(contentType, [Buffer.from('x')])
    const refusal = await refusalOf(receiveForm('images.edits', upload, uploads.options))
    expect([refusal.code, refusal.message.includes(message)]).toEqual(['invalid_form', true])
  })
})

/** The name as the reader tells it, of one whose characters are bytes. */
function nameOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8')
}
