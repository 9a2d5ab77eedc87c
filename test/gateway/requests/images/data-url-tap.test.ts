import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DataUrlTap } from '../../../../src/gateway/requests/images/data-url-tap.ts'
import { JsonElider } from '../../../../src/gateway/requests/uploads/json-elider.ts'
import { bytewise, cut } from '../uploads/forms.ts'
import { headerIn, IMAGES, OTHER_FILES } from '../uploads/images.ts'
import type { ImageUrl } from '../../../../src/models/rules/image-file.ts'

function tapped(chunks: readonly Buffer[]): ImageUrl {
  const tap = new DataUrlTap()
  for (const chunk of chunks) tap.write(chunk)
  return tap.result()
}

const dataUrl = (bytes: Buffer, type = 'image/png'): string => `data:${type};base64,${bytes.toString('base64')}`
const read = (url: string): ImageUrl => tapped([Buffer.from(url)])

/** Ways to spell base64 in JSON that all mean the same. */
const SPELLINGS: Readonly<Record<string, (text: string) => string>> = {
  'as JSON.stringify writes it': (text) => text,
  'with escaped slashes, as PHP writes it': (text) => text.replaceAll('/', String.raw`\/`),
  'with escaped plus signs, as .NET writes it': (text) => text.replaceAll('+', String.raw`\u002B`),
  'with escaped equals signs, as Gson writes it': (text) => text.replaceAll('=', String.raw`\u003d`),
  'with every character escaped': (text) =>
    text.replaceAll(/[^]/g, (one) => String.raw`\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'on lines of 76 characters': (text) => text.replaceAll(/.{76}/g, String.raw`$&\r\n`),
  'with spaces': (text) => text.replaceAll(/.{7}/g, '$& '),
  'for URLs': (text) => text.replaceAll('+', '-').replaceAll('/', '_'),
}

/** The URL in a long string of a JSON body. */
function inJson(spelled: string, places: readonly number[] = []): ImageUrl | undefined {
  const elider = new JsonElider()
  for (const chunk of cut(Buffer.from(`{"image_url":"${spelled}"}`), places)) elider.write(chunk)
  elider.end()
  return elider.longUrls[0]?.url
}

describe('a data URL', () => {
  it.each(Object.entries(IMAGES))('tells of its image what the image itself tells: %s', (_name, bytes) => {
    const url = read(dataUrl(bytes))
    expect(url.file).toMatchObject({ ...headerIn([bytes]), bytes: Math.ceil(bytes.length / 3) * 3 })
    expect(url).toMatchObject({ scheme: 'data', characters: dataUrl(bytes).length })
  })

  it.each(OTHER_FILES)('of another kind is known by its first bytes: %s, %s', (format, _what, bytes) => {
    expect(read(dataUrl(bytes, 'image/png')).file?.format).toBe(format)
  })

  it('is read the same wherever it is split', () => {
    const image = fc.constantFrom(...Object.values(IMAGES).filter(({ length }) => length < 10_000))
    const type = fc.oneof(
      fc.constantFrom('image/png', '', 'image/svg+xml;charset=utf-8'),
      fc.nat(300).map((length) => 'x'.repeat(length)),
    )
    fc.assert(
      fc.property(image, type, fc.array(fc.nat(), { maxLength: 8 }), (bytes, mediaType, places) => {
        const url = Buffer.from(dataUrl(bytes, mediaType))
        expect(tapped(cut(url, places))).toEqual(tapped([url]))
      }),
      { numRuns: 300 },
    )
    const url = Buffer.from(dataUrl(IMAGES['jpeg, baseline'] ?? Buffer.alloc(0)))
    expect(tapped(bytewise(url))).toEqual(tapped([url]))
  })

  it.each([
    ['not in base64', 'data:image/png,%89PNG'],
    ['that says base64 in another place', 'data:image/png;base64;x=1,iVBORw0KGgo='],
    ['without a comma', `data:image/png;base64${'A'.repeat(9000)}`],
    ['with a prefix that nobody needs', `data:image/png;${'x'.repeat(300)};base64,iVBORw0KGgo=`],
    ['that is empty', 'data:image/png;base64,'],
  ])('%s holds no image', (_name, url) => {
    const { scheme, file } = read(url)
    expect([scheme, file?.format]).toEqual(['data', undefined])
  })

  it.each([
    ['https://example.com/a,b;base64,iVBORw0KGgo=', 'https'],
    ['HTTP://example.com', 'http'],
    ['javascript:alert(1)', 'javascript'],
    ['a.png', undefined],
    ['', undefined],
    ['iVBORw0KGgo=', undefined],
    [' data:image/png;base64,iVBORw0KGgo=', undefined],
  ])('is none with another scheme: %s', (url, scheme) => {
    expect(read(url)).toEqual({ characters: url.length, scheme, file: undefined })
  })
})

describe('a long data URL in JSON', () => {
  const pictures = [
    'png, RGB',
    'png, palette with alpha',
    'jpeg, with EXIF and a colour profile',
    'webp, lossy',
  ] as const
  /** Bytes whose base64 has plus signs and slashes, before the image in a segment that is skipped, and after it. */
  const padded = (name: string): Buffer =>
    Buffer.concat([IMAGES[name] ?? Buffer.alloc(0), Buffer.from('fbefbefbefbefffefd'.repeat(600), 'hex')])

  it.each(pictures.flatMap((name) => Object.entries(SPELLINGS).map(([how, spell]) => ({ name, how, spell }))))(
    'tells of its image what the image itself tells: $name, $how',
    ({ name, spell }) => {
      const bytes = padded(name)
      const url = inJson(`data:image/png;base64,${spell(bytes.toString('base64'))}`)
      expect(url?.file).toMatchObject(headerIn([bytes]) ?? {})
    },
  )

  it('counts its characters as they are, not as they are spelled', () => {
    const text = dataUrl(padded('png, RGB'))
    for (const how of ['with escaped slashes, as PHP writes it', 'with every character escaped']) {
      const spelled = text.slice(0, 22) + (SPELLINGS[how]?.(text.slice(22)) ?? '')
      expect(spelled.length).toBeGreaterThan(text.length)
      expect(inJson(spelled)).toMatchObject({ characters: text.length, file: { bytes: padded('png, RGB').length } })
    }
  })

  it('is read the same wherever it is split, in the middle of escapes too', () => {
    const bytes = padded('jpeg, with EXIF and a colour profile')
    const spelled = fc.constantFrom(...Object.values(SPELLINGS)).map((spell) => spell(bytes.toString('base64')))
    fc.assert(
      fc.property(spelled, fc.array(fc.nat(), { maxLength: 20 }), (text, places) => {
        expect(inJson(`data:image/jpeg;base64,${text}`, places)).toEqual(inJson(`data:image/jpeg;base64,${text}`))
      }),
      { numRuns: 100 },
    )
    const everyByte = SPELLINGS['with every character escaped']?.(bytes.toString('base64').slice(0, 3000)) ?? ''
    const places = Array.from(everyByte, (_, at) => at)
    expect(inJson(`data:image/jpeg;base64,${everyByte}`, places)).toEqual(inJson(`data:image/jpeg;base64,${everyByte}`))
  })
})
