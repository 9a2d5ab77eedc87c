import { encodeImage, rasterOf } from './raster.ts'
import { drawScene } from './scene.ts'
import { inWorkshop } from './workshop.ts'
import type { Encoding, Raster } from './raster.ts'
import type { SceneOrder } from './scene.ts'

/** A scene to draw and how to encode it. */
export interface PictureOrder extends SceneOrder, Encoding {}

/** Draws a picture and encodes it. An SVG is the drawing itself. */
export async function drawPicture(order: PictureOrder): Promise<Buffer> {
  const svg = Buffer.from(drawScene(order))
  return order.format === 'svg' ? svg : inWorkshop((sharp) => encodeImage(sharp(svg), order))
}

/** Draws a scene as pixels. */
export function rasteriseScene(order: SceneOrder): Promise<Raster> {
  const svg = Buffer.from(drawScene(order))
  return inWorkshop((sharp) => rasterOf(sharp(svg)))
}
