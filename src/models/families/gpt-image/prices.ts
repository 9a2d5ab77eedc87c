import { patchTokens, tileTokens } from '../../prices/input-image-tokens.ts'
import {
  GPT_IMAGE_1_TOKENS,
  gptImage25Tokens,
  gptImage26Tokens,
  gptImage2Tokens,
  outputTokens,
} from '../../prices/image-tokens.ts'
import { textModels } from '../../prices/text-models.ts'
import { SOURCES } from '../../sources.ts'
import { sheetSizes } from './gif.ts'
import type { OutputTokenCount } from '../../prices/image-tokens.ts'
import type { TokenPrice, TokenRates } from '../../prices/price.ts'

const { openaiPricing } = SOURCES

/** USD per million tokens. */
const RATES = {
  gptImage1: { textInput: 5, textCached: 1.25, imageInput: 10, imageCached: 2.5, imageOutput: 40, textOutput: 40 },
  gptImage1Mini: { textInput: 2, textCached: 0.2, imageInput: 2.5, imageCached: 0.25, imageOutput: 8, textOutput: 8 },
  gptImage15: { textInput: 5, textCached: 1.25, imageInput: 8, imageCached: 2, imageOutput: 32, textOutput: 10 },
  gptImage2: { textInput: 5, textCached: 1.25, imageInput: 8, imageCached: 2, imageOutput: 30, textOutput: 30 },
} as const satisfies Record<string, TokenRates>

/** Models before gpt-image-2: images in are counted in tiles of 512 pixels, images out by a table. */
function tilePricing(usdPerMillionTokens: TokenRates): TokenPrice {
  return {
    unit: 'token',
    usdPerMillionTokens,
    outputTokens: outputTokens(GPT_IMAGE_1_TOKENS),
    inputTokens: tileTokens,
    source: openaiPricing,
  }
}

/** gpt-image-2 and later: images in are counted in patches of 32 pixels, images out by a formula. */
function patchPricing(usdPerMillionTokens: TokenRates, tokens: OutputTokenCount): TokenPrice {
  return { unit: 'token', usdPerMillionTokens, outputTokens: tokens, inputTokens: patchTokens, source: openaiPricing }
}

export const priceGptImage1 = tilePricing(RATES.gptImage1)
export const priceGptImage1Mini = tilePricing(RATES.gptImage1Mini)
export const priceGptImage15: TokenPrice = { ...tilePricing(RATES.gptImage15), textOutputAtMost: 430 }
export const priceGptImage2 = patchPricing(RATES.gptImage2, gptImage2Tokens)
export const priceGptImage25 = patchPricing(RATES.gptImage2, gptImage25Tokens)
export const priceGptImage26: TokenPrice = {
  ...patchPricing(RATES.gptImage2, gptImage26Tokens),
  drawnSizes: sheetSizes,
  textModels,
}
