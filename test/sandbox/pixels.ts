import sharp from 'sharp'

/** A rectangle of a picture, in whole pixels. */
export interface Region {
  left: number
  top: number
  width: number
  height: number
}

/** How far two pictures are apart on average, 0..255 a channel; within a region if one is given. Alpha is left out. */
export async function difference(one: Buffer, other: Buffer, region?: Region): Promise<number> {
  const [a, b] = [await rgb(one, region), await rgb(other, region)]
  if (a.length !== b.length) throw new Error('The pictures differ in size.')
  let sum = 0
  for (let at = 0; at < a.length; at += 1) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0))
  return sum / a.length
}

async function rgb(picture: Buffer, region: Region | undefined): Promise<Buffer> {
  const image = sharp(picture).removeAlpha().toColourspace('srgb')
  return (region ? image.extract(region) : image).raw().toBuffer()
}

/** The format and size of a picture, as `png 1024x640`. */
export async function look(picture: Buffer): Promise<string> {
  const { format, width, height } = await sharp(picture).metadata()
  return `${format} ${width}x${height}`
}

/** A picture with something to see in it: two colours, a slope between them and a disc. */
export async function photo(width: number, height: number, format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<Buffer> {
  const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><linearGradient id="g"><stop offset="0" stop-color="#205080"/><stop offset="1" stop-color="#e0c060"/></linearGradient><rect width="100%" height="100%" fill="url(#g)"/><circle cx="30%" cy="35%" r="12%" fill="#c02040"/></svg>`
  return sharp(Buffer.from(drawing)).removeAlpha().toFormat(format).toBuffer()
}

/** A mask that opens a region: transparent there, black elsewhere. */
export async function maskFor(width: number, height: number, { left, top, ...size }: Region): Promise<Buffer> {
  const hole = await sharp({ create: { ...size, channels: 4, background: '#000000' } })
    .png()
    .toBuffer()
  return sharp({ create: { width, height, channels: 4, background: '#000000' } })
    .composite([{ input: hole, left, top, blend: 'dest-out' }])
    .png()
    .toBuffer()
}
