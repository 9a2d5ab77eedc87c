import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { ImageHeaderTap } from '../../../../src/gateway/requests/images/image-header.ts'
import { chunk, headerIn, IMAGES, OTHER_FILES, PNG_KINDS, pngOf, segment, withSegments } from '../uploads/images.ts'

/** Sharp's findings about the same file. */
async function bySharp(file: Buffer): Promise<unknown> {
  const { format, width, height, hasAlpha } = await sharp(file).metadata()
  return { format, width, height, hasAlpha }
}

describe('the header of an image says what sharp says', () => {
  it.each(Object.entries(IMAGES))('of a %s', async (_, file) => {
    expect(headerIn([file])).toEqual(await bySharp(file))
  })

  it.each(PNG_KINDS)('of a PNG of colour type $type with $depth bits, tRNS $isTransparent', async (kind) => {
    const file = pngOf(kind)
    expect(headerIn([file])).toEqual(await bySharp(file))
  })

  it.each([true, false])('of a PNG with long chunks before the palette, tRNS %s', async (isTransparent) => {
    const extra = [
      chunk('tEXt', Buffer.from(`Comment\0${'IDAT tRNS '.repeat(50_000)}`)),
      chunk('gAMA', Buffer.alloc(4, 1)),
    ]
    const file = pngOf({ type: 3, depth: 8, isTransparent, extra })
    expect(headerIn([file])).toEqual(await bySharp(file))
  })
})

describe('a file of another kind', () => {
  it.each(OTHER_FILES)('is known by its name: %s (%s)', (format, _, bytes) => {
    expect(headerIn([bytes])).toEqual({ format, width: undefined, height: undefined, hasAlpha: undefined })
  })

  it.each([
    '',
    'x',
    'hello, this is text',
    '{"image":"x"}',
    '<html><body></body></html>',
    '<'.repeat(2000),
    'BMW 2002',
    'RIFF1234WAVE',
  ])('is not taken for an image: %j', (text) => {
    expect(headerIn([Buffer.from(text)])).toBeUndefined()
  })
})

const png = pngOf({ type: 3, depth: 8, isTransparent: false })
const jpeg = IMAGES['jpeg, baseline'] ?? Buffer.alloc(0)
const UNKNOWN = { width: undefined, height: undefined }

/** The file with bytes replaced. */
function patched(file: Buffer, at: number, ...bytes: readonly number[]): Buffer {
  const copy = Buffer.from(file)
  copy.set(bytes, at)
  return copy
}

describe('a corrupt image', () => {
  it('has no dimension of zero, nor a negative one', () => {
    expect(headerIn([patched(png, 16, 0, 0, 0, 0)])).toMatchObject({ width: undefined, height: 7 })
    expect(headerIn([patched(png, 20, 0x80, 0, 0, 7)])).toMatchObject({ width: 13, height: undefined })
    const frame = Buffer.from([8, 0, 0, 0, 9, 1, 1, 0x11, 0])
    expect(headerIn([withSegments(jpeg, segment(0xc0, frame))])).toMatchObject({ width: 9, height: undefined })
    const webp = IMAGES['webp, lossy'] ?? png
    expect(headerIn([patched(webp, 26, 0, 0x40)])).toMatchObject({ format: 'webp', width: undefined, height: 17 })
  })

  it.each([
    ['a PNG that does not begin with IHDR', patched(png, 12, 0x78)],
    ['a PNG with an IHDR of another length', patched(png, 11, 14)],
    ['a JPEG with a segment of length 1', withSegments(jpeg, Buffer.from([0xff, 0xe1, 0, 1]))],
    ['a JPEG with a frame without dimensions', withSegments(jpeg, segment(0xc0, Buffer.from([8, 0, 1])))],
    ['a JPEG that begins with a scan', withSegments(jpeg, segment(0xda, Buffer.alloc(10)))],
    ['a JPEG that ends at once', withSegments(jpeg, Buffer.from([0xff, 0xd9]))],
    ['a WebP with an unknown chunk', patched(IMAGES['webp, lossy'] ?? png, 15, 0x78)],
    ['a WebP without start code', patched(IMAGES['webp, lossy'] ?? png, 23, 0)],
    ['a WebP that does not begin with a key frame', patched(IMAGES['webp, lossy'] ?? png, 20, 1)],
    ['a lossless WebP without signature', patched(IMAGES['webp, lossless'] ?? png, 20, 0)],
  ])('has no dimensions: %s', (_, file) => {
    const tap = new ImageHeaderTap()
    tap.write(file)
    expect(tap.header()).toMatchObject(UNKNOWN)
    expect(tap.isDone).toBe(true)
  })

  it('does not tell its transparency where it cannot be known', () => {
    expect(headerIn([patched(png, 25, 5)])).toMatchObject({ width: 13, hasAlpha: undefined })
    expect(headerIn([png.subarray(0, png.indexOf('IDAT'))])).toMatchObject({ width: 13, hasAlpha: undefined })
    const withoutData = Buffer.concat([png.subarray(0, png.indexOf('IDAT') - 4), chunk('IEND')])
    expect(headerIn([withoutData])).toMatchObject({ width: 13, hasAlpha: undefined })
  })

  it.each([
    [
      'PNG chunks',
      pngOf({ type: 2, depth: 8, isTransparent: false, extra: Array.from({ length: 100_000 }, () => chunk('tEXt')) }),
    ],
    ['JPEG filling', withSegments(jpeg, Buffer.alloc(100_000, 0xff))],
    ['JPEG segments', withSegments(jpeg, ...Array.from({ length: 100_000 }, () => segment(0xfe, Buffer.alloc(0))))],
    ['JPEG garbage', withSegments(jpeg, Buffer.alloc(100_000))],
  ])('is not read on and on: a hundred thousand %s', (_, file) => {
    const tap = new ImageHeaderTap()
    tap.write(file.subarray(0, 1_000_000))
    expect(tap.isDone).toBe(true)
  })
})

describe('a tap is done', () => {
  it('within a PNG chunk that is longer than there can be', () => {
    const tap = new ImageHeaderTap()
    tap.write(patched(png, 33, 0x80))
    expect(tap.isDone).toBe(true)
    expect(tap.header()).toMatchObject({ width: 13, hasAlpha: undefined })
  })

  it('after half a kilobyte of markup that is no SVG', () => {
    const tap = new ImageHeaderTap()
    tap.write(Buffer.from(`<!--${' '.repeat(507)}`))
    expect(tap.isDone).toBe(false)
    tap.write(Buffer.from(' '))
    expect(tap.isDone).toBe(true)
  })

  it('without a change to what it said before', () => {
    const tap = new ImageHeaderTap()
    tap.write(png.subarray(0, 8))
    const before = tap.header()
    tap.write(png.subarray(8))
    expect(before).toEqual({ format: 'png', ...UNKNOWN, hasAlpha: undefined })
    expect(tap.header()).toMatchObject({ width: 13, height: 7 })
  })

  it.each(Object.entries(IMAGES))('before the pixels of a %s', (_, file) => {
    const tap = new ImageHeaderTap()
    let read = 0
    while (!tap.isDone && read < file.length) tap.write(file.subarray(read, ++read))
    expect(read).toBeLessThan(file.length)
    expect(tap.header()).toEqual(headerIn([file]))
  })

  it('with what it does not know', () => {
    const tap = new ImageHeaderTap()
    expect(tap.isDone).toBe(false)
    tap.write(Buffer.from('hello, this is text'))
    expect(tap.isDone).toBe(true)
    tap.write(png)
    expect(tap.header()).toBeUndefined()
  })
})
