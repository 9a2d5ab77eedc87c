import { drawScene } from './scene.ts'
import type { Sharp } from 'sharp'
import type { SceneOrder } from './scene.ts'

/** The encodings a picture can have. */
export type PictureFormat = 'png' | 'jpeg' | 'webp' | 'gif' | 'svg'

/** A scene to draw and how to encode it; `quality` is 0..100 and matters to jpeg and webp only. */
export interface PictureOrder extends SceneOrder {
  format: PictureFormat
  quality: number
}

type Rasteriser = (svg: Buffer) => Sharp

/** Loaded with the first picture: the gateway's start must not wait for libvips. */
let rasteriser: Promise<Rasteriser> | undefined

async function load(): Promise<Rasteriser> {
  const { default: sharp } = await import('sharp')
  // One thread a picture and nothing kept: the sandbox lives inside the gateway's process.
  sharp.concurrency(1)
  sharp.cache(false)
  return (svg) => sharp(svg)
}

const ENCODE: Readonly<Record<Exclude<PictureFormat, 'svg'>, (image: Sharp, quality: number) => Sharp>> = {
  // Adaptive filtering and higher levels cost three times the time for a tenth of the size (measured at 1024x1024).
  png: (image) => image.png({ compressionLevel: 5, adaptiveFiltering: false }),
  jpeg: (image, quality) =>
    image.flatten({ background: '#ffffff' }).jpeg({ quality: atLeastOne(quality), chromaSubsampling: '4:4:4' }),
  webp: (image, quality) => image.webp({ quality: atLeastOne(quality), effort: 1 }),
  gif: (image) => image.gif({ effort: 1, colours: 128, dither: 0.6 }),
}

/** sharp counts from 1, OpenAI from 0. */
function atLeastOne(quality: number): number {
  return Math.max(1, quality)
}

/** Draws a picture and encodes it. */
export async function drawPicture(order: PictureOrder): Promise<Buffer> {
  const svg = Buffer.from(drawScene(order))
  const { format, quality } = order
  if (format === 'svg') return svg
  rasteriser ??= load()
  const rasterise = await rasteriser
  return oneOfTwo(() => ENCODE[format](rasterise(svg), quality).toBuffer())
}

let running = 0
const waiting: (() => void)[] = []

/** Lets two pictures be drawn at a time: libuv has four threads, and the gateway needs some for DNS and files. */
async function oneOfTwo<T>(draw: () => Promise<T>): Promise<T> {
  if (running >= 2) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    return await draw()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running -= 1
  }
}
