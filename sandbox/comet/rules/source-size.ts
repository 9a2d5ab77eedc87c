import { breaksFreeSize } from './sizes.ts'
import type { Family } from './served-models.ts'
import type { Pixels } from './sizes.ts'

/** The area of an edit without a size: that of 1024x1024. */
const USUAL_AREA = 1024 * 1024

const FIXED: readonly Pixels[] = [
  { width: 1024, height: 1024 },
  { width: 1024, height: 1536 },
  { width: 1536, height: 1024 },
]

/** The size that `auto` means for an edit: the shape of the first picture, as far as the family has it. */
export function sizeLike(source: Pixels, family: Family): Pixels {
  if (family === 'gpt-1') return closest(source)
  return family.startsWith('gpt') && !breaksFreeSize(source) ? { ...source } : scaled(source)
}

function closest(source: Pixels): Pixels {
  const wanted = Math.log(source.width / source.height)
  const off = ({ width, height }: Pixels): number => Math.abs(Math.log(width / height) - wanted)
  return FIXED.reduce((best, size) => (off(size) < off(best) ? size : best))
}

function scaled({ width, height }: Pixels): Pixels {
  const ratio = Math.min(3, Math.max(1 / 3, width / height))
  return { width: sixteenths(Math.sqrt(USUAL_AREA * ratio)), height: sixteenths(Math.sqrt(USUAL_AREA / ratio)) }
}

function sixteenths(length: number): number {
  return Math.round(length / 16) * 16
}
