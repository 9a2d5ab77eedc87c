import type { ImageFormat } from './image-format.ts'

/** The header of an image. */
export interface ImageHeader {
  /** By the first bytes, not by a file name or content type. */
  readonly format: ImageFormat
  /** Pixels as stored, without regard to an EXIF orientation; undefined: corrupt, zero, too short or not a format that is read. */
  readonly width: number | undefined
  readonly height: number | undefined
  /** Whether pixels can be transparent; undefined: not known. */
  readonly hasAlpha: boolean | undefined
}

/** The header while it is being read. */
export type Findings = { -readonly [Member in keyof ImageHeader]: ImageHeader[Member] }

/** A request of a reader: for that many bytes, or to pass over that many. */
export type Want = { readonly take: number } | { readonly skip: number }
/** Reads one format: yields what it wants, gets the bytes taken, returns when it knows enough or cannot read on. */
export type SegmentReader = Generator<Want, void, Buffer>

const MAX_PNG_NUMBER = 0x7fffffff
/** Colour type → whether it has an alpha channel; undefined: unknown type. The others can have a tRNS chunk instead. */
const PNG_ALPHA: Readonly<Record<number, boolean>> = { 0: false, 2: false, 3: false, 4: true, 6: true }

/** After the signature: the IHDR chunk, then, where the colour type has no alpha, the others up to the image data. */
export function* readPng(found: Findings): SegmentReader {
  const ihdr = yield { take: 25 }
  if (ihdr.readUInt32BE(0) !== 13 || ihdr.toString('latin1', 4, 8) !== 'IHDR') return
  found.width = dimension(ihdr.readUInt32BE(8))
  found.height = dimension(ihdr.readUInt32BE(12))
  const hasAlphaChannel = PNG_ALPHA[ihdr.readUInt8(17)]
  if (hasAlphaChannel !== false) {
    found.hasAlpha = hasAlphaChannel
    return
  }
  for (;;) {
    const head = yield { take: 8 }
    const length = head.readUInt32BE(0)
    const type = head.toString('latin1', 4, 8)
    if (type === 'tRNS' || type === 'IDAT') {
      found.hasAlpha = type === 'tRNS'
      return
    }
    if (type === 'IEND' || length > MAX_PNG_NUMBER) return
    yield { skip: length + 4 }
  }
}

const JPEG_END = 0xd9
const JPEG_SCAN = 0xda
/** Markers without a segment: TEM, RST0 to RST7, SOI. */
const isBareMarker = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
/** SOF0 to SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/** After the first bytes ff d8 ff: segment after segment, over EXIF, profiles and previews, up to the frame header. */
export function* readJpeg(found: Findings): SegmentReader {
  found.hasAlpha = false
  let byte = 0xff
  for (;;) {
    // As libjpeg does: other bytes before a marker are passed over, 0xff before one is filling, ff 00 is none.
    while (byte !== 0xff) byte = (yield { take: 1 }).readUInt8()
    while (byte === 0xff) byte = (yield { take: 1 }).readUInt8()
    if (byte === 0 || isBareMarker(byte)) continue
    if (byte === JPEG_END || byte === JPEG_SCAN) return
    const length = (yield { take: 2 }).readUInt16BE()
    if (length < 2) return
    if (isFrame(byte)) {
      if (length < 8) return
      const frame = yield { take: 5 }
      found.height = dimension(frame.readUInt16BE(1))
      found.width = dimension(frame.readUInt16BE(3))
      return
    }
    yield { skip: length - 2 }
  }
}

const WEBP_FRAME_START = 0x9d012a
const WEBP_LOSSLESS_SIGNATURE = 0x2f
const WEBP_ALPHA_FLAG = 0x10

/** After RIFF, size and WEBP: the first chunk. */
export function* readWebp(found: Findings): SegmentReader {
  const type = (yield { take: 8 }).toString('latin1', 0, 4)
  if (type === 'VP8 ') {
    const frame = yield { take: 10 }
    const isKeyFrame = (frame.readUInt8() & 1) === 0
    if (!isKeyFrame || frame.readUIntBE(3, 3) !== WEBP_FRAME_START) return
    // The upper two bits are a hint for upscaling.
    found.width = dimension(frame.readUInt16LE(6) & 0x3fff)
    found.height = dimension(frame.readUInt16LE(8) & 0x3fff)
    found.hasAlpha = false
  } else if (type === 'VP8L') {
    const head = yield { take: 5 }
    if (head.readUInt8() !== WEBP_LOSSLESS_SIGNATURE) return
    const bits = head.readUInt32LE(1)
    found.width = (bits & 0x3fff) + 1
    found.height = ((bits >>> 14) & 0x3fff) + 1
    found.hasAlpha = ((bits >>> 28) & 1) === 1
  } else if (type === 'VP8X') {
    const head = yield { take: 10 }
    found.width = head.readUIntLE(4, 3) + 1
    found.height = head.readUIntLE(7, 3) + 1
    found.hasAlpha = (head.readUInt8() & WEBP_ALPHA_FLAG) !== 0
  }
}

function dimension(pixels: number): number | undefined {
  return pixels === 0 || pixels > MAX_PNG_NUMBER ? undefined : pixels
}
