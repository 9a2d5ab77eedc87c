import { rasterOf } from './raster.ts'
import { inWorkshop } from './workshop.ts'
import type { Raster } from './raster.ts'

/** Facts of an uploaded picture that need no decoding of all of it. */
export interface Inspected {
  bytes: Buffer
  /** sharp's name of the format: `png`, `jpeg`, `webp`, `gif`, `svg` … */
  format: string
  /** As it is meant to be looked at: a rotation noted in the file is applied. */
  width: number
  height: number
  /** Whether it has an alpha channel. */
  alpha: boolean
}

/** Looks at the head of an uploaded picture; undefined when it is none. */
export async function inspect(bytes: Buffer): Promise<Inspected | undefined> {
  return inWorkshop(async (sharp) => {
    const { format, autoOrient, hasAlpha } = await sharp(bytes).metadata()
    return { bytes, format, width: autoOrient.width, height: autoOrient.height, alpha: hasAlpha }
  }).catch(() => undefined)
}

/** Decodes an uploaded picture to cover so many pixels; undefined when it cannot be decoded. */
export async function decodeUpload(bytes: Buffer, width: number, height: number): Promise<Raster | undefined> {
  return inWorkshop((sharp) => rasterOf(sharp(bytes).autoOrient().resize(width, height, { fit: 'cover' }))).catch(
    () => undefined,
  )
}
