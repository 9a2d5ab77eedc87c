import { changed, overlaid } from './canvas.ts'
import { diceFor, seedOf } from './dice.ts'
import { PALETTES } from './scenery/palettes.ts'
import { svg } from './svg.ts'
import type { Raster } from './raster.ts'

/** How far apart the hues of two variations are, in degrees; ten of them go almost once around. */
const HUE_STEP = 34

/** A variation of a picture: closer, in other colours and another light; every second one is mirrored. `index` is 0 … */
export async function vary(base: Raster, index: number): Promise<Raster> {
  const { width, height } = base
  const dice = diceFor(seedOf(`variation ${index}`))
  const palette = dice.pick(PALETTES)
  const closer = dice.between(1.06, 1.2)
  const room = [Math.round(width * closer) - width, Math.round(height * closer) - height] as const
  const turned = await changed(base, (image) =>
    image
      .resize(width + room[0], height + room[1], { fit: 'fill' })
      .extract({ left: dice.whole(0, room[0]), top: dice.whole(0, room[1]), width, height })
      .modulate({ hue: HUE_STEP * (index + 1), saturation: dice.between(1, 1.4) }),
  )
  const mirrored = index % 2 === 0 ? await changed(turned, (image) => image.flop()) : turned
  const light = svg`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><radialGradient id="l" cx="${dice.between(0.2, 0.8)}" cy="0.15" r="1.1"><stop offset="0" stop-color="${palette.glow}" stop-opacity="0.55"/><stop offset="1" stop-color="${palette.near}" stop-opacity="0.6"/></radialGradient><rect width="${width}" height="${height}" fill="url(#l)"/></svg>`
  return overlaid(mirrored, [{ input: Buffer.from(light), blend: 'soft-light' }])
}
