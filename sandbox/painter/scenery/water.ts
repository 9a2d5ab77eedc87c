import { mix } from './colour.ts'
import { times } from '../dice.ts'
import { curve, svg } from '../svg.ts'
import type { Point } from '../svg.ts'
import type { Stage } from '../stage.ts'

/** Open water from the horizon to the bottom edge, with the sun's path of light on it. */
export function openWater(stage: Stage, horizon: number): string {
  const { palette, width, height } = stage
  const [far, near] = palette.water
  const body = stage.down([
    [0, far],
    [0.4, mix(far, near, 0.6)],
    [1, near],
  ])
  return svg`${body.def}<rect y="${horizon}" width="${width}" height="${height - horizon + 5}" fill="${body.fill}"/>${glints(stage, horizon)}`
}

/** Lens-shaped reflections below the sun, wider and rarer towards us, and a few strays. */
function glints(stage: Stage, horizon: number): string {
  const { dice, palette, width, height } = stage
  const depth = height - horizon
  const column = width * 0.27
  const path = times(26, (index) => {
    const share = (index / 26) ** 1.35
    const spread = 34 + share * 150
    const x = column + dice.between(-1, 1) * spread * 0.55
    return lens(
      x,
      horizon + 8 + depth * share * 0.9,
      dice.between(0.35, 1) * (40 + share * 80),
      2 + share * 5,
      0.75 - share * 0.5,
    )
  })
  const strays = times(Math.round(width / 55), () => {
    const share = dice.next() ** 1.6
    return lens(
      dice.between(0, width),
      horizon + 10 + depth * share,
      16 + share * dice.between(40, 110),
      1 + share * 2,
      dice.between(0.12, 0.32),
    )
  })
  return svg`<g fill="${palette.sun}">${path}${strays}</g>`
}

function lens(x: number, y: number, half: number, thick: number, opacity: number): string {
  return svg`<path d="M${x - half} ${y}Q${x} ${y - thick} ${x + half} ${y}Q${x} ${y + thick} ${x - half} ${y}Z" fill-opacity="${opacity}"/>`
}

/** A band of waves in front of whatever floats at `y`: nearer bands are taller and darker. */
export function waveBand(stage: Stage, y: number, nearness: number): string {
  const { dice, palette, width, height } = stage
  const [far, near] = palette.water
  const length = 120 + nearness * 130
  const rise = 7 + nearness * 17
  const offset = dice.between(-length, 0)
  const count = Math.ceil((width + 2 * length) / length)
  const crest = times(count * 2 + 1, (step): Point => {
    const swell = (step % 2 === 0 ? rise : -rise * 0.6) * dice.between(0.55, 1.25)
    return [offset + ((step + dice.between(-0.18, 0.18)) * length) / 2, y + swell]
  })
  const tone = mix(far, near, 0.45 + nearness * 0.5)
  const body = stage.down([
    [0, mix(tone, palette.sky[2], 0.16)],
    [0.5, mix(tone, palette.ink, nearness * 0.25)],
    [1, mix(tone, palette.ink, 0.12 + nearness * 0.3)],
  ])
  const line = curve(crest)
  return svg`${body.def}<path d="${line}V${height + 5}H${offset}Z" fill="${body.fill}" fill-opacity="0.94"/><path d="${line}" fill="none" stroke="${palette.sun}" stroke-width="${1.5 + nearness * 1.5}" stroke-opacity="${0.2 + nearness * 0.12}"/>`
}

/** The lights of a city as they stand in the water before it: upright streaks that fade towards us. */
export function cityLights(stage: Stage, horizon: number): string {
  const { dice, palette, width, height } = stage
  const lamp = palette.night ? '#ffd98a' : palette.glow
  const streak = stage.down([
    [0, lamp, palette.night ? 0.5 : 0.3],
    [1, lamp, 0],
  ])
  const streaks = times(Math.round(width / 26), () => {
    const wide = dice.between(4, 13)
    return svg`<rect x="${dice.between(0, width)}" y="${horizon + 4}" width="${wide}" height="${(height - horizon) * dice.between(0.12, 0.5)}" rx="${wide / 2}" fill="${streak.fill}"/>`
  })
  return svg`${streak.def}${streaks}`
}
