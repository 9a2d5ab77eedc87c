import { lightOf } from './scenery/colour.ts'
import type { Light } from './scenery/colour.ts'
import { linear, radial } from './svg.ts'
import type { Paint, Point, Stop } from './svg.ts'
import type { Dice } from './dice.ts'
import type { Palette } from './scenery/palettes.ts'

/** The stage of a scene: its extent (short side 1000), its chance, its colours. */
export interface Stage {
  width: number
  height: number
  dice: Dice
  palette: Palette
  light: Light
  down: (stops: readonly Stop[]) => Paint
  across: (stops: readonly Stop[]) => Paint
  round: (stops: readonly Stop[], centre?: Point) => Paint
}

/** A stage for a picture of so many pixels. Gradients get ids of their own, so that they may stand anywhere. */
export function stageFor(pixels: { width: number; height: number }, dice: Dice, palette: Palette): Stage {
  const unit = Math.min(pixels.width, pixels.height) / 1000
  let count = 0
  const id = (): string => `p${(count += 1)}`
  return {
    width: pixels.width / unit,
    height: pixels.height / unit,
    dice,
    palette,
    light: lightOf(palette.near, palette.tint),
    down: (stops) => linear(id(), stops),
    across: (stops) => linear(id(), stops, 'across'),
    round: (stops, centre) => radial(id(), stops, centre),
  }
}
