import { svg } from '../svg.ts'
import type { Dice } from '../dice.ts'
import type { Light } from '../scenery/colour.ts'

/** The element of a subject; the place of the first subject decides what world the scene is. */
export type Place = 'ground' | 'water' | 'sky' | 'deep' | 'space' | 'table'

/** Left, top, right and bottom edge, in motif units. */
export type Frame = readonly [left: number, top: number, right: number, bottom: number]

const BOX: Frame = [-104, -204, 104, 8]
const AFLOAT: Frame = [-104, -140, 104, 18]
const FLOATING: Frame = [-108, -112, 108, 112]

/** The box that a motif covers. */
export function frameOf({ place, frame }: Motif): Frame {
  if (frame) return frame
  if (place === 'water') return AFLOAT
  return place === 'ground' || place === 'table' ? BOX : FLOATING
}

/**
 * A subject that a word in the prompt calls for. It is drawn in a box 200 wide: `ground`, `water` and `table` stand on
 * y = 0 and reach up to about -200, the others float around 0,0. The light comes from the left.
 */
export interface Motif {
  name: string
  words: readonly string[]
  place: Place
  /** The box that the drawing covers, if it is not the usual one. */
  frame?: Frame
  draw: (light: Light, dice: Dice) => string
}

/** One filled shape. */
export function shape(path: string, fill: string, opacity = 1): string {
  return opacity === 1
    ? svg`<path d="${path}" fill="${fill}"/>`
    : svg`<path d="${path}" fill="${fill}" fill-opacity="${opacity}"/>`
}

/** One line with round ends. */
export function stroke(path: string, colour: string, wide: number): string {
  return svg`<path d="${path}" fill="none" stroke="${colour}" stroke-width="${wide}" stroke-linecap="round" stroke-linejoin="round"/>`
}

/** A filled circle, or an ellipse when a second radius is given. */
export function dot(x: number, y: number, radius: number, fill: string, radiusY = radius): string {
  return svg`<ellipse cx="${x}" cy="${y}" rx="${radius}" ry="${radiusY}" fill="${fill}"/>`
}

/** A filled rectangle with rounded corners. */
export function box(at: readonly [x: number, y: number, wide: number, tall: number], fill: string, corner = 0): string {
  const [x, y, wide, tall] = at
  return svg`<rect x="${x}" y="${y}" width="${wide}" height="${tall}" rx="${corner}" fill="${fill}"/>`
}

/** The drawing and its mirror image. */
export function both(drawing: string): string {
  return svg`${drawing}<g transform="scale(-1 1)">${drawing}</g>`
}

/** A drawing that lets shine through what is behind it. */
export function faint(drawing: string, opacity: number): string {
  return svg`<g opacity="${opacity}">${drawing}</g>`
}

/** Colours as they look in the light of the scene. */
export function inks<T extends readonly string[]>(light: Light, ...colours: T): { [K in keyof T]: string } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- map() keeps the length, but its type does not say so
  return colours.map((colour) => light(colour)) as { [K in keyof T]: string }
}
