import { mix } from './colour.ts'
import { times } from '../dice.ts'
import { stars } from './sky.ts'
import { vignette } from './air.ts'
import { curve, svg } from '../svg.ts'
import type { Point } from '../svg.ts'
import type { Stage } from '../stage.ts'

/** Deep space: a nebula, stars and planets; subjects float in front. */
export function space(stage: Stage): string {
  const { width, height, palette } = stage
  const base = stage.down([
    [0, '#080a26'],
    [0.6, mix('#1d1650', palette.sky[0], 0.2)],
    [1, mix('#3a1f63', palette.warm, 0.25)],
  ])
  return [
    svg`${base.def}<rect width="${width}" height="${height}" fill="${base.fill}"/>`,
    nebula(stage),
    stars(stage, height, 210),
    planet(stage, [width * 0.2, height * 0.24], stage.dice.between(74, 104), palette.cool, true),
    planet(stage, [width * 0.86, height * 0.14], stage.dice.between(26, 44), palette.warm, false),
    horizonOfPlanet(stage),
  ].join('')
}

function nebula(stage: Stage): string {
  const { dice, width, height, palette } = stage
  return times(7, (index) => {
    const colour = [palette.warm, palette.cool, '#a85cf0', '#ff7ab8'][index % 4] ?? palette.glow
    const cloud = stage.round([
      [0, colour, 0.4],
      [0.5, colour, 0.14],
      [1, colour, 0],
    ])
    // Along a diagonal, as the Milky Way lies.
    const along = (index + dice.between(0, 1)) / 7
    return svg`${cloud.def}<ellipse cx="${width * along}" cy="${height * (0.86 - along * 0.74) + dice.between(-70, 70)}" rx="${dice.between(230, 420)}" ry="${dice.between(150, 290)}" fill="${cloud.fill}"/>`
  }).join('')
}

function planet(stage: Stage, [x, y]: Point, radius: number, colour: string, ringed: boolean): string {
  const body = stage.round(
    [
      [0, mix(colour, '#ffffff', 0.45)],
      [0.55, colour],
      [1, mix(colour, '#0a0a2a', 0.72)],
    ],
    [0.32, 0.3],
  )
  const bands = [-0.42, 0.05, 0.46].map((share) => {
    const half = radius * Math.sqrt(1 - share * share) * 0.96
    return svg`<path d="M${x - half} ${y + share * radius}q${half} ${radius * 0.2} ${half * 2} 0" fill="none" stroke="${mix(colour, '#ffffff', 0.5)}" stroke-width="${radius * 0.09}" stroke-opacity="0.3"/>`
  })
  const ring = (half: string): string =>
    svg`<path transform="rotate(-18 ${x} ${y})" d="M${x - radius * 1.9} ${y}A${radius * 1.9} ${radius * 0.46} 0 0 ${half} ${x + radius * 1.9} ${y}" fill="none" stroke="${mix(colour, '#fff1d0', 0.65)}" stroke-width="${radius * 0.16}" stroke-opacity="0.8"/>`
  return svg`${ringed ? ring('1') : ''}${body.def}<circle cx="${x}" cy="${y}" r="${radius * 1.06}" fill="${body.fill}" fill-opacity="0.3"/><circle cx="${x}" cy="${y}" r="${radius}" fill="${body.fill}"/>${bands}${ringed ? ring('0') : ''}`
}

/** The curved, glowing limb of the world we are leaving, with craters. */
function horizonOfPlanet(stage: Stage): string {
  const { dice, width, height, palette } = stage
  const radius = Math.max(width, height) * 1.05
  const [x, y] = [width * 0.55, height * 0.85 + radius]
  const air = mix(palette.glow, palette.cool, 0.4)
  const ground = stage.down([
    [0, mix(palette.near, palette.cool, 0.45)],
    [0.12, mix(palette.near, '#0a0a2a', 0.4)],
  ])
  const craters = times(Math.round(width / 110), () => {
    const cx = dice.between(0, width)
    const rim = y - Math.sqrt(Math.max(0, radius ** 2 - (cx - x) ** 2))
    const size = dice.between(12, 44)
    const cy = rim + 30 + dice.next() * (height - rim)
    return svg`<ellipse cx="${cx}" cy="${cy}" rx="${size}" ry="${size * 0.3}" fill="#0a0a2a" fill-opacity="0.28"/><ellipse cx="${cx}" cy="${cy + size * 0.08}" rx="${size * 0.86}" ry="${size * 0.22}" fill="${air}" fill-opacity="0.14"/>`
  })
  return svg`<circle cx="${x}" cy="${y}" r="${radius + 46}" fill="${air}" fill-opacity="0.09"/><circle cx="${x}" cy="${y}" r="${radius + 18}" fill="${air}" fill-opacity="0.2"/>${ground.def}<circle cx="${x}" cy="${y}" r="${radius}" fill="${ground.fill}"/>${craters}`
}

/** Under water: light from above, sea floor, weed and corals, bubbles. */
export function deepSea(stage: Stage): string {
  const { width, height, palette } = stage
  const surface = mix('#7be0d8', palette.glow, 0.25)
  const base = stage.down([
    [0, surface],
    [0.3, mix('#2aa5b8', palette.cool, 0.25)],
    [1, mix('#0b2f5c', palette.near, 0.25)],
  ])
  return [
    svg`${base.def}<rect width="${width}" height="${height}" fill="${base.fill}"/>`,
    lightShafts(stage),
    seaFloor(stage, 0.74, mix('#1c5f86', palette.near, 0.2)),
    weeds(stage, 0.82, mix('#1f7a74', palette.near, 0.3), 7),
    seaFloor(stage, 0.86, mix('#123e63', palette.near, 0.3)),
    corals(stage),
    bubbles(stage),
  ].join('')
}

