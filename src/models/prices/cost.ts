import { exactMicrosOf } from '../../accounting/money.ts'
import { imagesBrought } from '../rules/image-file.ts'
import type { Model } from '../model.ts'
import type { ParameterValues } from '../rules/parameter-rules.ts'
import type { ImagePrice, TokenPrice } from './price.ts'
import { authorMicros, highestAuthorMicros } from './svg-cost.ts'
import type { SvgUsage, Usage } from '../../accounting/usage.ts'

/** OpenAI adds about six tokens to a prompt; a token is never less than one byte of UTF-8. */
const PROMPT_OVERHEAD_TOKENS = 6
/** Each partial image costs 100 output tokens (OpenAI guide). */
const PARTIAL_IMAGE_TOKENS = 100

/** A cost in micro-USD and where it comes from. */
export interface Cost {
  readonly costMicros: number
  /** True where the upstream reported no usage that the price could be applied to, or one that is partly unpriced. */
  readonly estimated: boolean
  /** The text model whose tokens are not in the cost, since its price is not known. */
  readonly unpriced?: string
}

/**
 * The most that a request can cost, in micro-USD: every image, `auto` at its dearest, the prompt at one token a
 * byte. Undefined where the model has no price, or the text model that is to write an svg.
 */
export function highestCostMicros(model: Model, given: ParameterValues, multiplier: number): number | undefined {
  const { price } = model
  if (price === undefined) return undefined
  if (price.unit === 'image')
    return micros(imagesAsked(model, given) * exactMicrosOf(usdPerImage(price, given, 'dearest')), multiplier)
  const author = highestAuthorMicros(price, given)
  if (author === undefined) return undefined
  const perImage = outputTokens(price, given, 'highest')
  return micros(estimateMicros(price, given, perImage, price.textOutputAtMost ?? 0) + author, multiplier)
}

/** The facts about an answer that its price goes by. */
export interface PricedAnswer {
  readonly usage: Usage | undefined
  readonly svgUsage?: SvgUsage | undefined
  readonly images: number
}

/**
 * The cost of a generation: the reported usage at the model's rates; a price per image times the images that
 * came; the likely cost, marked as estimated, where a token price meets an answer without usage.
 */
export function answerCost(
  model: Model,
  given: ParameterValues,
  answer: PricedAnswer,
  multiplier: number,
): Cost | undefined {
  const { price } = model
  if (price === undefined) return undefined
  if (price.unit === 'image') {
    return {
      costMicros: micros(answer.images * exactMicrosOf(usdPerImage(price, given, 'default')), multiplier),
      estimated: false,
    }
  }
  const estimated = answer.usage === undefined
  const exact =
    answer.usage === undefined
      ? estimateMicros(price, given, outputTokens(price, given, 'likely'), 0)
      : usageMicros(price, given, answer.usage)
  const author = authorMicros(price, answer.svgUsage)
  if (author === undefined) {
    const unpriced = answer.svgUsage?.model ?? 'unknown'
    return { costMicros: micros(exact, multiplier), estimated: true, unpriced }
  }
  return { costMicros: micros(exact + author, multiplier), estimated }
}

function usageMicros(price: TokenPrice, given: ParameterValues, usage: Usage): number {
  const rates = price.usdPerMillionTokens
  // Tokens that stand in a total and in none of its details are taken for image tokens, the dearer kind. Without details, or with
  // nothing but zeros in them, input is text and output an image.
  const { inputTextTokens = 0, inputImageTokens = 0 } = usage
  const hasDetails = inputTextTokens + inputImageTokens > 0
  const textInput = hasDetails ? (usage.inputTextTokens ?? usage.inputTokens - inputImageTokens) : usage.inputTokens
  const imageInput = Math.max(inputImageTokens, usage.inputTokens - Math.max(0, textInput))
  const [cachedText, cachedImage] = cachedByKind(usage, textInput, imageInput)
  const textOutput = usage.outputTextTokens ?? textBeside(price, given, usage.outputTokens)
  const imageOutput = Math.max(usage.outputImageTokens ?? 0, usage.outputTokens - textOutput)
  return (
    (textInput - cachedText) * rates.textInput +
    cachedText * rates.textCached +
    (imageInput - cachedImage) * rates.imageInput +
    cachedImage * rates.imageCached +
    imageOutput * rates.imageOutput +
    textOutput * rates.textOutput
  )
}

