import { mix } from './colour.ts'
import { times } from '../dice.ts'
import { heightAt } from './terrain.ts'
import { polygon, svg } from '../svg.ts'
import type { Colour } from './colour.ts'
import type { Point } from '../svg.ts'
import type { Ridge } from './terrain.ts'
import type { Stage } from '../stage.ts'

/** A row of firs along a ridge, `tall` units high on average; `density` is firs per 1000 units. */
export function firs(stage: Stage, top: Ridge, look: { tall: number; density: number; colour: Colour }): string {
  const { dice, width } = stage
  const count = Math.round((look.density * width) / 1000)
  return times(count, (index) => {
    const x = (width * (index + dice.between(0.05, 0.95))) / count
    return fir(stage, [x, heightAt(top, x) + 4], look.tall * dice.between(0.6, 1.3), look.colour)
  }).join('')
}

function fir(stage: Stage, [x, y]: Point, tall: number, colour: Colour): string {
  const lit = mix(colour, stage.palette.glow, 0.16)
  const half = tall * 0.24
  const tiers = [0, 0.26, 0.5].map((share, index) => {
    const [top, foot] = [y - tall * (1 - share * 0.9), y - tall * (0.5 - index * 0.2)]
    const wide = half * (0.6 + index * 0.28)
    return svg`${polygon(
      [
        [x, top],
        [x + wide, foot],
        [x, foot + wide * 0.16],
      ],
      `fill="${colour}"`,
    )}${polygon(
      [
        [x, top],
        [x - wide, foot],
        [x, foot + wide * 0.16],
      ],
      `fill="${lit}"`,
    )}`
  })
  return svg`<rect x="${x - tall * 0.025}" y="${y - tall * 0.14}" width="${tall * 0.05}" height="${tall * 0.16}" fill="${mix(colour, stage.palette.ink, 0.5)}"/>${tiers}`
}

/** Grass, and flowers where the season has them, along the nearest ridge. */
export function meadow(stage: Stage, top: Ridge, colour: Colour): string {
  const { dice, width, height, palette } = stage
  const blade = mix(colour, palette.glow, 0.22)
  const grass = times(Math.round(width / 9), () => {
    const x = dice.between(0, width)
    const lean = dice.between(-7, 7)
    const tall = dice.between(9, 22)
    const y = heightAt(top, x) + 3
    return svg`M${x - 2.2} ${y}Q${x} ${y - tall * 0.6} ${x + lean} ${y - tall}Q${x + 2} ${y - tall * 0.5} ${x + 2.2} ${y}Z`
  })
  const blooms = palette.night || palette.weather === 'snow' || palette.weather === 'rain' ? 0 : Math.round(width / 22)
  const flowers = times(blooms, () => {
    const x = dice.between(0, width)
    const ground = heightAt(top, x)
    const share = dice.next()
    const y = ground + 6 + (height - ground) * share
    return bloom([x, y], 3.5 + share * 5, dice.pick([palette.warm, palette.cloud, palette.glow, palette.cool]), colour)
  })
  return svg`<path d="${grass}" fill="${blade}"/>${flowers}`
}

function bloom([x, y]: Point, size: number, petal: Colour, stalk: Colour): string {
  return svg`<path d="M${x} ${y}v${size * 3}" stroke="${mix(stalk, '#ffffff', 0.14)}" stroke-width="${size * 0.35}"/><circle cx="${x}" cy="${y}" r="${size}" fill="${petal}"/><circle cx="${x}" cy="${y}" r="${size * 0.38}" fill="#fff6cf"/>`
}
