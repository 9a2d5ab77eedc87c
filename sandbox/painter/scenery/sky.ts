import { mix } from './colour.ts'
import { times } from '../dice.ts'
import { curve, svg } from '../svg.ts'
import type { Point } from '../svg.ts'
import type { Stage } from '../stage.ts'

/** The whole sky down to `horizon`: gradient, stars, aurora, sun or moon, clouds, birds. */
export function sky(stage: Stage, horizon: number): string {
  const { palette, width, dice } = stage
  const [top, middle, low] = palette.sky
  const air = stage.down([
    [0, top],
    [0.55, middle],
    [1, low],
  ])
  const sun: Point = [width * dice.between(0.2, 0.34), horizon * (0.94 - palette.sunHeight * 0.78)]
  return [
    svg`${air.def}<rect width="${width}" height="${stage.height}" fill="${low}"/><rect width="${width}" height="${horizon + 40}" fill="${air.fill}"/>`,
    palette.night ? stars(stage, horizon * 0.85, 130) : '',
    palette.weather === 'aurora' ? aurora(stage, horizon) : '',
    glow(stage, sun),
    palette.night ? moon(stage, sun) : disc(stage, sun),
    clouds(stage, horizon, sun),
    palette.night || palette.weather === 'rain' ? '' : birds(stage, horizon),
  ].join('')
}

/** Stars scattered over the upper part of the picture, a few of them large. */
export function stars(stage: Stage, depth: number, count: number): string {
  const { dice, width } = stage
  const many = Math.round(count * (width / 1000))
  return times(many, () => {
    const radius = dice.chance(0.08) ? dice.between(2.4, 3.6) : dice.between(0.7, 1.9)
    return svg`<circle cx="${dice.between(0, width)}" cy="${depth * dice.next() ** 1.3}" r="${radius}" fill="#fffbe8" fill-opacity="${dice.between(0.35, 1)}"/>`
  }).join('')
}

function glow(stage: Stage, [x, y]: Point): string {
  const { palette } = stage
  const halo = stage.round([
    [0, palette.glow, palette.night ? 0.6 : 0.95],
    [0.35, palette.glow, palette.night ? 0.22 : 0.45],
    [1, palette.glow, 0],
  ])
  return svg`${halo.def}<circle cx="${x}" cy="${y}" r="${palette.night ? 460 : 620}" fill="${halo.fill}"/>`
}

function disc(stage: Stage, [x, y]: Point): string {
  const radius = 92 - stage.palette.sunHeight * 34
  return svg`<circle cx="${x}" cy="${y}" r="${radius * 1.34}" fill="${stage.palette.sun}" fill-opacity="0.28"/><circle cx="${x}" cy="${y}" r="${radius}" fill="${stage.palette.sun}"/>`
}

function moon(stage: Stage, [x, y]: Point): string {
  const crater = mix(stage.palette.sun, stage.palette.glow, 0.5)
  const craters: readonly (readonly [number, number, number])[] = [
    [-22, -14, 13],
    [14, 20, 17],
    [24, -22, 8],
    [-18, 30, 7],
  ]
  return svg`<circle cx="${x}" cy="${y}" r="66" fill="${stage.palette.sun}"/>${craters.map(
    ([dx, dy, r]) => svg`<circle cx="${x + dx}" cy="${y + dy}" r="${r}" fill="${crater}" fill-opacity="0.55"/>`,
  )}`
}

function aurora(stage: Stage, horizon: number): string {
  const { dice, width, palette } = stage
  return times(4, (index) => {
    const veil = stage.down([
      [0, index % 2 === 0 ? palette.cool : '#b48cff', 0],
      [0.72, index % 2 === 0 ? palette.cool : '#8f9dff', 0.5],
      [1, palette.cool, 0],
    ])
    const base = horizon * dice.between(0.42, 0.8)
    const rise = dice.between(190, 300)
    const wave = times(9, (step): Point => [(width * step) / 8, base + dice.between(-60, 60)])
    const upper = wave.toReversed().map(([x, y]): Point => [x, y - rise - dice.between(0, 90)])
    return svg`${veil.def}<path d="${curve(wave)}L${curve(upper).slice(1)}Z" fill="${veil.fill}"/>`
  }).join('')
}

function clouds(stage: Stage, horizon: number, sun: Point): string {
  const { dice, width, palette } = stage
  const many = palette.weather === 'rain' ? 6 : dice.between(2, 3.4)
  const count = Math.round(many * Math.max(1, width / 1400))
  return times(count, (index) => {
    const x = (width * (index + dice.between(0.1, 0.9))) / count
    const share = dice.between(0.14, 0.6)
    // A dark cloud would bite a piece out of the moon.
    if ((palette.night || palette.weather === 'rain') && Math.abs(x - sun[0]) < 230) return ''
    // Low clouds are far away: smaller, and the colour of the haze.
    const colour = mix(palette.cloud, palette.sky[share > 0.4 ? 2 : 1], 0.22 + share * 0.5)
    return cloud(stage, [x, horizon * share], (1.25 - share) * dice.between(0.8, 1.2), colour)
  }).join('')
}

/** The puffs of a cumulus on a flat base: offset from the middle, height above the base, radius. */
const PUFFS: readonly (readonly [x: number, y: number, radius: number])[] = [
  [-98, -12, 24],
  [-58, -30, 38],
  [0, -48, 56],
  [54, -28, 42],
  [98, -14, 27],
]

function cloud(stage: Stage, [x, y]: Point, scale: number, colour: string): string {
  const { dice } = stage
  const puffs = PUFFS.map(([dx, dy, radius]) => {
    const size = radius * dice.between(0.78, 1.18)
    return svg`<circle cx="${dx * dice.between(0.9, 1.1)}" cy="${Math.min(dy, 6 - size)}" r="${size}"/>`
  })
  const side = dice.chance(0.5) ? 1 : -1
  return svg`<g transform="translate(${x} ${y}) scale(${scale * side} ${scale * 0.82})" fill="${colour}">${puffs}<rect x="-128" y="-22" width="256" height="30" rx="15"/></g>`
}

function birds(stage: Stage, horizon: number): string {
  const { dice, width, palette } = stage
  const x = width * dice.between(0.42, 0.7)
  const y = horizon * dice.between(0.22, 0.44)
  const flock = times(dice.whole(3, 6), () => {
    const span = dice.between(9, 17)
    return svg`<path d="M${x + dice.between(-110, 110) - span} ${y + dice.between(-44, 44)}q${span * 0.55} ${-span * 0.75} ${span} 0q${span * 0.45} ${-span * 0.75} ${span} 0"/>`
  })
  return svg`<g fill="none" stroke="${mix(palette.ink, palette.sky[1], 0.25)}" stroke-width="3" stroke-linecap="round">${flock}</g>`
}
