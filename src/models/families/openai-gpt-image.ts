import { patchTokens, tileTokens } from '../prices/input-image-tokens.ts'
import { GPT_IMAGE_1_TOKENS, gptImage25Tokens, gptImage2Tokens, outputTokens } from '../prices/image-tokens.ts'
import { imageFiles, imageReference, imageReferences, maskFitsImage, maskHasAlpha } from '../rules/image-file.ts'
import { boolean, integer, oneOf, text } from '../rules/parameter.ts'
import { freeSize } from '../rules/sizes.ts'
import { modelName, userTag } from '../rules/standard-parameters.ts'
import { SOURCES } from '../sources.ts'
import type { Combination, Model, ParameterRules } from '../model.ts'
import type { Parameter } from '../rules/parameter.ts'
import type { TokenRates } from '../prices/price.ts'

const { spec, editSpec, guide, reference, observed, openaiPricing } = SOURCES
const nullable = { source: spec, nullable: true }
const newer = { source: reference, nullable: true }

const QUALITIES = ['low', 'medium', 'high', 'auto'] as const
const FORMATS = ['png', 'jpeg', 'webp'] as const

/** The guide's four rules; sizes above 2560x1440 are experimental and pass. There is no cap on the short edge. */
const anySize = freeSize(
  { multipleOf: 16, maxEdge: 3840, maxRatio: 3, minPixels: 655_360, maxPixels: 8_294_400 },
  ['auto'],
  { source: guide, nullable: true },
)

/** A GPT image model answers in base64 and takes `output_format`, so `response_format` and `style` are absent here. */
const gptImage1: Record<string, Parameter> = {
  prompt: text(32_000, { source: spec, required: true }),
  model: modelName,
  n: integer(1, 10, nullable),
  quality: oneOf(QUALITIES, nullable),
  size: oneOf(['auto', '1024x1024', '1536x1024', '1024x1536'], nullable),
  background: oneOf(['transparent', 'opaque', 'auto'], nullable),
  moderation: oneOf(['low', 'auto'], nullable),
  output_format: oneOf(FORMATS, nullable),
  output_compression: integer(0, 100, nullable),
  partial_images: integer(0, 3, nullable),
  stream: boolean(nullable),
  user: userTag,
}

const gptImage2 = { ...gptImage1, size: anySize }

const gptImage25 = { ...gptImage2, quality: oneOf(['low', 'medium', 'high', 'xhigh', 'max', 'auto'], newer) }

const gptImage26 = {
  ...gptImage25,
  output_format: oneOf([...FORMATS, 'gif', 'svg'], newer),
  complexity: oneOf(['low', 'medium', 'high'], newer),
  safety_identifier: text(128, newer),
}

const ALL_FORMATS: ReadonlySet<unknown> = new Set([...FORMATS, 'gif', 'svg'])
const isFormat = (value: unknown): value is string => ALL_FORMATS.has(value)
const isWholeFrom = (min: number, value: unknown, max: number): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max

const combinations: readonly Combination[] = [
  {
    param: 'background',
    rule: "background 'transparent' needs output_format 'png' (the default) or 'webp'",
    source: guide,
    broken: (given) => {
      const format = given.get('output_format') ?? 'png'
      if (given.get('background') !== 'transparent' || !isFormat(format)) return undefined
      if (format === 'png' || format === 'webp') return undefined
      return `Transparent background is not supported for the output format '${format}'. Use 'png' or 'webp'.`
    },
  },
  {
    param: 'output_compression',
    rule: "output_compression below 100 needs output_format 'jpeg' or 'webp'",
    source: observed,
    broken: (given) => {
      const format = given.get('output_format') ?? 'png'
      const compression = given.get('output_compression')
      if (!isWholeFrom(0, compression, 99) || !isFormat(format)) return undefined
      if (format === 'jpeg' || format === 'webp') return undefined
      return `Compression less than 100 is not supported for the output format '${format}'. Use 'jpeg' or 'webp'.`
    },
  },
  {
    param: 'partial_images',
    rule: 'partial_images above 0 needs stream true',
    source: spec,
    broken: (given) => {
      const partials = given.get('partial_images')
      if (!isWholeFrom(1, partials, 3) || given.get('stream') === true) return undefined
      return "'partial_images' has a meaning only in a stream. Set 'stream' to true, or leave 'partial_images' out."
    },
  },
]

/** Sources disagree on the size of a mask (4 MB, 50 MB) and of an image (25 MB, 50 MB): the larger one passes. */
const editFiles = {
  image: imageFiles(
    { max: 16, belowMegabytes: 50, formats: ['png', 'webp', 'jpeg'] },
    { source: editSpec, required: true },
  ),
  mask: imageFiles({ max: 1, belowMegabytes: 50, formats: ['png'], hasAlpha: true }, { source: guide }),
}
const editReferences = {
  images: imageReferences(16, { source: editSpec, required: true }),
  mask: imageReference({ source: editSpec }),
}
const input_fidelity = oneOf(['high', 'low'], { source: editSpec, nullable: true })

