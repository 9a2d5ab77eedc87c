import { svg } from './svg.ts'
import { inWorkshop } from './workshop.ts'
import type { Sharp } from 'sharp'
import type { SharpTool } from './workshop.ts'

/** The encodings a picture can have. */
export type PictureFormat = 'png' | 'jpeg' | 'webp' | 'gif' | 'svg'

/** How to encode a picture; `quality` is 0..100 and matters to jpeg and webp only. */
export interface Encoding {
  format: PictureFormat
  quality: number
}

/** Pixels in memory, row by row, four bytes each: red, green, blue, alpha. */
export interface Raster {
  bytes: Buffer
  width: number
  height: number
}

/** A raster as something sharp works on. */
export function imageOf(sharp: SharpTool, { bytes, width, height }: Raster): Sharp {
  return sharp(bytes, { raw: { width, height, channels: 4 } })
}

/** The pixels that a chain of sharp's operations ends in. */
export async function rasterOf(image: Sharp): Promise<Raster> {
  const { data, info } = await image.toColourspace('srgb').ensureAlpha().raw().toBuffer({ resolveWithObject: true })
  return { bytes: data, width: info.width, height: info.height }
}

type Encode = (image: Sharp, quality: number) => Promise<Buffer>

const ENCODE: Readonly<Record<PictureFormat, Encode>> = {
  // Adaptive filtering and higher levels cost three times the time for a tenth of the size (measured at 1024x1024).
  png: (image) => image.png({ compressionLevel: 5, adaptiveFiltering: false }).toBuffer(),
  jpeg: (image, quality) => {
    const flat = image.flatten({ background: '#ffffff' })
    return flat.jpeg({ quality: atLeastOne(quality), chromaSubsampling: '4:4:4' }).toBuffer()
  },
  webp: (image, quality) => image.webp({ quality: atLeastOne(quality), effort: 1 }).toBuffer(),
  gif: (image) => image.gif({ effort: 1, colours: 128, dither: 0.6 }).toBuffer(),
  svg: wrapped,
}

/** sharp counts from 1, OpenAI from 0. */
function atLeastOne(quality: number): number {
  return Math.max(1, quality)
}

/** Pixels cannot become shapes: the SVG holds them as a picture. */
async function wrapped(image: Sharp): Promise<Buffer> {
  const { data, info } = await image.png({ compressionLevel: 5 }).toBuffer({ resolveWithObject: true })
  const { width, height } = info
  const link = `data:image/png;base64,${data.toString('base64')}`
  return Buffer.from(
    svg`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><image width="${width}" height="${height}" href="${link}"/></svg>`,
  )
}

/** Encodes whatever sharp is working on. */
export function encodeImage(image: Sharp, { format, quality }: Encoding): Promise<Buffer> {
  return ENCODE[format](image, quality)
}

/** Encodes pixels. */
export function encodeRaster(raster: Raster, encoding: Encoding): Promise<Buffer> {
  return inWorkshop((sharp) => encodeImage(imageOf(sharp, raster), encoding))
}

/** How many pixels become one, by the number of pictures still to come. */
const COARSENESS = [1, 8, 24, 64] as const

/** The picture as it looks while `remaining` (0..3) sharper ones are still to come. */
export function softened(raster: Raster, remaining: number): Promise<Raster> {
  const coarseness = COARSENESS[remaining] ?? 64
  const { width, height } = raster
  const small = [Math.ceil(width / coarseness), Math.ceil(height / coarseness)] as const
  return inWorkshop(async (sharp) => {
    const rough = await rasterOf(imageOf(sharp, raster).resize(...small, { fit: 'fill' }))
    return rasterOf(imageOf(sharp, rough).resize(width, height, { fit: 'fill', kernel: 'cubic' }))
  })
}
