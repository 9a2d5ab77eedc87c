import { oneOf, wrongType } from './checks.ts'
import { seedreamRejection } from './rejections.ts'
import { parseSize } from './sizes.ts'
import type { Check } from './checks.ts'
import type { Pixels } from './sizes.ts'

/** Presets of Seedream; each is a square (facts 1.4; facts of 2026-11, 3). */
export const SEEDREAM_PRESETS: Readonly<Record<string, Pixels>> = {
  '1K': { width: 1024, height: 1024 },
  '1.5K': { width: 1536, height: 1536 },
  '2K': { width: 2048, height: 2048 },
  '3K': { width: 3072, height: 3072 },
  '4K': { width: 4096, height: 4096 },
}

interface VersionLimits {
  version: RegExp
  presets: readonly string[]
  leastPixels: number
  formats: readonly string[]
}

/** Facts of 2026-11, 3. The ceiling is the largest preset: nobody has recorded it being exceeded. */
const VERSIONS: readonly VersionLimits[] = [
  { version: /seedream-3-/, presets: [], leastPixels: 0, formats: ['png', 'jpeg'] },
  { version: /seedream-4-0-/, presets: ['1K', '2K', '4K'], leastPixels: 1280 * 720, formats: ['jpeg'] },
  { version: /seedream-4-5-/, presets: ['2K', '4K'], leastPixels: 2560 * 1440, formats: ['jpeg'] },
  { version: /seedream-5-0-pro/, presets: ['1K', '1.5K', '2K'], leastPixels: 1280 * 720, formats: ['png', 'jpeg'] },
  { version: /seedream-5-0-/, presets: ['2K', '3K', '4K'], leastPixels: 2560 * 1440, formats: ['png', 'jpeg'] },
]
const UNKNOWN_VERSION = { presets: Object.keys(SEEDREAM_PRESETS), leastPixels: 0, formats: ['png', 'jpeg'] }
const MOST_PIXELS = 4096 * 4096

/** The checks that differ between the versions of Seedream. */
export function seedreamChecks(id: string): Readonly<Record<string, Check>> {
  const limits = VERSIONS.find(({ version }) => version.test(id)) ?? UNKNOWN_VERSION
  return { size: sizeCheck(limits), output_format: oneOf(...limits.formats) }
}

function sizeCheck({ presets, leastPixels }: Omit<VersionLimits, 'version'>): Check {
  return (value, name) => {
    if (typeof value !== 'string') return wrongType(value, name, 'a string')
    const pixels = presets.includes(value) ? SEEDREAM_PRESETS[value] : parseSize(value)
    const forms = ['WIDTHxHEIGHT', ...presets].map((form) => `'${form}'`).join(' or ')
    if (!pixels) return seedreamRejection('size', `size must be ${forms}.`)
    const count = pixels.width * pixels.height
    if (count < leastPixels) return seedreamRejection('size', `image size must be at least ${leastPixels} pixels.`)
    if (count > MOST_PIXELS) return seedreamRejection('size', `image size must be at most ${MOST_PIXELS} pixels.`)
    // Not recorded; a picture one pixel high is no use to anybody.
    const longest = Math.max(pixels.width, pixels.height)
    if (longest > 16 * Math.min(pixels.width, pixels.height))
      return seedreamRejection('size', 'aspect ratio must be between 1/16 and 16.')
    return undefined
  }
}
