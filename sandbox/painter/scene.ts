import { abstract } from './scenery/abstract.ts'
import { diceFor, seedOf } from './dice.ts'
import { foregroundAir, vignette } from './scenery/air.ts'
import { landscape } from './scenery/landscape.ts'
import { readPrompt } from './reading.ts'
import { stageFor } from './stage.ts'
import { frameOf } from './motifs/motif.ts'
import { svg } from './svg.ts'
import { wordsOf } from './words.ts'
import { deepSea, space, studio } from './scenery/worlds.ts'
import type { Frame, Motif } from './motifs/motif.ts'
import type { Point } from './svg.ts'
import type { Reading } from './reading.ts'
import type { Stage } from './stage.ts'

/** An order for a drawing: the prompt, which of its pictures (0 …), how many pixels, on nothing or on a background. */
export interface SceneOrder {
  prompt: string
  index: number
  width: number
  height: number
  transparent: boolean
}

/** Draws the scene of a prompt as an SVG document. The same order always gives the same document. */
export function drawScene(order: SceneOrder): string {
  const dice = diceFor(seedOf(`${order.index} ${order.prompt}`))
  const reading = readPrompt(wordsOf(order.prompt), dice)
  const stage = stageFor(order, dice, reading.palette)
  const content = order.transparent ? sticker(stage, reading) : mirrored(stage, painted(stage, reading))
  return svg`<svg xmlns="http://www.w3.org/2000/svg" width="${order.width}" height="${order.height}" viewBox="0 0 ${stage.width} ${stage.height}">${content}</svg>`
}

function painted(stage: Stage, reading: Reading): string {
  return WORLDS[reading.world](stage, reading)
}

const WORLDS: Readonly<Record<Reading['world'], (stage: Stage, reading: Reading) => string>> = {
  abstract,
  space: (stage, { subjects }) => space(stage) + floating(stage, subjects) + vignette(stage),
  deep: (stage, { subjects }) => deepSea(stage) + floating(stage, subjects) + vignette(stage),
  studio: (stage, { subjects }) => still(stage, subjects),
  landscape: outdoors,
}

/** Half of all scenes are mirrored: the sun is always drawn on the left, since subjects are lit from there. */
function mirrored(stage: Stage, content: string): string {
  return stage.dice.chance(0.5) ? content : svg`<g transform="translate(${stage.width} 0) scale(-1 1)">${content}</g>`
}

/** Places and sizes of the first, second and third subject, as shares of the width. */
const STANDS: readonly (readonly [across: number, scale: number])[] = [
  [0.64, 2.05],
  [0.3, 1.3],
  [0.88, 0.95],
]

function outdoors(stage: Stage, reading: Reading): string {
  const { width, height, palette } = stage
  const ground = landscape(stage, reading.ground)
  const alone = reading.subjects.length === 1 ? 1.12 : 1
  const layers = { sky: '', water: '', reflections: '', ground: '' }
  reading.subjects.forEach((motif, index) => {
    const [across, size] = STANDS[index] ?? [0.5, 1]
    const scale = size * alone * (reading.filler ? 0.5 : 1)
    const x = width * (width < 1200 && index === 0 ? 0.57 : across)
    const drawn = motif.draw(stage.light, stage.dice)
    if (motif.place === 'water') {
      layers.water += placed(drawn, [x, ground.waterline - 4], scale)
      layers.reflections += svg`<g transform="translate(${x} ${ground.waterline + 24}) scale(${scale} ${-scale * 0.5})" opacity="0.13">${drawn}</g>`
    } else if (motif.place === 'ground' || motif.place === 'table') {
      const y = ground.standing(x)
      layers.ground += shadow(x, y, 92 * scale, palette.ink) + placed(drawn, [x, y], scale)
    } else {
      layers.sky += placed(drawn, [x, height * (0.3 + index * 0.06)], scale * 0.86)
    }
  })
  return svg`${ground.behind}${layers.sky}${layers.water}${ground.waves}${layers.reflections}${ground.shore}${layers.ground}${foregroundAir(stage, ground.shore !== '')}`
}

/** Places of floating subjects, as shares of the stage, and their sizes in units. */
const FLOATS: readonly (readonly [across: number, down: number, size: number])[] = [
  [0.55, 0.48, 620],
  [0.22, 0.66, 320],
  [0.84, 0.3, 250],
]

function floating(stage: Stage, subjects: readonly Motif[]): string {
  const drawn = subjects.map((motif, index) => {
    const [across, down, size] = FLOATS[index] ?? [0.5, 0.5, 200]
    const middle: Point = [stage.width * across, stage.height * down]
    return fitted(motif.draw(stage.light, stage.dice), frameOf(motif), middle, size)
  })
  return drawn.toReversed().join('')
}

function still(stage: Stage, subjects: readonly Motif[]): string {
  const floor = stage.height * 0.5 + 320
  const spots = subjects.length > 1 ? [-190, 210, 400] : [0]
  const drawn = subjects.map((motif, index) => {
    const x = stage.width / 2 + (spots[index] ?? 0)
    const frame = frameOf(motif)
    const scale = (subjects.length > 1 ? 430 - index * 60 : 570) / (frame[3] - frame[1])
    return (
      shadow(x, floor, 96 * scale, stage.palette.ink) +
      placed(motif.draw(stage.light, stage.dice), [x, floor - frame[3] * scale * 0.8], scale)
    )
  })
  return studio(stage, floor) + drawn.toReversed().join('')
}

/** The first subject alone on nothing; without one, the scene cut out as a round badge. */
function sticker(stage: Stage, reading: Reading): string {
  const { width, height } = stage
  const [main] = reading.filler ? [] : reading.subjects
  if (main)
    return fitted(
      main.draw((colour) => colour, stage.dice),
      frameOf(main),
      [width / 2, height / 2],
      920,
    )
  return svg`<clipPath id="badge"><circle cx="${width / 2}" cy="${height / 2}" r="470"/></clipPath><g clip-path="url(#badge)">${painted(stage, reading)}</g>`
}

/** A drawing with the middle of its frame at a point, its longer side so many units long. */
function fitted(drawn: string, frame: Frame, [x, y]: Point, size: number): string {
  const [left, top, right, bottom] = frame
  const scale = size / Math.max(right - left, bottom - top)
  return placed(drawn, [x - ((left + right) / 2) * scale, y - ((top + bottom) / 2) * scale], scale)
}

function placed(drawn: string, [x, y]: Point, scale: number): string {
  return svg`<g transform="translate(${x} ${y}) scale(${scale})">${drawn}</g>`
}

function shadow(x: number, y: number, half: number, ink: string): string {
  return svg`<ellipse cx="${x + half * 0.14}" cy="${y + 2}" rx="${half}" ry="${half * 0.11}" fill="${ink}" fill-opacity="0.3"/>`
}