/** Cached tokens of text and of images, at most as many as there are. Those of no kind are text, as far as it goes. */
function cachedByKind(usage: Usage, textInput: number, imageInput: number): readonly [text: number, image: number] {
  const { inputCachedTokens: all = 0, inputCachedTextTokens: text, inputCachedImageTokens: image } = usage
  const cachedText = Math.min(text ?? all - (image ?? 0), textInput)
  return [Math.max(0, cachedText), Math.max(0, Math.min(image ?? all - Math.max(0, cachedText), imageInput))]
}

/** Text tokens of an output that does not tell them from the images': those beyond the images' highest number. */
function textBeside(price: TokenPrice, given: ParameterValues, tokens: number): number {
  const images = wholeNumber(given.get('n'), 1)
  const ofImages = images * (outputTokens(price, given, 'highest') + partialImages(given) * PARTIAL_IMAGE_TOKENS)
  return Math.min(Math.max(0, tokens - ofImages), images * (price.textOutputAtMost ?? 0))
}

function partialImages(given: ParameterValues): number {
  return given.get('stream') === true ? wholeNumber(given.get('partial_images'), 0) : 0
}

/** Output tokens of one image, before the upstream has reported any. */
function outputTokens(price: TokenPrice, given: ParameterValues, which: 'highest' | 'likely'): number {
  const sizes = price.drawnSizes?.(given) ?? [stated(given, 'size')]
  return Math.max(...sizes.map((size) => price.outputTokens[which](stated(given, 'quality'), size)))
}

/** Input tokens of the images that an edit brings; the mask is one of them. */
function tokensOfImagesBrought({ inputTokens }: TokenPrice, given: ParameterValues): number {
  const fidelity = given.get('input_fidelity') === 'high' ? 'high' : 'low'
  return imagesBrought(given).reduce((sum, image) => sum + inputTokens(image, fidelity), 0)
}

function estimateMicros(price: TokenPrice, given: ParameterValues, perImage: number, textOutput: number): number {
  const rates = price.usdPerMillionTokens
  const prompt = given.get('prompt')
  const inputTokens = PROMPT_OVERHEAD_TOKENS + (typeof prompt === 'string' ? Buffer.byteLength(prompt) : 0)
  const partials = partialImages(given)
  const images = wholeNumber(given.get('n'), 1)
  const imageTokens = images * (perImage + partials * PARTIAL_IMAGE_TOKENS)
  return (
    inputTokens * rates.textInput +
    tokensOfImagesBrought(price, given) * rates.imageInput +
    imageTokens * rates.imageOutput +
    images * textOutput * rates.textOutput
  )
}

/** The price of one image. What is absent is the model's default; `auto` is that too, or the dearest of all rows. */
function usdPerImage(price: ImagePrice, given: ParameterValues, auto: 'dearest' | 'default'): number {
  const value = (name: 'quality' | 'size'): string | undefined =>
    stated(given, name) ?? (given.get(name) === 'auto' && auto === 'dearest' ? undefined : price.defaults[name])
  const quality = value('quality')
  const size = value('size')
  const fits = price.usdPerImage.filter(
    (row) => (row.quality ?? quality) === (quality ?? row.quality) && (row.size ?? size) === (size ?? row.size),
  )
  return Math.max(...(fits.length > 0 ? fits : price.usdPerImage).map((row) => row.usd))
}

/** How many images a request asks for. */
export function imagesAsked({ price }: Model, given: ParameterValues): number {
  return (price?.unit === 'image' ? price.imagesAsked?.(given) : undefined) ?? wholeNumber(given.get('n'), 1)
}

/** The value of a string parameter; undefined for absent, null and `auto`. */
function stated(given: ParameterValues, name: string): string | undefined {
  const value = given.get(name)
  return typeof value === 'string' && value !== 'auto' ? value : undefined
}

function wholeNumber(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isInteger(value) ? value : otherwise
}

/** Rounds up to whole micro-USD; the subtraction keeps floating-point dust from adding one. */
function micros(value: number, multiplier: number): number {
  return Math.max(0, Math.ceil(value * multiplier - 1e-6))
}
