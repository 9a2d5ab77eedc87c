import { AFLOAT } from './afloat.ts'
import { ALOFT } from './aloft.ts'
import { SITTING_ANIMALS } from './animals.ts'
import { BUILDINGS } from './buildings.ts'
import { DEEP } from './deep.ts'
import { PLANTS } from './plants.ts'
import { THINGS } from './things.ts'
import type { Motif } from './motif.ts'

/** Every subject the sandbox can draw. */
export const MOTIFS: readonly Motif[] = [
  ...AFLOAT,
  ...DEEP,
  ...ALOFT,
  ...SITTING_ANIMALS,
  ...BUILDINGS,
  ...PLANTS,
  ...THINGS,
]
