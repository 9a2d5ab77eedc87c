import { imageOf, rasterOf } from './raster.ts'
import { inWorkshop } from './workshop.ts'
import type { Raster } from './raster.ts'
import type { SharpTool } from './workshop.ts'

/** How an animation moves. */
export interface Animation {
  frames: number
  frameMs: number
}

/** How much larger the picture is than the frame that moves over it. */
const CLOSER = 1.08

/** An animated gif: the view drifts once around the middle of the picture, so that the last frame leads to the first. */
export function animate(raster: Raster, { frames, frameMs }: Animation): Promise<Buffer> {
  return inWorkshop(async (sharp) => {
    const pages: Buffer[] = []
    for (let index = 0; index < frames; index += 1) pages.push(await frameAt(sharp, raster, index / frames))
    const { width, height } = raster
    const raw = { width, height: height * frames, channels: 4, pageHeight: height } as const
    const delay = pages.map(() => roundedDelay(frameMs))
    return sharp(Buffer.concat(pages), { raw }).gif({ effort: 1, colours: 64, dither: 0, loop: 0, delay }).toBuffer()
  })
}

async function frameAt(sharp: SharpTool, raster: Raster, share: number): Promise<Buffer> {
  const { width, height } = raster
  const [wide, high] = [Math.ceil(width * CLOSER), Math.ceil(height * CLOSER)] as const
  const turn = 2 * Math.PI * share
  const left = Math.round(((1 + Math.cos(turn)) / 2) * (wide - width))
  const top = Math.round(((1 + Math.sin(turn)) / 2) * (high - height))
  const { bytes: enlarged } = await rasterOf(imageOf(sharp, raster).resize(wide, high, { fit: 'fill' }))
  const view = imageOf(sharp, { bytes: enlarged, width: wide, height: high }).extract({ left, top, width, height })
  return (await rasterOf(view)).bytes
}

/** To the nearest 10 ms, at most 655,350 ms (facts of 2026-11, 1). */
function roundedDelay(frameMs: number): number {
  return Math.min(655_350, Math.round(frameMs / 10) * 10)
}
