import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import type { Sharp } from 'sharp'
import { ImageHeaderTap } from '../../../../src/gateway/requests/images/image-header.ts'
import type { ImageHeader } from '../../../../src/gateway/requests/images/image-segments.ts'

/** A tap's findings in chunks. */
export function headerIn(chunks: Iterable<Buffer>): ImageHeader | undefined {
  const tap = new ImageHeaderTap()
  for (const piece of chunks) tap.write(piece)
  return tap.header()
}

/** A chunk of a PNG with its length and checksum. */
export function chunk(type: string, data: Buffer = Buffer.alloc(0)): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
/** A transparent colour of the type: a grey value, an RGB value, the alpha of palette entries. */
const TRANSPARENCY: Readonly<Record<number, Buffer>> = {
  0: Buffer.alloc(2),
  2: Buffer.alloc(6),
  3: Buffer.from([0, 128]),
}
const SIGNATURE = Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1')

export interface PngKind {
  readonly type: number
  readonly depth: number
  readonly isTransparent: boolean
  /** Chunks between IHDR and the others. */
  readonly extra?: readonly Buffer[]
}

/** A black PNG of any colour type and bit depth, 13 × 7 pixels, as sharp cannot write them all. */
export function pngOf({ type, depth, isTransparent, extra = [] }: PngKind): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(13, 0)
  head.writeUInt32BE(7, 4)
  head.set([depth, type], 8)
  const row = 1 + Math.ceil((13 * (SAMPLES[type] ?? 0) * depth) / 8)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', head),
    ...extra,
    ...(type === 3 ? [chunk('PLTE', Buffer.alloc(6))] : []),
    ...(isTransparent ? [chunk('tRNS', TRANSPARENCY[type])] : []),
    chunk('IDAT', deflateSync(Buffer.alloc(row * 7))),
    chunk('IEND'),
  ])
}

/** Colour type → the bit depths it may have. */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}

export const PNG_KINDS: readonly PngKind[] = Object.entries(DEPTHS).flatMap(([type, depths]) =>
  depths.flatMap((depth) =>
    [false, ...(Number(type) < 4 ? [true] : [])].map((isTransparent) => ({ type: Number(type), depth, isTransparent })),
  ),
)

/** A segment of a JPEG with its marker and length. */
export function segment(marker: number, data: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(data.length + 2, 2)
  return Buffer.concat([head, data])
}

/** A JPEG with bytes put before its second marker. */
export function withSegments(jpeg: Buffer, ...segments: readonly Buffer[]): Buffer {
  return Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)])
}

const canvas = (channels: 3 | 4, width = 31, height = 17): Sharp =>
  sharp({ create: { width, height, channels, background: { r: 200, g: 100, b: 50, alpha: 0.5 } } })
const animation = (channels: 3 | 4): Sharp => {
  const pages = [10, 200].map((value) => Buffer.alloc(31 * 17 * channels, value))
  return sharp(Buffer.concat(pages), { raw: { width: 31, height: 34, channels, pageHeight: 17 } })
}

const base = await canvas(3).jpeg().toBuffer()
const huffmanAt = base.indexOf(Buffer.from([0xff, 0xc4]))
const huffmanTables = base.subarray(huffmanAt, huffmanAt + 2 + base.readUInt16BE(huffmanAt + 2))
const LARGE_SEGMENTS = [0xe1, 0xe1, 0xe2, 0xe2, 0xed, 0xfe].map((marker) => segment(marker, Buffer.alloc(65_533, 0xff)))
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="31" height="17"/>'

