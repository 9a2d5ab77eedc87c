import { imageOf, rasterOf } from './raster.ts'
import { svg } from './svg.ts'
import { inWorkshop } from './workshop.ts'
import type { OverlayOptions, Sharp } from 'sharp'
import type { Raster } from './raster.ts'
import type { SharpTool } from './workshop.ts'

/** A rectangle of a picture, in whole pixels. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}

/** The picture from which an edit starts: decoded, and as large as the one to be made. */
export interface Canvas {
  base: Raster
  /** Opaque where the picture is to be drawn anew, and the rectangle around that; undefined without a mask. */
  opening: { stencil: Raster; box: Box } | undefined
  /** The second and later pictures of the request, small and square. */
  others: readonly Raster[]
}

/** The colours are turned to nothing, and where the mask was transparent the stencil is opaque. */
export function openingOf(mask: Raster): NonNullable<Canvas['opening']> {
  const stencil = Buffer.alloc(mask.bytes.length)
  let [left, top, right, bottom] = [mask.width, mask.height, -1, -1]
  for (let at = 3; at < stencil.length; at += 4) {
    const open = 255 - (mask.bytes[at] ?? 255)
    if (open === 0) continue
    stencil[at] = open
    const pixel = (at - 3) / 4
    const x = pixel % mask.width
    const y = (pixel - x) / mask.width
    left = Math.min(left, x)
    top = Math.min(top, y)
    right = Math.max(right, x)
    bottom = y
  }
  const box = { left, top, width: right - left + 1, height: bottom - top + 1 }
  return { stencil: { bytes: stencil, width: mask.width, height: mask.height }, box }
}

/** A raster to lay over another. */
export function layer({ bytes, width, height }: Raster, options: OverlayOptions = {}): OverlayOptions {
  return { input: bytes, raw: { width, height, channels: 4 }, ...options }
}

/** Lays pictures over one another, the first undermost. */
export function overlaid(raster: Raster, layers: readonly OverlayOptions[]): Promise<Raster> {
  return inWorkshop((sharp) => rasterOf(imageOf(sharp, raster).composite([...layers])))
}

/** The part of a raster that a box frames. */
export function cut(raster: Raster, box: Box): Promise<Raster> {
  return inWorkshop((sharp) => rasterOf(imageOf(sharp, raster).extract(box)))
}

/** A raster changed by sharp. */
export function changed(raster: Raster, change: (image: Sharp, sharp: SharpTool) => Sharp): Promise<Raster> {
  return inWorkshop((sharp) => rasterOf(change(imageOf(sharp, raster), sharp)))
}

/** The other pictures as prints in a row, low in the middle of so many pixels: they arrived, and one sees it. */
export async function printsOf(others: readonly Raster[], width: number, height: number): Promise<OverlayOptions[]> {
  const edge = Math.floor(Math.min(height * 0.26, (width * 0.84) / Math.max(1, others.length)))
  if (edge < 4) return []
  const [left, top] = [Math.round((width - edge * others.length) / 2), Math.round(height * 0.9) - edge]
  const frame = Math.max(1, Math.round(edge * 0.04))
  const prints = others.map(async (other, index) => {
    const print = await changed(other, (image) => image.resize(edge, edge).composite([{ input: border(edge, frame) }]))
    return layer(print, { left: left + index * edge, top })
  })
  return Promise.all(prints)
}

function border(edge: number, wide: number): Buffer {
  const inner = edge - wide
  return Buffer.from(
    svg`<svg xmlns="http://www.w3.org/2000/svg" width="${edge}" height="${edge}"><rect x="${wide / 2}" y="${wide / 2}" width="${inner}" height="${inner}" fill="none" stroke="#ffffff" stroke-width="${wide}"/></svg>`,
  )
}