type Rules = Readonly<Record<'images.generations' | 'images.edits' | 'images.edits.json', ParameterRules>>

/** An edit takes what a generation takes and its images; `moderation` only in JSON (openai-openapi, both edit schemas). */
function rules(generation: Record<string, Parameter>, ofEdits: Record<string, Parameter> = {}): Rules {
  const { moderation: _, ...form } = generation
  const edit = [...combinations, maskFitsImage(editSpec)]
  return {
    'images.generations': { parameters: generation, combinations, open: false },
    'images.edits': { parameters: { ...form, ...editFiles, ...ofEdits }, combinations: edit, open: false },
    'images.edits.json': {
      parameters: { ...generation, ...editReferences, ...ofEdits },
      combinations: [...edit, maskHasAlpha(guide)],
      open: false,
    },
  }
}

const asGptImage1 = rules(gptImage1, { input_fidelity })
/** OpenAI: input_fidelity is "unsupported for gpt-image-1-mini"; from gpt-image-2 on the API refuses it. */
const asMini = rules(gptImage1)
const asGptImage2 = rules(gptImage2)
const asGptImage25 = rules(gptImage25)
const asGptImage26 = rules(gptImage26)

/** USD per million tokens. */
const RATES = {
  gptImage1: { textInput: 5, textCached: 1.25, imageInput: 10, imageCached: 2.5, imageOutput: 40, textOutput: 40 },
  mini: { textInput: 2, textCached: 0.2, imageInput: 2.5, imageCached: 0.25, imageOutput: 8, textOutput: 8 },
  gptImage15: { textInput: 5, textCached: 1.25, imageInput: 8, imageCached: 2, imageOutput: 32, textOutput: 10 },
  gptImage2: { textInput: 5, textCached: 1.25, imageInput: 8, imageCached: 2, imageOutput: 30, textOutput: 30 },
} as const satisfies Record<string, TokenRates>

const tabled = outputTokens(GPT_IMAGE_1_TOKENS)
const patches = (usdPerMillionTokens: TokenRates, tokens = gptImage2Tokens) =>
  ({
    unit: 'token',
    usdPerMillionTokens,
    outputTokens: tokens,
    inputTokens: patchTokens,
    source: openaiPricing,
  }) as const
const tiles = (usdPerMillionTokens: TokenRates) =>
  ({
    unit: 'token',
    usdPerMillionTokens,
    outputTokens: tabled,
    inputTokens: tileTokens,
    source: openaiPricing,
  }) as const

const shutDown = (date: string): string => `OpenAI shuts this model down on ${date}; CometAPI decides for itself.`
const transparency =
  "OpenAI's support for transparent backgrounds is a preview since 2026-08-20; CometAPI refused it on 2026-08-10."
const guessedTokens =
  'Token counts are not published: estimates use gpt-image-2’s formula, with assumed factors for xhigh and max.'

const version = (id: string, like: Omit<Model, 'id' | 'vendor'>): Model => ({ id, vendor: 'openai', ...like })

const v2 = { operations: asGptImage2, price: patches(RATES.gptImage2), notes: [transparency] }
const v25 = { operations: asGptImage25, price: patches(RATES.gptImage2, gptImage25Tokens), notes: [guessedTokens] }
const v26 = { operations: asGptImage26, price: patches(RATES.gptImage2, gptImage25Tokens), notes: [guessedTokens] }
const v15 = {
  operations: asGptImage1,
  price: { ...tiles(RATES.gptImage15), textOutputAtMost: 1000 },
  notes: [shutDown('2026-12-01')],
}

/** OpenAI's GPT image models. */
export const gptImageModels: readonly Model[] = [
  version('gpt-image-1', {
    operations: asGptImage1,
    price: tiles(RATES.gptImage1),
    notes: [shutDown('2026-10-23')],
  }),
  version('gpt-image-1-mini', {
    operations: asMini,
    price: tiles(RATES.mini),
    notes: [shutDown('2026-12-01')],
  }),
  version('gpt-image-1.5', v15),
  version('chatgpt-image-latest', v15),
  version('gpt-image-2', v2),
  version('gpt-image-2-2026-04-21', v2),
  version('gpt-image-2.5-flare', v25),
  version('gpt-image-2.5-sunburst', v25),
  version('gpt-image-2.5-*', v25),
  version('gpt-image-2.6-flare', v26),
  version('gpt-image-2.6-sunburst', v26),
  version('gpt-image-2.6-*', v26),
]
