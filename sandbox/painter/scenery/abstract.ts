import { mix } from './colour.ts'
import { times } from '../dice.ts'
import { vignette } from './air.ts'
import { curve, svg } from '../svg.ts'
import type { Colour } from './colour.ts'
import type { Point } from '../svg.ts'
import type { Stage } from '../stage.ts'

/** A composition of form and colour for prompts that name nothing we can draw. */
export function abstract(stage: Stage): string {
  const compose = stage.dice.pick([ribbons, tiles, contours])
  return compose(stage) + vignette(stage)
}

function inkOf(stage: Stage): readonly [Colour, ...Colour[]] {
  const { palette } = stage
  return [palette.warm, palette.cool, palette.glow, palette.sky[0], palette.sky[1], palette.far, palette.near]
}

/** Broad silk ribbons flowing across under a sun, each shaded along its length. */
function ribbons(stage: Stage): string {
  const { dice, width, height, palette } = stage
  const back = stage.down([
    [0, palette.sky[0]],
    [0.6, palette.sky[1]],
    [1, palette.sky[2]],
  ])
  const count = 8
  const lift = dice.between(-0.4, 0.4) * height
  const [pace, drift] = [dice.between(0.85, 1.2), dice.between(0.3, 0.5)]
  const bands = times(count, (index) => {
    const base = height * (0.36 + (0.72 * index) / count)
    const line = times(9, (step): Point => {
      const swing = Math.sin(step * pace + index * drift) * (150 - index * 9) + lift * (step / 8 - 0.5)
      return [(width * (step - 0.5)) / 7.5, base + swing]
    })
    return ribbon(stage, curve(line), relief(stage, 1 - (index + 0.6) / count))
  })
  const [x, radius] = [width * (lift > 0 ? 0.7 : 0.3), dice.between(100, 150)]
  const sun = svg`<circle cx="${x}" cy="${height * 0.24}" r="${radius * 1.4}" fill="${palette.sun}" fill-opacity="0.25"/><circle cx="${x}" cy="${height * 0.24}" r="${radius}" fill="${palette.sun}"/>`
  return svg`${back.def}<rect width="${width}" height="${height}" fill="${back.fill}"/>${sun}${bands}`
}

function ribbon(stage: Stage, edge: string, colour: Colour): string {
  const { palette, width, height, dice } = stage
  const fold = dice.between(0.25, 0.7)
  const silk = stage.across([
    [0, mix(colour, palette.ink, 0.28)],
    [fold, mix(colour, palette.sun, 0.36)],
    [fold + 0.22, colour],
    [1, mix(colour, palette.ink, 0.3)],
  ])
  const shade = svg`<path d="${edge}" transform="translate(0 -8)" fill="none" stroke="${palette.ink}" stroke-width="26" stroke-opacity="0.13"/>`
  return svg`${silk.def}${shade}<path d="${edge}V${height + 400}H${-width}Z" fill="${silk.fill}"/><path d="${edge}" fill="none" stroke="${palette.sun}" stroke-width="2.5" stroke-opacity="0.5"/>`
}

/** A grid of quarter circles, half circles and discs, after the Bauhaus. */
function tiles(stage: Stage): string {
  const { dice, width, height, palette } = stage
  const across = Math.max(4, Math.round(width / 250))
  const size = width / across
  const down = Math.ceil(height / size)
  const colours = inkOf(stage)
  const drawn = times(across * down, (index) => {
    const at: Point = [(index % across) * size, Math.floor(index / across) * size]
    const [ground, form, dot] = [dice.pick(colours), dice.pick(colours), dice.pick(colours)]
    return tile(stage, at, size, [ground, form === ground ? palette.sun : form, dot === form ? palette.ink : dot])
  })
  return svg`<rect width="${width}" height="${height}" fill="${palette.sky[2]}"/>${drawn}`
}

function tile(stage: Stage, [x, y]: Point, s: number, [ground, form, dot]: readonly [Colour, Colour, Colour]): string {
  const { dice } = stage
  const h = s / 2
  const quarter = svg`<path d="M0 0H${s}A${s} ${s} 0 0 1 0 ${s}Z" fill="${form}"/>`
  const shapes: readonly [string, ...string[]] = [
    svg`${quarter}<path d="M0 0H${h}A${h} ${h} 0 0 1 0 ${h}Z" fill="${dot}"/>`,
    svg`<path d="M0 0H${s}A${h} ${h} 0 0 1 0 0Z" fill="${form}"/><path d="M0 ${h}H${s}A${h} ${h} 0 0 1 0 ${h}Z" fill="${dot}"/>`,
    svg`<circle cx="${h}" cy="${h}" r="${h * 0.96}" fill="${form}"/><circle cx="${h}" cy="${h}" r="${h * 0.44}" fill="${dot}"/>`,
    svg`<path d="M0 ${s}L${s} 0V${s}Z" fill="${form}"/><circle cx="${h * 0.62}" cy="${h * 0.62}" r="${h * 0.3}" fill="${dot}"/>`,
    svg`<path d="M0 0A${h} ${h} 0 0 1 ${h} ${h}A${h} ${h} 0 0 0 ${s} ${s}H${h}A${h} ${h} 0 0 1 0 ${h}Z" fill="${form}"/>`,
    quarter,
  ]
  const turn = dice.whole(0, 3) * 90
  return svg`<g transform="translate(${x} ${y}) rotate(${turn} ${h} ${h})"><rect width="${s}" height="${s}" fill="${ground}" shape-rendering="crispEdges"/>${dice.pick(shapes)}</g>`
}

/** Layers of cut paper around a few summits, like a relief map. */
function contours(stage: Stage): string {
  const { dice, width, height, palette } = stage
  const [x, y] = [width * dice.between(0.38, 0.62), height * dice.between(0.4, 0.6)]
  const lobes = times(5, () => [dice.between(0.04, 0.16), dice.between(0, 6.3)] as const)
  const rings = 11
  const reach = Math.hypot(width, height) * 0.6
  const layers = times(rings, (index) => {
    const share = 1 - index / rings
    const outline = times(41, (step): Point => {
      const turn = (step * Math.PI) / 20
      const wave = lobes.reduce(
        (sum, [size, phase], k) => sum + size * Math.sin((k + 1) * turn + phase + index * 0.16),
        1,
      )
      const radius = reach * share ** 1.12 * wave
      return [x + Math.cos(turn) * radius, y + Math.sin(turn) * radius]
    })
    const colour = relief(stage, index / (rings - 1))
    const path = `${curve(outline)}Z`
    return svg`<path d="${path}" transform="translate(7 11)" fill="${palette.ink}" fill-opacity="0.22"/><path d="${path}" fill="${colour}"/>`
  })
  return svg`<rect width="${width}" height="${height}" fill="${relief(stage, 0)}"/>${layers}`
}

/** From the deep outside to the bright summit. */
function relief(stage: Stage, share: number): Colour {
  const { palette } = stage
  const scale = [palette.near, palette.cool, palette.sky[1], palette.glow, palette.warm, palette.sun]
  const at = share * (scale.length - 1)
  const low = Math.min(scale.length - 2, Math.floor(at))
  return mix(scale[low] ?? palette.near, scale[low + 1] ?? palette.sun, at - low)
}
