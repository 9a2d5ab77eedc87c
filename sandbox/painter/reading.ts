import { MOTIFS } from './motifs/catalogue.ts'
import { PALETTES } from './scenery/palettes.ts'
import { BACKDROP_WORDS, LAND_WORDS, SIZE_WORDS, WATER_WORDS, WORLD_WORDS } from './settings.ts'
import { mentions, placeOf, wordsOf } from './words.ts'
import type { Dice } from './dice.ts'
import type { Ground } from './scenery/landscape.ts'
import type { Motif } from './motifs/motif.ts'
import type { Palette } from './scenery/palettes.ts'
import type { Words } from './words.ts'

const BACKDROPS = ['mountains', 'city', 'forest', 'dunes'] as const
const WORLDS = ['space', 'deep', 'studio'] as const

/** The part of a prompt that the sandbox understood. */
export interface Reading {
  world: 'landscape' | 'space' | 'deep' | 'studio' | 'abstract'
  palette: Palette
  ground: Ground
  /** At most three, in the order the prompt names them. */
  subjects: readonly Motif[]
  /** The prompt named none: the one here is only there to give the eye a place to rest. */
  filler: boolean
}

/** Reads a prompt for the words it knows. */
export function readPrompt(words: Words, dice: Dice): Reading {
  const named = subjectsOf(words)
  const backdrops = new Set(BACKDROPS.filter((name) => mentions(words, BACKDROP_WORDS[name])))
  const light = firstNamed(words, PALETTES)[0]
  const stands = named.some(({ place }) => place === 'ground' || place === 'table')
  // A city that nothing stands in front of lies across a bay, for the sake of its lights.
  const bay = backdrops.has('city') && !stands
  const water = bay || mentions(words, WATER_WORDS) || named.some(({ place }) => place === 'water')
  const scenic = backdrops.size > 0 || water || light !== undefined || mentions(words, LAND_WORDS)
  const world = worldOf(words, named[0], scenic)
  const filler = named.length === 0 && world === 'landscape' && !backdrops.has('city') && !backdrops.has('forest')
  return {
    world,
    // Rolled even when a word decides, so that the rest of the picture does not depend on it.
    palette: pick(dice, light),
    ground: { backdrops, water, shore: stands },
    subjects: filler ? fillers(water, backdrops) : named,
    filler,
  }
}

function fillers(water: boolean, backdrops: Reading['ground']['backdrops']): Motif[] {
  const wanted = water ? 'sailing boat' : backdrops.has('dunes') ? 'cactus' : 'tree'
  return MOTIFS.filter(({ name }) => name === wanted)
}

function pick(dice: Dice, named: Palette | undefined): Palette {
  // Nobody wants rain who did not ask for it.
  const rolled = dice.pick(PALETTES)
  return named ?? (rolled.weather === 'rain' ? PALETTES[0] : rolled)
}

function worldOf(words: Words, main: Motif | undefined, scenic: boolean): Reading['world'] {
  const said = WORLDS.find((world) => mentions(words, WORLD_WORDS[world]))
  if (said) return said
  if (main?.place === 'deep') return 'deep'
  if (!scenic && main?.place === 'space') return 'space'
  if (!scenic && main?.place === 'table') return 'studio'
  return main || scenic ? 'landscape' : 'abstract'
}

function subjectsOf(words: Words): Motif[] {
  const inOrder = firstNamed(words, MOTIFS)
  // A paper boat is not a sailing boat as well.
  const paper = inOrder.some(({ name }) => name === 'paper boat')
  return inOrder.filter(({ name }) => !(paper && name === 'sailing boat')).slice(0, 3)
}

/** The entries of a table that the prompt names, in the order in which it names them. */
function firstNamed<T extends { words: readonly string[] }>(words: Words, table: readonly T[]): T[] {
  return table
    .map((entry) => ({ entry, place: placeOf(words, entry.words) }))
    .filter(({ place }) => place >= 0)
    .sort((a, b) => a.place - b.place)
    .map(({ entry }) => entry)
}

/** The size that `auto` becomes for a prompt, as `WIDTHxHEIGHT`. */
export function suggestedSize(prompt: string): string {
  const words = wordsOf(prompt)
  return SIZE_WORDS.find((entry) => mentions(words, entry.words))?.size ?? '1024x1024'
}
