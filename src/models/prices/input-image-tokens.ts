import type { ImageFile } from '../rules/image-file.ts'

/**
 * Input tokens of one image of an edit, before the upstream has reported any. An image whose size is not known
 * (undefined: a URL) counts as the dearest.
 */
export type InputTokenCount = (image: ImageFile | undefined, fidelity: 'high' | 'low') => number

/**
 * gpt-image-2 and later: patches of 32 pixels, at most 1,536 of them; small images are magnified to a long side of 1024
 * (recorded answers: 512 and 768 tokens for one image).
 */
export const patchTokens: InputTokenCount = (image) => {
  if (image?.width === undefined || image.height === undefined) return 1536
  const scale = Math.max(1, 1024 / Math.max(image.width, image.height))
  const patches = (edge: number): number => Math.ceil((edge * scale) / 32)
  return Math.min(1536, patches(image.width) * patches(image.height))
}

/** Tokens of one tile of 512 pixels and of every image (recorded: 194 for one tile). */
const TILE = 129
const BASE = 65
/** The most that high fidelity adds (OpenAI's guide: 4,160 for a square, 6,240 for other shapes). */
const HIGH_FIDELITY = 6240
/** Longest side over shortest, after an image was fitted into 2048 pixels and its short side brought to 512. */
const MAX_TILES = 4

/** Models before gpt-image-2: tiles of 512 pixels, the shortest side scaled to one tile. */
export const tileTokens: InputTokenCount = (image, fidelity) => {
  const { width, height } = image ?? {}
  const ratio =
    width === undefined || height === undefined ? MAX_TILES : Math.max(width, height) / Math.min(width, height)
  return BASE + TILE * Math.min(MAX_TILES, Math.ceil(ratio)) + (fidelity === 'high' ? HIGH_FIDELITY : 0)
}
