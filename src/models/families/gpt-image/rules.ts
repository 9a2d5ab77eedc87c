import { imageFiles, imageReference, imageReferences, maskFitsImage, maskHasAlpha } from '../../rules/image-file.ts'
import { markupFitsImage, noMaskWithMarkup } from '../../rules/markup.ts'
import { anything, boolean, integer, oneOf, text } from '../../rules/parameter.ts'
import { parameterRules } from '../../rules/parameter-rules.ts'
import { freeSize } from '../../rules/sizes.ts'
import { modelName, safetyIdentifier, userTag } from '../../rules/standard-parameters.ts'
import { SOURCES } from '../../sources.ts'
import { gptImageCombinations } from './combinations.ts'
import { frameSize, gifCombinations, gifEditCombinations, gifParameters, isGif } from './gif.ts'
import { svgCombinations, svgOfEdit, svgOfGeneration } from './svg.ts'
import type { Parameter } from '../../rules/parameter.ts'
import type { Combination, ParameterRules } from '../../rules/parameter-rules.ts'

const { spec, editSpec, guide, reference, sdk, integrators } = SOURCES
const nullable = { source: spec, nullable: true }
const newer = { source: reference, nullable: true }

const QUALITIES = ['low', 'medium', 'high', 'auto'] as const
const FORMATS = ['png', 'jpeg', 'webp'] as const

type ParameterTable = Readonly<Record<string, Parameter>>

/** A GPT image model answers in base64 and takes `output_format`, so `response_format` and `style` are absent here. */
const gptImage1: ParameterTable = {
  prompt: text(32_000, { source: spec, required: true }),
  model: modelName,
  n: integer(1, 10, nullable),
  quality: oneOf(QUALITIES, nullable),
  size: oneOf(['auto', '1024x1024', '1536x1024', '1024x1536'], nullable),
  background: oneOf(['transparent', 'opaque', 'auto'], nullable),
  moderation: oneOf(['low', 'auto'], nullable),
  safety_identifier: safetyIdentifier,
  output_format: oneOf(FORMATS, nullable),
  output_compression: integer(0, 100, nullable),
  partial_images: integer(0, 3, nullable),
  stream: boolean(nullable),
  user: userTag,
}

/** The guide's four rules; sizes above 2560x1440 are experimental and pass. There is no cap on the short edge. */
const anySize = freeSize(
  { multipleOf: 16, maxEdge: 3840, maxRatio: 3, minPixels: 655_360, maxPixels: 8_294_400 },
  ['auto'],
  { source: guide, nullable: true },
)

const gptImage2: ParameterTable = { ...gptImage1, size: anySize }

const gptImage25: ParameterTable = {
  ...gptImage2,
  quality: oneOf(['low', 'medium', 'high', 'xhigh', 'max', 'auto'], newer),
}

const gptImage26: ParameterTable = {
  ...gptImage25,
  size: { ...anySize, instead: (given) => (isGif(given) ? frameSize : undefined) },
  output_format: oneOf([...FORMATS, 'gif', 'svg'], newer),
  complexity: oneOf(['low', 'medium', 'high'], newer),
  ...gifParameters,
  svg: svgOfGeneration,
  // Named in the words about svg; no type is published.
  prompt_rewriter: anything({ source: sdk }),
}

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
const markup = imageFiles({ max: 1, belowMegabytes: 50, formats: ['png'], hasAlpha: true }, { source: sdk })
const fidelity = (...values: readonly [string, ...string[]]): ParameterTable => ({
  input_fidelity: oneOf(values, { source: sdk, nullable: true }),
})

/** The differences of a model's edits from its generations. */
interface EditRules {
  /** In a form and in JSON. */
  readonly parameters?: ParameterTable
  /** In a form alone. */
  readonly files?: ParameterTable
  readonly combinations?: readonly Combination[]
}

/** The rules of one model, for each of its operations. */
export type GptImageRuleSets = Readonly<
  Record<'images.generations' | 'images.edits' | 'images.edits.json', ParameterRules>
>

/** An edit takes the parameters of a generation, and its images. */
function ruleSets(
  generation: ParameterTable,
  combinations: readonly Combination[],
  { parameters = {}, files = {}, combinations: ofEdits = [] }: EditRules = {},
): GptImageRuleSets {
  const edit = [...combinations, ...ofEdits, maskFitsImage(editSpec)]
  // OpenAI's types have `moderation` in JSON alone; in forms it went through.
  const moderation = oneOf(['low', 'auto'], { source: integrators, nullable: true })
  return {
    'images.generations': parameterRules(generation, { combinations }),
    'images.edits': parameterRules(
      { ...generation, moderation, ...editFiles, ...files, ...parameters },
      { combinations: edit },
    ),
    'images.edits.json': parameterRules(
      { ...generation, ...editReferences, ...parameters },
      { combinations: [...edit, maskHasAlpha(guide)] },
    ),
  }
}

const withMarkup: EditRules = {
  files: { markup },
  combinations: [markupFitsImage(sdk), noMaskWithMarkup(sdk)],
}

/** gpt-image-1, gpt-image-1.5 and chatgpt-image-latest. */
export const rulesGptImage1 = ruleSets(gptImage1, gptImageCombinations, { parameters: fidelity('high', 'low') })
export const rulesGptImage1Mini = ruleSets(gptImage1, gptImageCombinations, { parameters: fidelity('low') })
/** From gpt-image-2 on the API refuses `input_fidelity`. */
export const rulesGptImage2 = ruleSets(gptImage2, gptImageCombinations)
export const rulesGptImage25 = ruleSets(gptImage25, gptImageCombinations, withMarkup)
export const rulesGptImage26 = ruleSets(gptImage26, [...gptImageCombinations, ...gifCombinations, ...svgCombinations], {
  ...withMarkup,
  parameters: { svg: svgOfEdit },
  combinations: [...(withMarkup.combinations ?? []), ...gifEditCombinations],
})
