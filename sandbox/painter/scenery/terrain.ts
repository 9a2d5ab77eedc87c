import { mix } from './colour.ts'
import { times } from '../dice.ts'
import { curve, polygon, svg } from '../svg.ts'
import type { Colour } from './colour.ts'
import type { Point } from '../svg.ts'
import type { Stage } from '../stage.ts'

/** A line of land from the left edge to the right, as points to draw or to stand on. */
export type Ridge = readonly Point[]

/** A gently waving ridge around `base`. */
export function ridge(stage: Stage, base: number, amplitude: number, waves = 1.6): Ridge {
  const { dice, width } = stage
  const [a, b, c] = [dice.between(0, 6.3), dice.between(0, 6.3), dice.between(0.8, 1.25)]
  const turns = (waves * c * Math.PI * 2) / 1000
  return times(19, (step): Point => {
    const x = (width * step) / 18
    return [x, base - amplitude * (0.68 * Math.sin(x * turns + a) + 0.32 * Math.sin(x * turns * 2.3 + b))]
  })
}

/** Height of the land at `x`. */
export function heightAt(top: Ridge, x: number): number {
  const next = top.findIndex(([px]) => px >= x)
  const [a, b] = [top[Math.max(0, next - 1)], top[Math.max(0, next)]]
  if (!a || !b) return 0
  const share = b[0] === a[0] ? 0 : (x - a[0]) / (b[0] - a[0])
  return a[1] + (b[1] - a[1]) * share
}

/** Land below a ridge: its own colour on top, fading into the haze of the valley below it. */
export function land(stage: Stage, top: Ridge, colour: Colour, haze: number): string {
  const body = stage.down([
    [0, colour],
    [1, mix(colour, stage.palette.sky[2], haze)],
  ])
  return svg`${body.def}<path d="${curve(top)}V${stage.height + 5}H0Z" fill="${body.fill}"/>`
}

/** The colour of land at a distance: 0 = horizon, 1 = at our feet. */
export function landColour(stage: Stage, nearness: number): Colour {
  return mix(stage.palette.far, stage.palette.near, nearness)
}

interface Peak {
  x: number
  height: number
  half: number
}

/** Two ranges of snow-capped mountains standing on `base`, the farther one paler. */
export function mountains(stage: Stage, base: number, tall: number): string {
  return [0.16, 0.46]
    .map((nearness, row) => {
      const peaks = range(stage, tall * (row === 0 ? 1 : 0.72))
      const haze = mix(stage.palette.sky[2], stage.palette.sky[1], 0.3)
      const foot = stage.down([
        [0, haze, 0],
        [1, haze, 0.75],
      ])
      const drawn = peaks.map((peak) => mountain(stage, peak, base, nearness))
      return svg`${drawn}${foot.def}<rect y="${base - tall * 0.42}" width="${stage.width}" height="${tall * 0.42 + 4}" fill="${foot.fill}"/>`
    })
    .join('')
}

function range(stage: Stage, tall: number): Peak[] {
  const { dice, width } = stage
  const count = Math.max(3, Math.round(width / dice.between(260, 360)))
  const peaks = times(count + 1, (index): Peak => {
    const height = tall * dice.between(0.5, 1)
    return { x: (width * (index + dice.between(-0.3, 0.3))) / count, height, half: height * dice.between(0.72, 0.95) }
  })
  return peaks.sort((a, b) => b.height - a.height)
}

function mountain(stage: Stage, { x, height, half }: Peak, base: number, nearness: number): string {
  const { dice, palette } = stage
  const rock = mix(palette.far, mix(palette.near, palette.ink, palette.weather === 'snow' ? 0.55 : 0), nearness)
  const [bright, shade] = [mix(rock, palette.sky[2], 0.3), mix(rock, palette.ink, 0.2)]
  const snow = mix('#ffffff', palette.sky[2], 0.25)
  const apex: Point = [x, base - height]
  const side = (direction: number, share: number): Point => [x + direction * half * share, base - height * (1 - share)]
  const spine = times(4, (step): Point => {
    const share = (step + 1) / 4
    return [x + half * dice.between(-0.16, 0.2) * share, base - height * (1 - share)]
  })
  const cap = dice.between(0.3, 0.42)
  const fringe = times(5, (step): Point => {
    const across = -1 + (step + 1) / 3
    return [x + half * cap * across, base - height * (1 - cap) + (step % 2 === 0 ? -0.07 : 0.09) * height]
  })
  const middle = fringe[2] ?? apex
  return [
    polygon([apex, side(-1, 1), ...spine.toReversed()], `fill="${bright}"`),
    polygon([apex, ...spine, side(1, 1)], `fill="${shade}"`),
    polygon([apex, side(-1, cap), ...fringe, side(1, cap)], `fill="${snow}"`),
    polygon([apex, middle, ...fringe.slice(3), side(1, cap)], `fill="${mix(snow, shade, 0.34)}"`),
  ].join('')
}

/** Desert dunes: sharp crests, lit on the sun's side. */
export function dune(stage: Stage, base: number, colour: Colour): string {
  const { dice, width, height, palette } = stage
  const crest = width * dice.between(0.3, 0.72)
  const tall = dice.between(60, 150)
  const lit = stage.across([
    [0, mix(colour, palette.sky[2], 0.12)],
    [1, mix(colour, palette.sun, 0.3)],
  ])
  const shade = stage.down([
    [0, mix(colour, palette.ink, 0.3)],
    [1, mix(colour, palette.ink, 0.06)],
  ])
  const outline = svg`M0 ${base}C${crest * 0.4} ${base - 20} ${crest * 0.7} ${base - tall} ${crest} ${base - tall}C${crest + 160} ${base - tall * 0.8} ${width * 0.85} ${base + 10} ${width} ${base - 10}V${height + 5}H0Z`
  const lee = svg`M${crest} ${base - tall}C${crest + 160} ${base - tall * 0.8} ${width * 0.85} ${base + 10} ${width} ${base - 10}V${height + 5}H${crest * 0.7}C${crest + 130} ${base + 150} ${crest - 70} ${base + 40} ${crest} ${base - tall}Z`
  return svg`${lit.def}${shade.def}<path d="${outline}" fill="${lit.fill}"/><path d="${lee}" fill="${shade.fill}"/>`
}
