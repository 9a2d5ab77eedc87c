import { imageFiles, imageReference, imageReferences, maskFitsImage, maskHasAlpha } from '../../rules/image-file.ts'
import { boolean, integer, oneOf, text } from '../../rules/parameter.ts'
import { parameterRules } from '../../rules/parameter-rules.ts'
import { freeSize } from '../../rules/sizes.ts'
import { modelName, userTag } from '../../rules/standard-parameters.ts'
import { SOURCES } from '../../sources.ts'
import { gptImageCombinations } from './combinations.ts'
import type { Parameter } from '../../rules/parameter.ts'
import type { ParameterRules } from '../../rules/parameter-rules.ts'

const { spec, editSpec, guide, reference } = SOURCES
const nullable = { source: spec, nullable: true }
const newer = { source: reference, nullable: true }

const QUALITIES = ['low', 'medium', 'high', 'auto'] as const
const FORMATS = ['png', 'jpeg', 'webp'] as const

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

/** The guide's four rules; sizes above 2560x1440 are experimental and pass. There is no cap on the short edge. */
const anySize = freeSize(
  { multipleOf: 16, maxEdge: 3840, maxRatio: 3, minPixels: 655_360, maxPixels: 8_294_400 },
  ['auto'],
  { source: guide, nullable: true },
)

const gptImage2 = { ...gptImage1, size: anySize }

const gptImage25 = { ...gptImage2, quality: oneOf(['low', 'medium', 'high', 'xhigh', 'max', 'auto'], newer) }

const gptImage26 = {
  ...gptImage25,
  output_format: oneOf([...FORMATS, 'gif', 'svg'], newer),
  complexity: oneOf(['low', 'medium', 'high'], newer),
  safety_identifier: text(128, newer),
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
const input_fidelity = oneOf(['high', 'low'], { source: editSpec, nullable: true })

/** The rules of one model, for each of its operations. */
export type GptImageRuleSets = Readonly<
  Record<'images.generations' | 'images.edits' | 'images.edits.json', ParameterRules>
>

/** An edit takes what a generation takes and its images; `moderation` only in JSON (openai-openapi, both edit schemas). */
function ruleSets(generation: Record<string, Parameter>, ofEdits: Record<string, Parameter> = {}): GptImageRuleSets {
  const { moderation: _, ...form } = generation
  const combinations = [...gptImageCombinations, maskFitsImage(editSpec)]
  return {
    'images.generations': parameterRules(generation, { combinations: gptImageCombinations }),
    'images.edits': parameterRules({ ...form, ...editFiles, ...ofEdits }, { combinations }),
    'images.edits.json': parameterRules(
      { ...generation, ...editReferences, ...ofEdits },
      { combinations: [...combinations, maskHasAlpha(guide)] },
    ),
  }
}

/** gpt-image-1, gpt-image-1.5 and chatgpt-image-latest. */
export const rulesGptImage1 = ruleSets(gptImage1, { input_fidelity })
/** OpenAI: input_fidelity is "unsupported for gpt-image-1-mini"; from gpt-image-2 on the API refuses it. */
export const rulesGptImage1Mini = ruleSets(gptImage1)
export const rulesGptImage2 = ruleSets(gptImage2)
export const rulesGptImage25 = ruleSets(gptImage25)
export const rulesGptImage26 = ruleSets(gptImage26)
