import type { InputTokenCount } from './input-image-tokens.ts'
import type { OutputTokenCount } from './image-tokens.ts'
import type { ParameterValues } from '../rules/parameter-rules.ts'
import type { Source } from '../sources.ts'

/** USD per million tokens, which is micro-USD per token. */
export interface TokenRates {
  readonly textInput: number
  readonly textCached: number
  readonly imageInput: number
  readonly imageCached: number
  readonly imageOutput: number
  readonly textOutput: number
}

/** USD per million tokens of a text model. */
export interface TextRates {
  readonly input: number
  readonly output: number
  readonly source: Source
}

export interface TokenPrice {
  readonly unit: 'token'
  readonly usdPerMillionTokens: TokenRates
  readonly outputTokens: OutputTokenCount
  /** Of the images of an edit. */
  readonly inputTokens: InputTokenCount
  /**
   * The sizes of what is drawn, where the request's `size` is only a part of it: the sheet of an animation's frames. One
   * of them applies.
   */
  readonly drawnSizes?: (given: ParameterValues) => readonly string[] | undefined
  /** Text tokens that an image may have beside its own (gpt-image-1.5: 61-430 were seen). */
  readonly textOutputAtMost?: number
  /** Text models whose tokens are billed beside the image's: the authors of an svg. */
  readonly textModels?: ReadonlyMap<string, TextRates>
  readonly source: Source
}

/** One row applies where its quality and size are those of the request; a row without them applies to all. */
export interface ImagePriceRow {
  readonly quality?: string
  readonly size?: string
  readonly usd: number
}

export interface ImagePrice {
  readonly unit: 'image'
  readonly usdPerImage: readonly ImagePriceRow[]
  /** The values that the upstream takes where the request has none, or `auto`. */
  readonly defaults: { readonly quality?: string; readonly size?: string }
  /** How many images a request asks for, where that is not `n`. */
  readonly imagesAsked?: (given: ParameterValues) => number
  readonly source: Source
}

/** List prices, dated and never authoritative: the ledger keeps the usage, so that a cost can be computed again. */
export type Price = TokenPrice | ImagePrice

/** The least that anything is priced at: one image, or a million tokens of one. */
export function leastUsd(price: Price): number {
  if (price.unit === 'token') return price.usdPerMillionTokens.imageOutput
  return Math.min(...price.usdPerImage.map(({ usd }) => usd))
}
