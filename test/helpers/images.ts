import sharp from 'sharp'

/** A small real picture; `alpha` 0 makes all of it transparent. */
export async function picture(
  width: number,
  height: number,
  format: 'png' | 'jpeg' | 'webp' | 'gif' = 'png',
  alpha?: number,
): Promise<Buffer<ArrayBuffer>> {
  const background = { r: 200, g: 120, b: 40, alpha: alpha ?? 1 }
  const channels = alpha === undefined ? 3 : 4
  return Buffer.from(await sharp({ create: { width, height, channels, background } }).toFormat(format).toBuffer())
}

/** A real PNG of at least so many bytes: what follows its end is ignored by every decoder. */
export async function largePicture(bytes: number): Promise<Buffer<ArrayBuffer>> {
  const small = await picture(64, 64)
  return Buffer.concat([small, Buffer.alloc(Math.max(0, bytes - small.length), 7)])
}
