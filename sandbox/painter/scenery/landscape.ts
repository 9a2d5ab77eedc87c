import { mix } from './colour.ts'
import { firs, meadow } from './growth.ts'
import { sky } from './sky.ts'
import { skyline } from './skyline.ts'
import { dune, heightAt, land, landColour, mountains, ridge } from './terrain.ts'
import { cityLights, openWater, waveBand } from './water.ts'
import type { Ridge } from './terrain.ts'
import type { Stage } from '../stage.ts'

/** The parts of a landscape, without its subjects. */
export interface Ground {
  backdrops: ReadonlySet<'mountains' | 'city' | 'forest' | 'dunes'>
  water: boolean
  /** Whether there must be land at our feet, for something to stand on. */
  shore: boolean
}

/** A landscape in two halves: what lies behind the subjects, what lies in front; and where they may stand. */
export interface Landscape {
  behind: string
  /** Waves in front of what floats; the shore comes after them. */
  waves: string
  /** The ground that subjects stand on, drawn before them. */
  shore: string
  waterline: number
  standing: (x: number) => number
}

/** Builds the land for a stage. */
export function landscape(stage: Stage, ground: Ground): Landscape {
  const { height } = stage
  const horizon = height * (ground.water ? 0.56 : 0.6)
  const behind = [sky(stage, horizon), distance(stage, ground, horizon)]
  if (ground.water) behind.push(openWater(stage, horizon))
  else behind.push(fields(stage, ground, horizon))
  if (ground.water && ground.backdrops.has('city')) behind.push(cityLights(stage, horizon))
  const foot = ridge(stage, height * 0.86, 22, 0.7)
  const colour = landColour(stage, 1)
  const front = ground.backdrops.has('dunes') ? mix(colour, stage.palette.far, 0.3) : colour
  const withShore = ground.shore || !ground.water
  return {
    behind: behind.join(''),
    waves: ground.water ? waves(stage, withShore) : '',
    shore: withShore ? land(stage, foot, front, 0.06) + cover(stage, foot, front, ground) : '',
    waterline: height * 0.74,
    standing: (x) => heightAt(foot, x) + 14,
  }
}

function distance(stage: Stage, ground: Ground, horizon: number): string {
  const tall = Math.min(430, horizon * 0.74)
  const parts: string[] = []
  if (ground.backdrops.has('mountains')) parts.push(mountains(stage, horizon + 6, tall))
  if (ground.backdrops.has('city'))
    parts.push(skyline(stage, horizon + (ground.water ? 4 : 70), tall * (ground.water ? 0.9 : 1.1)))
  if (parts.length === 0 && !ground.backdrops.has('dunes')) {
    parts.push(land(stage, ridge(stage, horizon - 62, 46), landColour(stage, 0.06), 0.5))
  }
  if (!ground.backdrops.has('city') && !ground.backdrops.has('dunes')) {
    parts.push(land(stage, ridge(stage, horizon - 20, 24, 2.2), landColour(stage, 0.24), 0.55))
  }
  return parts.join('')
}

function fields(stage: Stage, ground: Ground, horizon: number): string {
  const { height } = stage
  const steps = [0.02, 0.34, 0.66]
  return steps
    .map((share, row) => {
      const base = horizon + (height * 0.8 - horizon) * share
      const nearness = 0.36 + share * 0.62
      if (ground.backdrops.has('dunes')) return dune(stage, base + 40, landColour(stage, nearness - 0.2))
      const top = ridge(stage, base, 52 - row * 8, 1.3)
      const colour = landColour(stage, nearness)
      return wooded(stage, ground, top, row) + land(stage, top, colour, 0.42 - row * 0.1)
    })
    .join('')
}

/** Trees behind a hill's edge: many in a forest, a few otherwise. */
function wooded(stage: Stage, ground: Ground, top: Ridge, row: number): string {
  const { palette } = stage
  const leaf = palette.weather === 'snow' ? '#3f6673' : landColour(stage, 0.5 + row * 0.22)
  const colour = mix(leaf, palette.ink, 0.12 + row * 0.12)
  if (ground.backdrops.has('forest')) return firs(stage, top, { tall: 96 + row * 52, density: 26 - row * 4, colour })
  return row === 1 && !ground.backdrops.has('city') ? firs(stage, top, { tall: 54, density: 7, colour }) : ''
}

function waves(stage: Stage, withShore: boolean): string {
  const bands = withShore ? [0.74] : [0.745, 0.83, 0.92]
  return bands.map((share, index) => waveBand(stage, stage.height * share, 0.35 + index * 0.28)).join('')
}

function cover(stage: Stage, foot: Ridge, colour: string, ground: Ground): string {
  return ground.backdrops.has('dunes') || stage.palette.weather === 'snow' ? '' : meadow(stage, foot, colour)
}