function lightShafts(stage: Stage): string {
  const { dice, width, height } = stage
  const beam = stage.down([
    [0, '#ffffff', 0.34],
    [1, '#ffffff', 0],
  ])
  const shafts = times(6, (index) => {
    const x = width * (0.02 + index * 0.15 + dice.between(0, 0.08))
    const [wide, lean] = [dice.between(24, 80), dice.between(150, 260)]
    return svg`<path d="M${x} 0h${wide}L${x + lean + wide * 2.4} ${height * 0.8}H${x + lean}Z" fill="${beam.fill}"/>`
  })
  return svg`${beam.def}${shafts}`
}

function seaFloor(stage: Stage, share: number, colour: string): string {
  const { dice, width, height } = stage
  const top = times(8, (step): Point => [(width * step) / 7, height * (share + dice.between(-0.035, 0.045))])
  const body = stage.down([
    [0, mix(colour, '#7fd3d0', 0.28)],
    [1, mix(colour, '#04142e', 0.45)],
  ])
  return svg`${body.def}<path d="${curve(top)}V${height + 5}H0Z" fill="${body.fill}"/>`
}

function weeds(stage: Stage, share: number, colour: string, count: number): string {
  const { dice, width, height } = stage
  return times(Math.round((count * width) / 1000), () => {
    const x = dice.between(0, width)
    const blades = times(4, (index) => {
      const [foot, tall, sway] = [x + index * 13, dice.between(90, 230), dice.between(-42, 42)]
      const y = height * (share + 0.04)
      return svg`M${foot} ${y}C${foot + sway} ${y - tall * 0.4} ${foot - sway} ${y - tall * 0.7} ${foot + sway * 0.5} ${y - tall}C${foot - sway + 14} ${y - tall * 0.66} ${foot + sway + 14} ${y - tall * 0.4} ${foot + 11} ${y}Z`
    })
    return svg`<path d="${blades}" fill="${mix(colour, '#8fe08a', dice.between(0, 0.4))}"/>`
  }).join('')
}

function corals(stage: Stage): string {
  const { dice, width, height, palette } = stage
  return times(Math.round(width / 150), (index) => {
    const x = (width * (index + dice.between(0.1, 0.9))) / Math.round(width / 150)
    const y = height * dice.between(0.92, 0.99)
    const colour = mix(dice.pick([palette.warm, '#f08fb0', '#f4b860', '#b88af0']), '#0b2f5c', 0.18)
    const [tall, wide] = [dice.between(60, 130), dice.between(9, 15)]
    const branch = svg`M${x} ${y}V${y - tall}M${x} ${y - tall * 0.35}q${-tall * 0.4} ${-tall * 0.04} ${-tall * 0.42} ${-tall * 0.44}M${x} ${y - tall * 0.5}q${tall * 0.36} ${-tall * 0.04} ${tall * 0.38} ${-tall * 0.38}M${x - tall * 0.36} ${y - tall * 0.46}q${-tall * 0.22} 0 ${-tall * 0.24} ${-tall * 0.2}`
    return svg`<path d="${branch}" fill="none" stroke="${colour}" stroke-width="${wide}" stroke-linecap="round"/>`
  }).join('')
}

function bubbles(stage: Stage): string {
  const { dice, width, height } = stage
  return times(Math.round(width / 32), () => {
    const [x, y, radius] = [
      dice.between(0, width),
      height * dice.between(0.08, 0.85),
      dice.between(3, 15) * dice.between(0.5, 1),
    ]
    return svg`<circle cx="${x}" cy="${y}" r="${radius}" fill="#ffffff" fill-opacity="0.13" stroke="#ffffff" stroke-opacity="0.5" stroke-width="1.4"/><circle cx="${x - radius * 0.35}" cy="${y - radius * 0.35}" r="${radius * 0.22}" fill="#ffffff" fill-opacity="0.8"/>`
  }).join('')
}

/** A plain studio: a wall with a great disc, a table; `floor` is where things stand. */
export function studio(stage: Stage, floor: number): string {
  const { width, height, palette } = stage
  const wall = stage.down([
    [0, mix(palette.sky[1], palette.cool, 0.16)],
    [1, mix(palette.sky[2], palette.glow, 0.2)],
  ])
  const table = stage.down([
    [0, mix(palette.sky[2], palette.near, 0.3)],
    [1, mix(palette.sky[1], palette.near, 0.62)],
  ])
  const shine = stage.round([
    [0, '#ffffff', 0.55],
    [1, '#ffffff', 0],
  ])
  const disc = stage.down([
    [0, mix(palette.warm, palette.glow, 0.3)],
    [1, mix(palette.glow, palette.sky[2], 0.3)],
  ])
  return [
    svg`${wall.def}<rect width="${width}" height="${height}" fill="${wall.fill}"/>`,
    svg`${shine.def}<circle cx="${width * 0.28}" cy="${height * 0.2}" r="640" fill="${shine.fill}"/>`,
    svg`${disc.def}<circle cx="${width / 2}" cy="${floor - 330}" r="350" fill="${disc.fill}"/>`,
    svg`${table.def}<rect y="${floor - 60}" width="${width}" height="${height - floor + 65}" fill="${table.fill}"/>`,
    svg`<rect y="${floor - 60}" width="${width}" height="3" fill="#ffffff" fill-opacity="0.35"/>`,
    vignette(stage),
  ].join('')
}
