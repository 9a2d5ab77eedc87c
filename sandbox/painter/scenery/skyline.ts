import { mix } from './colour.ts'
import { times } from '../dice.ts'
import { svg } from '../svg.ts'
import type { Stage } from '../stage.ts'

/** A city on the horizon in three rows, the nearest darkest and with lit windows. */
export function skyline(stage: Stage, base: number, tall: number): string {
  return [0.2, 0.5, 0.85]
    .map((nearness, row) => {
      const haze = mix(stage.palette.sky[2], stage.palette.sky[1], 0.35)
      const foot = stage.down([
        [0, haze, 0],
        [1, haze, 0.6 - row * 0.15],
      ])
      return svg`${block(stage, base, tall * (1.02 - row * 0.2), nearness)}${foot.def}<rect y="${base - tall * 0.4}" width="${stage.width}" height="${tall * 0.4}" fill="${foot.fill}"/>`
    })
    .join('')
}

function block(stage: Stage, base: number, tall: number, nearness: number): string {
  const { dice, width, palette } = stage
  const colour = mix(palette.far, palette.weather === 'snow' ? palette.ink : palette.near, nearness)
  let x = dice.between(-50, -5)
  const towers: string[] = []
  while (x < width) {
    const wide = dice.between(46, 104)
    // Taller towards the middle, as cities are.
    const centre = 1 - Math.abs((x + wide / 2) / width - 0.5) * 1.1
    towers.push(tower(stage, { x, wide, top: base - tall * dice.between(0.35, 1) * centre, base }, colour, nearness))
    x += wide + dice.between(-8, 14)
  }
  return towers.join('')
}

interface Tower {
  x: number
  wide: number
  top: number
  base: number
}

function tower(stage: Stage, { x, wide, top, base }: Tower, colour: string, nearness: number): string {
  const { dice, palette } = stage
  const face = stage.across([
    [0, mix(colour, palette.glow, 0.24)],
    [0.5, colour],
    [1, mix(colour, palette.ink, 0.25)],
  ])
  const roof = dice.whole(0, 4)
  const roofs: readonly string[] = [
    '',
    svg`<path d="M${x + wide / 2} ${top - 54}v56" stroke="${colour}" stroke-width="4"/>`,
    svg`<path d="M${x} ${top + 1}L${x + wide / 2} ${top - wide * 0.55}L${x + wide} ${top + 1}Z" fill="${face.fill}"/>`,
    svg`<rect x="${x + wide * 0.2}" y="${top - 20}" width="${wide * 0.6}" height="22" fill="${face.fill}"/>`,
    svg`<path d="M${x} ${top + 1}A${wide / 2} ${wide * 0.42} 0 0 1 ${x + wide} ${top + 1}Z" fill="${face.fill}"/>`,
  ]
  return svg`${face.def}${roofs[roof] ?? ''}<rect x="${x}" y="${top}" width="${wide}" height="${base - top + 4}" fill="${face.fill}"/>${nearness > 0.4 ? windows(stage, { x, wide, top, base }) : ''}`
}

function windows(stage: Stage, { x, wide, top, base }: Tower): string {
  const { dice, palette } = stage
  const columns = Math.max(2, Math.floor((wide - 12) / 17))
  const rows = Math.floor((base - top - 16) / 22)
  const share = palette.night || palette.sunHeight < 0.2 ? 0.55 : 0.3
  const panes = times(columns * rows, (index) => {
    if (!dice.chance(share)) return ''
    const [column, row] = [index % columns, Math.floor(index / columns)]
    return svg`M${x + 8 + (column * (wide - 14)) / columns} ${top + 12 + row * 22}h8v11h-8Z`
  })
  return svg`<path d="${panes}" fill="${palette.night ? '#ffd98a' : palette.glow}" fill-opacity="0.85"/>`
}
