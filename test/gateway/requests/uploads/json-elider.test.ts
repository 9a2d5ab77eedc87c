import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../../../src/errors/gateway-error.ts'
import { JsonElider } from '../../../../src/gateway/requests/uploads/json-elider.ts'
import { bytewise, cut } from './forms.ts'
import { IMAGES } from './images.ts'
import type { ImageUrl } from '../../../../src/models/rules/image-file.ts'
import type { ByteRange } from '../../../../src/spool/spool.ts'

/** A data URL longer than this is left out of the skeleton. */
const LONG_BYTES = 4096

function elided(chunks: readonly Buffer[]): JsonElider {
  const elider = new JsonElider()
  for (const chunk of chunks) elider.write(chunk)
  elider.end()
  return elider
}

interface Told {
  /** The skeleton: its text, and places in the body where there are markers. */
  readonly pieces: readonly (string | ByteRange)[]
  readonly urls: readonly ImageUrl[]
}

function told(elider: JsonElider): Told {
  const pieces = elider.expand(elider.skeleton.toString())
  return {
    pieces: pieces.map((piece) => (Buffer.isBuffer(piece) ? piece.toString() : piece)),
    urls: elider.longUrls.map(({ url }) => url),
  }
}

/** The body again, out of a skeleton and the places that it leaves out. */
function restored(body: Buffer, elider: JsonElider): Buffer {
  const pieces = elider.expand(elider.skeleton.toString())
  return Buffer.concat(pieces.map((piece) => (Buffer.isBuffer(piece) ? piece : body.subarray(piece.start, piece.end))))
}

/** Places of the long data URLs of a JSON text, found in another way. */
function longUrlsIn(text: string): readonly ByteRange[] {
  return [...text.matchAll(/"((?:[^"\\]|\\.)*)"/gs)]
    .map((match) => ({ inside: match[1] ?? '', start: Buffer.byteLength(text.slice(0, match.index + 1)) }))
    .map(({ inside, start }) => ({ inside, start, end: start + Buffer.byteLength(inside) }))
    .filter(({ inside, start, end }) => end - start > LONG_BYTES && /^data:/i.test(inside))
    .map(({ start, end }) => ({ start, end }))
}

const dataUrl = (bytes: Buffer, type = 'image/png'): string => `data:${type};base64,${bytes.toString('base64')}`
const longUrl = dataUrl(Buffer.concat([IMAGES['png, RGB'] ?? Buffer.alloc(0), Buffer.alloc(4000, 7)]))

/** Strings of a JSON text as they are spelled in it, without their quotes. */
const spelled = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text).slice(1, -1)),
  fc.constantFrom('', 'data:', 'image_url', String.raw`\\`, String.raw`\"`, String.raw`\\\"data:`, 'é🦊', '{[:,'),
  // Around the length from which on a data URL is left out.
  fc.integer({ min: -3, max: 3 }).map((more) => `data:${'A'.repeat(LONG_BYTES - 5 + more)}`),
  fc.integer({ min: -3, max: 3 }).map((more) => `DATA:${'/'.repeat(LONG_BYTES - 5 + more)}`),
  fc.constantFrom(longUrl, longUrl.replaceAll('/', String.raw`\/`), longUrl.replace('d', String.raw`\u0064`)),
  // Long texts in which a data URL stands somewhere, or which end in escapes.
  fc.nat(9000).map((before) => `${'x'.repeat(before)}data:${'y'.repeat(6000)}`),
  fc.nat(20).map((before) => `data:${'x'.repeat(before)}${String.raw`\"`.repeat(2500)}`),
  fc.nat(20).map((before) => `data:${'x'.repeat(before)}${String.raw`\\`.repeat(2500)}`),
)

const json = fc
  .array(spelled, { maxLength: 6 })
  .map((texts) => `{"images": [ ${texts.map((t) => `"${t}"`).join(',')} ]}`)

