import { mix } from './colour.ts'
import { times } from '../dice.ts'
import { svg } from '../svg.ts'
import type { Stage } from '../stage.ts'
import type { Weather } from './palettes.ts'

/** Particles in the air in front of everything, and a soft darkening of the corners. Fireflies keep to the land. */
export function foregroundAir(stage: Stage, overLand: boolean): string {
  const { weather } = stage.palette
  const drift = !overLand && (weather === 'fireflies' || weather === 'aurora') ? '' : DRIFT[weather](stage)
  return drift + vignette(stage)
}

/** Darkens the corners a little, which draws the eye inwards. */
export function vignette(stage: Stage): string {
  const { width, height, palette } = stage
  const shade = stage.round([
    [0.55, palette.ink, 0],
    [1, palette.ink, 0.3],
  ])
  return svg`${shade.def}<rect x="${-width * 0.2}" y="${-height * 0.2}" width="${width * 1.4}" height="${height * 1.4}" fill="${shade.fill}"/>`
}

const nothing = (): string => ''

const DRIFT: Readonly<Record<Weather, (stage: Stage) => string>> = {
  clear: nothing,
  aurora: fireflies,
  fireflies,
  snow: (stage) =>
    scatter(
      stage,
      150,
      ({ dice, at }) =>
        svg`<circle cx="${at[0]}" cy="${at[1]}" r="${dice.between(1.6, 5.5)}" fill="#ffffff" fill-opacity="${dice.between(0.45, 0.95)}"/>`,
    ),
  rain: (stage) =>
    svg`<g stroke="#e8f0f2" stroke-linecap="round">${scatter(stage, 130, ({ dice, at }) => {
      const length = dice.between(18, 52)
      return svg`<path d="M${at[0]} ${at[1]}l${-length * 0.22} ${length}" stroke-width="${dice.between(1, 2.4)}" stroke-opacity="${dice.between(0.2, 0.5)}"/>`
    })}</g>`,
  petals: (stage) => leaves(stage, ['#ffd0de', '#ffb3cb', '#fff0f4'], 34),
  leaves: (stage) =>
    leaves(stage, [stage.palette.warm, '#e9a23b', mix(stage.palette.warm, stage.palette.ink, 0.3)], 30),
}

function scatter(
  stage: Stage,
  count: number,
  draw: (spot: { dice: Stage['dice']; at: readonly [number, number] }) => string,
): string {
  const { dice, width, height } = stage
  const many = Math.round((count * width * height) / 1_000_000)
  return times(many, () => draw({ dice, at: [dice.between(0, width), dice.between(0, height)] })).join('')
}

function leaves(stage: Stage, colours: readonly [string, ...string[]], count: number): string {
  return scatter(stage, count, ({ dice, at }) => {
    const size = dice.between(5, 13)
    return svg`<path transform="translate(${at[0]} ${at[1]}) rotate(${dice.between(0, 360)})" d="M0 ${-size}Q${size * 0.8} 0 0 ${size}Q${-size * 0.8} 0 0 ${-size}Z" fill="${dice.pick(colours)}" fill-opacity="${dice.between(0.7, 1)}"/>`
  })
}

function fireflies(stage: Stage): string {
  const { dice, width, height } = stage
  const light = stage.round([
    [0, '#fff3b8', 0.95],
    [0.25, '#ffe48a', 0.5],
    [1, '#ffe48a', 0],
  ])
  const swarm = times(Math.round(width / 75), () => {
    return svg`<circle cx="${dice.between(0, width)}" cy="${height * dice.between(0.62, 0.97)}" r="${dice.between(7, 17)}" fill="${light.fill}"/>`
  })
  return svg`${light.def}${swarm}`
}
