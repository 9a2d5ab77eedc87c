import * as fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { receiveJsonEdit } from '../../../src/gateway/requests/json-edit-body.ts'
import { ImageUrl } from '../../../src/models/rules/image-file.ts'
import { growth } from '../../helpers/time/growth.ts'
import { cut } from './uploads/forms.ts'
import { IMAGES } from './uploads/images.ts'
import { arriving, bytesOf, refusalOf, uploadsDirectory } from './receiving.ts'
import type { Call } from '../../../src/gateway/requests/endpoint.ts'

const uploads = uploadsDirectory()
afterEach(() => uploads.discard())
afterAll(() => uploads.remove())

async function receive(body: string | Buffer, places: readonly number[] = []): Promise<Call> {
  const upload = arriving('application/json', cut(Buffer.from(body), places))
  return uploads.kept(await receiveJsonEdit(upload, uploads.options))
}

const png = IMAGES['png, RGB'] ?? Buffer.alloc(0)
const dataUrl = (length: number): string =>
  `data:image/png;base64,${Buffer.concat([png, Buffer.alloc(length, 7)]).toString('base64')}`
const [short, long, huge] = [dataUrl(0), dataUrl(5000), dataUrl(400_000)]

/** The value of a Call's parameters with each URL as its number of characters. */
function shown(value: unknown): unknown {
  if (value instanceof ImageUrl) return value.characters
  if (Array.isArray(value)) return value.map(shown)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(member)]))
}

const url = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(short, long, `${long}AAAA`, 'https://example.com/a.png', 'no URL', '') },
  { weight: 1, arbitrary: fc.constantFrom(huge, `https://example.com/${'x'.repeat(9000)}`) },
)
const reference = fc.oneof(
  url.map((image_url) => ({ image_url })),
  fc.constantFrom({ file_id: 'file-1' }, {}, 'a.png', null, 7, { image_url: 5 }),
)
const members = fc.record(
  {
    prompt: fc.string({ unit: 'grapheme' }),
    images: fc.oneof(fc.array(reference, { maxLength: 4 }), fc.constantFrom('a.png', null, 5)),
    mask: reference,
    n: fc.integer(),
    style: fc.jsonValue(),
    model: fc.constantFrom('gpt-image-2', null),
  },
  { requiredKeys: [] },
)