describe('a JSON body without its long data URLs', () => {
  it('is the same wherever it is split, and is the body again with them', () => {
    fc.assert(
      fc.property(json, fc.array(fc.nat(), { maxLength: 8 }), fc.boolean(), (text, places, isAtUrls) => {
        const body = Buffer.from(text)
        const whole = elided([body])
        const atUrls = isAtUrls ? [...body.toString('latin1').matchAll(/data:/gi)].map(({ index }) => index) : []
        const parts = elided(cut(body, [...places, ...atUrls]))
        expect(told(parts)).toEqual(told(whole))
        expect(parts.longUrls.map(({ range }) => range)).toEqual(longUrlsIn(text))
        expect(restored(body, parts).equals(body)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('is the same where it is split around every place at which a string turns out to be long', () => {
    const text = `{"prompt":"${'x'.repeat(LONG_BYTES + 1)}data:${'y'.repeat(5000)}","images":[{"image_url":"${longUrl}"}]}`
    const body = Buffer.from(text)
    const whole = told(elided([body]))
    const places = [text.indexOf('data:'), text.indexOf(longUrl), text.indexOf(longUrl) + LONG_BYTES]
    for (const place of places.flatMap((at) => [-2, -1, 0, 1, 2].map((more) => at + more)))
      expect(told(elided([body.subarray(0, place), body.subarray(place)]))).toEqual(whole)
    expect(told(elided(bytewise(body)))).toEqual(whole)
    expect(whole.urls).toHaveLength(1)
  })

  it('has for each of them a string that says which it is, and that no text of a body can be', () => {
    const body = Buffer.from(JSON.stringify({ a: longUrl, b: `${longUrl}AAAA`, c: 'x', d: 'undefined:0;' }))
    const elider = elided([body])
    const { a, b, c, d } = JSON.parse(elider.skeleton.toString()) as Record<'a' | 'b' | 'c' | 'd', string>
    expect([a, b].map((text) => elider.urlOf(text)?.characters)).toEqual([longUrl.length, longUrl.length + 4])
    expect([c, d].map((text) => elider.urlOf(text))).toEqual([undefined, undefined])
    expect(elided([body]).urlOf(a)).toBeUndefined()
  })

  it('can be rewritten in another order, and the URLs move with it', () => {
    const body = Buffer.from(
      JSON.stringify({ mask: { image_url: `${longUrl}MASK` }, images: [{ image_url: longUrl }] }),
    )
    const elider = elided([body])
    const { mask, images } = JSON.parse(elider.skeleton.toString()) as { mask: unknown; images: unknown }
    const rewritten = Buffer.concat(
      elider
        .expand(JSON.stringify({ model: 'm', images, mask }))
        .map((piece) => (Buffer.isBuffer(piece) ? piece : body.subarray(piece.start, piece.end))),
    )
    expect(JSON.parse(rewritten.toString())).toEqual({
      model: 'm',
      images: [{ image_url: longUrl }],
      mask: { image_url: `${longUrl}MASK` },
    })
  })

  it.each([
    ['an open string', '{"a":"data:'],
    ['an open string that is long', `{"a":"${longUrl}`],
    ['a backslash at its end', '{"a":"b\\'],
    ['nothing but quotes', '"'.repeat(10_001)],
    ['nothing but backslashes', '"' + '\\'.repeat(10_001)],
    ['nothing', ''],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x5c, 0x22, 0x22, 0x80])],
  ])('keeps every byte of what is no JSON: %s', (_name, text) => {
    const body = Buffer.from(text)
    const elider = elided([body])
    const pieces = elider.longUrls.length === 0 ? elider.skeleton : restored(body, elider)
    expect(pieces.equals(body)).toBe(true)
    expect(told(elided(bytewise(body)))).toEqual(told(elider))
  })

  it('may have eight megabytes of other text and no more, whatever comes between', () => {
    const chunk = Buffer.from(`"${'x'.repeat(65_534)}"`)
    const elider = new JsonElider()
    for (let count = 0; count < 128; count++) {
      elider.write(chunk)
      elider.write(Buffer.from(`"${longUrl}"`).subarray(0, 0))
    }
    expect(elider.skeleton).toHaveLength(8_388_608)
    expect(() => elider.write(Buffer.from(' '))).toThrow(GatewayError)
    expect(() => elided([Buffer.alloc(20_000_000, ' ')])).toThrow(/more than 8388608 bytes beside its data URLs/)
  })
})
