import { animate } from '../painter/animation.ts'
import { editPicture } from '../painter/edit.ts'
import { drawPicture, rasteriseScene } from '../painter/picture.ts'
import { encodeRaster, softened } from '../painter/raster.ts'
import { vary } from '../painter/variation.ts'
import type { SandboxOrder } from './order.ts'
import type { Encoding, Raster } from '../painter/raster.ts'
import type { SceneOrder } from '../painter/scene.ts'

/** Makes picture number `index` (0 …) of an order. */
export async function finish(order: SandboxOrder, index: number): Promise<Buffer> {
  const { animation } = order
  if (animation) return animate(await paint(order, index), animation)
  if (!order.canvas) return drawPicture({ ...sceneOf(order, index), ...encodingOf(order) })
  return encodeRaster(await paint(order, index), encodingOf(order))
}

/** The same, but first its stages, each sharper than the one before. */
export async function* develop(order: SandboxOrder, index: number): AsyncGenerator<Buffer, void> {
  if (order.partials === 0) {
    yield await finish(order, index)
    return
  }
  const raster = await paint(order, index)
  for (let remaining = order.partials; remaining > 0; remaining -= 1) {
    yield await encodeRaster(await softened(raster, remaining), encodingOf(order))
  }
  const drawing = order.format === 'svg' && !order.canvas
  yield drawing ? await finish(order, index) : await encodeRaster(raster, encodingOf(order))
}

async function paint(order: SandboxOrder, index: number): Promise<Raster> {
  const { operation, canvas, prompt, transparent } = order
  if (!canvas) return rasteriseScene(sceneOf(order, index))
  return operation === 'variation' ? vary(canvas.base, index) : editPicture({ canvas, prompt, index, transparent })
}

function sceneOf({ prompt, pixels, transparent }: SandboxOrder, index: number): SceneOrder {
  return { prompt, index, ...pixels, transparent }
}

function encodingOf({ format, compression }: SandboxOrder): Encoding {
  return { format, quality: compression }
}
