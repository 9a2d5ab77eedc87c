import { changed, cut, layer, overlaid, printsOf } from './canvas.ts'
import { diceFor, seedOf } from './dice.ts'
import { rasteriseScene } from './picture.ts'
import { readPrompt } from './reading.ts'
import { svg } from './svg.ts'
import { wordsOf } from './words.ts'
import type { OverlayOptions } from 'sharp'
import type { Box, Canvas } from './canvas.ts'
import type { Palette } from './scenery/palettes.ts'
import type { Raster } from './raster.ts'

/** An edit: what to start from, the prompt, which of its pictures (0 …), on nothing or on a background. */
export interface EditOrder {
  canvas: Canvas
  prompt: string
  index: number
  transparent: boolean
}

/** Edits a picture: where the mask opens it, or all of it. The same order always gives the same picture. */
export function editPicture(order: EditOrder): Promise<Raster> {
  const { opening, base } = order.canvas
  if (!opening) return restyled(order)
  return opening.box.width > 0 ? filled(order, opening) : Promise.resolve(base)
}

/** Draws the scene of the prompt into the opening, and leaves every pixel outside as it was. */
async function filled(order: EditOrder, { stencil, box }: NonNullable<Canvas['opening']>): Promise<Raster> {
  const { base, others } = order.canvas
  const scene = await sceneFor(order, box, order.transparent)
  const hole = await cut(stencil, box)
  const full = await overlaid(scene, await printsOf(others, box.width, box.height))
  const patch = await overlaid(full, [layer(hole, { blend: 'dest-in' })])
  const { left, top } = box
  const emptied = order.transparent ? [layer(hole, { left, top, blend: 'dest-out' })] : []
  return overlaid(base, [...emptied, layer(patch, { left, top })])
}

/** The most elongated scene there is; a longer opening shows the middle of it. */
const MOST_ELONGATED = 3

async function sceneFor({ prompt, index }: EditOrder, box: Box, transparent: boolean): Promise<Raster> {
  const { width, height } = box
  const size = {
    width: Math.max(64, Math.min(width, height * MOST_ELONGATED)),
    height: Math.max(64, Math.min(height, width * MOST_ELONGATED)),
  }
  const scene = await rasteriseScene({ prompt, index, ...size, transparent })
  return changed(scene, (image) => image.resize(width, height, { fit: 'cover' }))
}

/** Places of the motif in the first, second … picture, as shares of the room beside it. */
const SPOTS: readonly (readonly [across: number, down: number])[] = [
  [0.88, 0.7],
  [0.12, 0.7],
  [0.5, 0.4],
  [0.85, 0.15],
  [0.15, 0.15],
]

/** Without a mask the whole picture changes: it stands in the light of the prompt, and its motif stands in it. */
async function restyled(order: EditOrder): Promise<Raster> {
  const { canvas, prompt, index, transparent } = order
  const { width, height } = canvas.base
  const reading = readPrompt(wordsOf(prompt), diceFor(seedOf(`${index} ${prompt}`)))
  const named = reading.subjects.length > 0 && !reading.filler
  const light = wash([width, height], reading.palette, index, named ? 0.5 : 0.75)
  const lit = await overlaid(canvas.base, [{ input: light, blend: 'hard-light' }])
  // Transparent pixels stay transparent under the wash.
  const kept = await overlaid(lit, [layer(canvas.base, { blend: 'dest-in' })])
  const motif = named ? [await motifFor(order)] : []
  const finished = await overlaid(kept, [...motif, ...(await printsOf(canvas.others, width, height))])
  return transparent ? overlaid(finished, [{ input: badge([width, height]), blend: 'dest-in' }]) : finished
}

async function motifFor({ canvas, prompt, index }: EditOrder): Promise<OverlayOptions> {
  const { width, height } = canvas.base
  const edge = Math.round(Math.min(width, height) * 0.56)
  const motif = await rasteriseScene({ prompt, index, width: edge, height: edge, transparent: true })
  const [across, down] = SPOTS[index % SPOTS.length] ?? [0.5, 0.5]
  return layer(motif, { left: Math.round((width - edge) * across), top: Math.round((height - edge) * down) })
}

/** The colours of a palette over the whole picture, from another side in each picture of an order. */
function wash(
  size: readonly [number, number],
  { sky, warm, glow, cool }: Palette,
  index: number,
  share: number,
): Buffer {
  const stops = [sky[1], warm, glow, cool].map(
    (colour, at) => svg`<stop offset="${at / 3}" stop-color="${colour}" stop-opacity="${share}"/>`,
  )
  return drawing(
    size,
    svg`<linearGradient id="w" x1="0" y1="0" x2="0.35" y2="1" gradientTransform="rotate(${index * 73} 0.5 0.5)">${stops}</linearGradient><rect width="${size[0]}" height="${size[1]}" fill="url(#w)"/>`,
  )
}

/** The shape that remains when the background is to be transparent: the corners of a photograph say little. */
function badge(size: readonly [number, number]): Buffer {
  return drawing(size, svg`<rect width="${size[0]}" height="${size[1]}" rx="${Math.min(...size) / 2}"/>`)
}

function drawing([width, height]: readonly [number, number], content: string): Buffer {
  return Buffer.from(svg`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`)
}