/** Images as they come, by what is special about them. */
export const IMAGES: Readonly<Record<string, Buffer>> = {
  'png, RGB': await canvas(3).png().toBuffer(),
  'png, RGBA, interlaced': await canvas(4).png({ progressive: true }).toBuffer(),
  'png, 16 bit': await canvas(4).toColourspace('rgb16').png().toBuffer(),
  'png, grey': await canvas(3).toColourspace('b-w').png().toBuffer(),
  'png, palette': await canvas(3).png({ palette: true, colours: 4 }).toBuffer(),
  'png, palette with alpha': await canvas(4).png({ palette: true }).toBuffer(),
  'png, with a colour profile': await canvas(3).withIccProfile('p3').png().toBuffer(),
  'png, 1 × 1': await canvas(3, 1, 1).png().toBuffer(),

  'jpeg, baseline': base,
  'jpeg, progressive': await canvas(3, 3000, 2).jpeg({ progressive: true }).toBuffer(),
  'jpeg, grey': await canvas(3).toColourspace('b-w').jpeg().toBuffer(),
  'jpeg, CMYK': await canvas(3).toColourspace('cmyk').jpeg().toBuffer(),
  'jpeg, on its side': await canvas(3).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  'jpeg, with EXIF and a colour profile': await canvas(3)
    .withIccProfile('p3')
    .withExif({ IFD0: { Copyright: 'x'.repeat(20_000) } })
    .jpeg()
    .toBuffer(),
  'jpeg, with 400 KB of metadata': withSegments(base, ...LARGE_SEGMENTS),
  'jpeg, with another jpeg in its metadata': withSegments(base, segment(0xe1, await canvas(3, 8, 8).jpeg().toBuffer())),
  'jpeg, with an empty segment': withSegments(base, segment(0xfe, Buffer.alloc(0))),
  'jpeg, with tables before the frame': withSegments(base, huffmanTables, segment(0xcc, Buffer.from([0, 0x10]))),
  'jpeg, with markers without a segment': withSegments(base, Buffer.from([0xff, 0x01, 0xff, 0xd3])),
  'jpeg, with bytes between segments': withSegments(
    base,
    segment(0xfe, Buffer.alloc(2)),
    Buffer.from([0, 1, 0xff, 0, 2, 3]),
  ),
  'jpeg, with filling before markers': withSegments(
    base,
    Buffer.alloc(9, 0xff),
    segment(0xfe, Buffer.alloc(2)),
    Buffer.alloc(300, 0xff),
  ),

  'webp, lossy': await canvas(3).webp().toBuffer(),
  'webp, lossy with alpha': await canvas(4).webp().toBuffer(),
  'webp, lossless': await canvas(3).webp({ lossless: true }).toBuffer(),
  'webp, lossless with alpha': await canvas(4).webp({ lossless: true }).toBuffer(),
  'webp, with a colour profile': await canvas(3).withIccProfile('p3').webp().toBuffer(),
  'webp, animated': await animation(3).webp().toBuffer(),
  'webp, animated with alpha': await animation(4).webp().toBuffer(),
  'webp, wide': await canvas(3, 16_383, 1).webp().toBuffer(),
  'webp, lossless and high': await canvas(4, 1, 16_383).webp({ lossless: true }).toBuffer(),
}

/** Files that are known by name only. */
export const OTHER_FILES: readonly (readonly [format: string, what: string, bytes: Buffer])[] = [
  ['gif', 'GIF', await canvas(3).gif().toBuffer()],
  ['tiff', 'TIFF', await canvas(3).tiff().toBuffer()],
  ['tiff', 'large TIFF', await canvas(3).tiff({ bigtiff: true }).toBuffer()],
  ['tiff', 'TIFF of the other byte order', Buffer.from('MM\0*\0\0\0\u0008')],
  ['avif', 'AVIF', await canvas(3).avif({ effort: 0 }).toBuffer()],
  ['heic', 'HEIC', Buffer.from('\0\0\0\u0018ftypheic\0\0\0\0mif1heic')],
  ['heic', 'HEIF', Buffer.from('\0\0\0\u0018ftypmif1\0\0\0\0mif1heic')],
  ['jp2', 'JPEG 2000', Buffer.from('\0\0\0\u000cjP  \r\n\u0087\n', 'latin1')],
  ['jxl', 'JPEG XL', Buffer.from('\0\0\0\u000cJXL \r\n\u0087\n', 'latin1')],
  ['jxl', 'bare JPEG XL', Buffer.from([0xff, 0x0a, 0, 0])],
  ['bmp', 'BMP', Buffer.from('BM\u0046\0\0\0\0\0\0\0\u0036\0\0\0', 'latin1')],
  ['psd', 'Photoshop file', Buffer.from('8BPS\0\u0001')],
  ['pdf', 'PDF', Buffer.from('%PDF-1.7\n')],
  ['svg', 'SVG', Buffer.from(SVG)],
  ['svg', 'shortest SVG', Buffer.from('<svg/>')],
  ['svg', 'SVG after its declaration', Buffer.from(`\ufeff<?xml version="1.0"?>\n<!-- A -->\n<!DOCTYPE svg>\n${SVG}`)],
]
