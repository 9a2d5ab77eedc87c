import { changed, layer, openingOf, overlaid } from '../../painter/canvas.ts'
import { decodeUpload } from '../../painter/uploaded.ts'
import { invalidImage, invalidMask } from './picture-rules.ts'
import type { SandboxOrder } from '../order.ts'
import type { Canvas } from '../../painter/canvas.ts'
import type { Raster } from '../../painter/raster.ts'
import type { Sources } from './picture-rules.ts'
import type { Rejection } from './rejections.ts'

/** Long enough for a print on the largest picture. */
const PRINT_EDGE = 384

/** Decodes the uploaded pictures of an order to its size. This is where a picture that breaks off is found out. */
export async function prepareCanvas(
  { images, mask, markup }: Sources,
  order: SandboxOrder,
): Promise<Canvas | Rejection> {
  const { width, height } = order.pixels
  const [first, ...more] = images
  const bare = await decodeUpload(first.bytes, width, height)
  const drawn = markup && (await decodeUpload(markup.bytes, width, height))
  if (!bare || (markup && !drawn)) return invalidImage(0)
  const base = drawn ? await overlaid(bare, [layer(drawn)]) : bare
  const others: Raster[] = []
  for (const [index, { bytes }] of more.entries()) {
    const other = await decodeUpload(bytes, PRINT_EDGE, PRINT_EDGE)
    if (!other) return invalidImage(index + 1)
    others.push(other)
  }
  // dall-e-2 edits where its picture itself is transparent when there is no mask.
  const holes =
    mask ?? (order.operation === 'edit' && order.model.family === 'dall-e-2' && first.alpha ? first : undefined)
  const opened = holes && (await decodeUpload(holes.bytes, width, height))
  if (holes && !opened) return invalidMask('mask cannot be decoded')
  return {
    base: order.transparent ? base : await changed(base, (image) => image.flatten({ background: '#ffffff' })),
    opening: opened && openingOf(opened),
    others,
  }
}