describe('an edit in JSON', () => {
  it('goes upstream as it came, and is known as if it had been parsed whole', async () => {
    await fc.assert(
      fc.asyncProperty(members, fc.array(fc.nat(), { maxLength: 6 }), async (value, places) => {
        const body = JSON.stringify(value)
        const call = await receive(body, places)
        expect((await bytesOf(call.body)).toString()).toBe(body)
        const { images, mask, ...others } = value
        const measured = {
          ...('images' in value ? { images: Array.isArray(images) ? images.map(lengthsOf) : images } : {}),
          ...('mask' in value ? { mask: lengthsOf(mask) } : {}),
        }
        // In JSON there is no minus zero.
        const written = JSON.parse(JSON.stringify({ ...others, ...measured })) as unknown
        expect(shown(Object.fromEntries(call.parameters))).toEqual(written)
        uploads.discard()
      }),
      { numRuns: 150 },
    )
  })

  it('is rewritten with its URLs where they were, character for character', async () => {
    const dropped = fc.subarray(['n', 'style', 'mask', 'images', 'nothing'])
    await fc.assert(
      fc.asyncProperty(members, dropped, async (value, drop) => {
        const call = await receive(JSON.stringify(value))
        const rewritten = await bytesOf(call.rewrite({ drop, model: 'gpt-image-1' }))
        const kept = Object.entries(value).filter(([name]) => name !== 'model' && !drop.includes(name))
        expect(rewritten.toString()).toBe(JSON.stringify({ model: 'gpt-image-1', ...Object.fromEntries(kept) }))
        uploads.discard()
      }),
      { numRuns: 150 },
    )
  })

  it('keeps long URLs in the spelling in which they came, escapes and all', async () => {
    const spelled = long.replaceAll('/', String.raw`\/`).replaceAll('A', String.raw`\u0041`)
    const call = await receive(`{"style":1,"images":[{"image_url":"${spelled}"}],"prompt":"\\u0041"}`)
    const rewritten = await bytesOf(call.rewrite({ drop: ['style'], model: 'm' }))
    expect(rewritten.toString()).toBe(`{"model":"m","images":[{"image_url":"${spelled}"}],"prompt":"A"}`)
    expect(shown(call.parameters.get('images'))).toEqual([{ image_url: long.length }])
  })

  it('knows a URL whose scheme is escaped too, as long as it is short enough to be kept', async () => {
    const call = await receive(`{"images":[{"image_url":"\\u0064${huge.slice(1)}"}]}`)
    expect(call.parameters.get('images')).toMatchObject([
      { image_url: { scheme: 'data', characters: huge.length, file: { format: 'png', width: 31, height: 17 } } },
    ])
  })

  it.each([
    ['a long data URL as prompt', { prompt: long }, "A long data URL stands where no 'image_url' is."],
    ['one in another member', { images: [{ file_id: long }] }, "A long data URL stands where no 'image_url' is."],
    ['one as the image itself', { images: [long] }, "A long data URL stands where no 'image_url' is."],
    ['one as a name', { [long]: 1 }, "A long data URL stands where no 'image_url' is."],
    ['one in a list of lists', { images: [[{ image_url: long }]] }, "A long data URL stands where no 'image_url' is."],
    ['no object', [], 'The body must be a JSON object, but it is an array.'],
    ['nothing', '', 'The request has no body. Send a JSON object.'],
  ])('is refused with %s', async (_what, value, message) => {
    const refusal = await refusalOf(receive(typeof value === 'string' ? value : JSON.stringify(value)))
    expect([refusal.code, refusal.message]).toEqual(['invalid_json', message])
  })

  const NOT_JSON = 'We could not parse the JSON body of your request'
  it.each<[what: string, body: (count: number) => string, message: string]>([
    // So long that a quarter of it does not stay in memory either.
    ['a URL that never ends', (count) => `{"mask":{"image_url":"${dataUrl(10 * count)}`, NOT_JSON],
    ['brackets that never end', (count) => '['.repeat(count), 'nested more than 64 levels deep'],
    ['empty members without end', (count) => `{"images":[${'{},'.repeat(count)}{}]}`, 'more than 20000 members'],
    ['short strings without end', (count) => `{"images":[${'"",'.repeat(count)}""]}`, 'more than 20000 members'],
    ['escapes without end', (count) => `{"mask":"${String.raw`\u0000`.repeat(count)}`, NOT_JSON],
  ])('is refused with %s, in no time', async (_what, body, message) => {
    const refuse = async (count: number): Promise<void> => {
      const refusal = await refusalOf(receive(body(count), [100, 70_000, 200_000, 300_000]))
      expect([refusal.code, refusal.message]).toEqual(['invalid_json', expect.stringContaining(message)])
      uploads.discard()
    }
    expect(await growth(200_000, refuse)).toBeLessThan(12)
  })

  it.each([
    ['a URL twice', `{"mask":{"image_url":"${long}","image_url":"${long}"}}`, 'A name occurs twice'],
    ['an escape in a name', `{"\\u006dask":{"image_url":"${long}"}}`, 'written with an escape'],
    ['no UTF-8', Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from([0xff]), Buffer.from('"}')]), 'UTF-8'],
  ])('is refused with %s', async (_what, body, message) => {
    const refusal = await refusalOf(receive(body, [100, 70_000, 200_000, 300_000]))
    expect(refusal.code).toBe('invalid_json')
    expect(refusal.message).toContain(message)
  })

  it('is not mistaken for one that has the marker of another', async () => {
    const [one, other] = await Promise.all([receive(`{"mask":{"image_url":"${long}"}}`), receive('{"prompt":"x"}')])
    expect(one.digest()).not.toBe(other.digest())
    const marker = (await bytesOf(one.rewrite({ drop: ['mask'], model: 'm' }))).toString()
    expect(marker).toBe('{"model":"m"}')
  })
})

function lengthsOf(one: unknown): unknown {
  if (typeof one !== 'object' || one === null || !('image_url' in one)) return one
  return { ...one, image_url: typeof one.image_url === 'string' ? one.image_url.length : one.image_url }
}
