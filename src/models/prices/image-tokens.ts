import { parseSize } from '../rules/sizes.ts'
import type { Size } from '../rules/sizes.ts'

/**
 * Output tokens of one image, before the upstream has reported any. Estimates only: what is booked is what the
 * upstream reports. `auto` and absent values are undefined.
 */
export interface OutputTokenCount {
  /** The most that this request can come to: `auto` at its dearest. */
  readonly highest: (quality: string | undefined, size: string | undefined) => number
  /** The probable number: `auto` as medium and 1024x1024. */
  readonly likely: (quality: string | undefined, size: string | undefined) => number
}

type Table = Readonly<Record<'low' | 'medium' | 'high', Readonly<Record<string, number>>>>

/** Models before gpt-image-2 (OpenAI guide and model pages): tokens by quality and size. */
export const GPT_IMAGE_1_TOKENS: Table = {
  low: { '1024x1024': 272, '1024x1536': 408, '1536x1024': 400 },
  medium: { '1024x1024': 1056, '1024x1536': 1584, '1536x1024': 1568 },
  high: { '1024x1024': 4160, '1024x1536': 6240, '1536x1024': 6208 },
}

/** Counts from a table; what the table lacks (`auto`, absent) is the dearest or the middle row. */
export function outputTokens(table: Table): OutputTokenCount {
  const row = (quality: string | undefined, otherwise: keyof Table) =>
    quality === 'low' || quality === 'medium' || quality === 'high' ? table[quality] : table[otherwise]
  return {
    highest: (quality, size) => {
      const bySize = row(quality, 'high')
      return bySize[size ?? ''] ?? Math.max(...Object.values(bySize))
    },
    likely: (quality, size) => {
      const bySize = row(quality, 'medium')
      return bySize[size ?? ''] ?? bySize['1024x1024'] ?? 0
    },
  }
}

/** The legal size with the most tokens: the largest square. */
const DEAREST_SIZE: Size = { width: 2880, height: 2880 }
const USUAL_SIZE: Size = { width: 1024, height: 1024 }

/**
 * Tokens by the calculator on OpenAI's guide, in integers: 1024x1024 is 196 at low, 1,756 at medium, 7,024 at high.
 */
export function formulaTokens(factor: number, { width, height }: Size): number {
  const long = Math.max(width, height)
  const short = Math.min(width, height)
  const scaled = Math.floor((2 * factor * short + long) / (2 * long))
  return Math.ceil((factor * scaled * (2_000_000 + width * height)) / 4_000_000)
}

/** How one model family fills in the formula. */
interface FormulaRates {
  /** Factor of a quality, of which an answer probably has the tokens. */
  readonly factors: Readonly<Record<string, number>>
  /** The same for the highest cost, where that is another. */
  readonly heldFactors?: Readonly<Record<string, number>>
  /** The quality that stands for `auto` and none: the probable one, and the dearest. */
  readonly usual: string
  readonly dearest: string
  /** Room above the formula. A budget is held by the highest cost, so that it must not be too low. */
  readonly margin: number
}

function byFormula({ factors, heldFactors = factors, usual, dearest, margin }: FormulaRates): OutputTokenCount {
  const factor = (table: FormulaRates['factors'], quality: string | undefined, otherwise: string): number =>
    table[quality ?? otherwise] ?? table[otherwise] ?? 0
  return {
    highest: (quality, size) =>
      Math.ceil(margin * formulaTokens(factor(heldFactors, quality, dearest), parseSize(size) ?? DEAREST_SIZE)),
    likely: (quality, size) => formulaTokens(factor(factors, quality, usual), parseSize(size) ?? USUAL_SIZE),
  }
}

/** The margin is for CometAPI's documented answer: 208 tokens where the formula has 196. */
export const gptImage2Tokens: OutputTokenCount = byFormula({
  factors: { low: 16, medium: 48, high: 96 },
  usual: 'medium',
  dearest: 'high',
  margin: 1.25,
})

/** The only published prices are the formula times 1.43: all 25 of ComfyUI's node (docs/decisions/0004). */
export const gptImage25Tokens: OutputTokenCount = byFormula({
  factors: { low: 16, medium: 24, high: 48, xhigh: 64, max: 96 },
  usual: 'high',
  dearest: 'max',
  margin: 1.43,
})

/** Low and medium were seen at three to four times 2.5's tokens, high and above at the same. */
export const gptImage26Tokens: OutputTokenCount = byFormula({
  factors: { low: 32, medium: 48, high: 48, xhigh: 64, max: 96 },
  heldFactors: { low: 48, medium: 48, high: 48, xhigh: 64, max: 96 },
  usual: 'high',
  dearest: 'max',
  margin: 1.25,
})
