import { z } from 'zod'
import { boolean, integer, number, oneOf, parameter, text } from '../rules/parameter.ts'
import { freeSize } from '../rules/sizes.ts'
import { modelName } from '../rules/standard-parameters.ts'
import { SOURCES } from '../sources.ts'
import { parameterRules } from '../rules/parameter-rules.ts'
import type { Combination, ParameterValues } from '../rules/parameter-rules.ts'
import type { Model } from '../model.ts'
import type { Price } from '../prices/price.ts'

const { cometSeedream, cometPricing } = SOURCES
const page = { source: cometSeedream, nullable: true }

/** Reference images plus images asked for, at most. */
const MAX_IMAGES_TOGETHER = 15
const MAX_REFERENCES = 14

const references = parameter(
  z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(MAX_REFERENCES)]),
  { types: ['string', 'array'], allowed: `a URL or data URI, or an array of 1 to ${MAX_REFERENCES} of them` },
  page,
)

const sequentialOptions = parameter(
  z.strictObject({ max_images: z.int().min(1).max(MAX_IMAGES_TOGETHER).optional() }),
  { types: ['object'], allowed: `an object {"max_images": an integer from 1 to ${MAX_IMAGES_TOGETHER}}` },
  page,
)

/** How many images the request may bring: `max_images` of a sequence, else one. */
function sequenceLength(given: ParameterValues): number {
  if (given.get('sequential_image_generation') !== 'auto') return 1
  const options = given.get('sequential_image_generation_options')
  const max =
    typeof options === 'object' && options !== null && 'max_images' in options ? options.max_images : undefined
  return typeof max === 'number' ? max : MAX_IMAGES_TOGETHER - referenceCount(given)
}

function referenceCount(given: ParameterValues): number {
  const image = given.get('image')
  return Array.isArray(image) ? image.length : typeof image === 'string' ? 1 : 0
}

const combinations: readonly Combination[] = [
  {
    param: 'sequential_image_generation_options.max_images',
    rule: `reference images and max_images are at most ${MAX_IMAGES_TOGETHER} together`,
    source: cometSeedream,
    broken: (given) => {
      const together = sequenceLength(given) + referenceCount(given)
      if (given.get('sequential_image_generation') !== 'auto' || together <= MAX_IMAGES_TOGETHER) return undefined
      return `${referenceCount(given)} reference images and ${sequenceLength(given)} new ones are more than ${MAX_IMAGES_TOGETHER} together.`
    },
  },
]

const rules = parameterRules(
  {
    prompt: text(32_000, { source: cometSeedream, required: true }),
    model: modelName,
    size: freeSize({ minPixels: 3_686_400 }, ['2K', '4K'], page),
    response_format: oneOf(['url', 'b64_json'], page),
    image: references,
    watermark: boolean(page),
    guidance_scale: number(page),
    sequential_image_generation: oneOf(['auto', 'disabled'], page),
    sequential_image_generation_options: sequentialOptions,
    stream: boolean(page),
    n: integer(1, 1, page),
  },
  { combinations },
)

const perImage = (usd: number): Price => ({
  unit: 'image',
  usdPerImage: [{ usd }],
  defaults: {},
  imagesAsked: sequenceLength,
  source: cometPricing,
})

const seedream = (id: string, usd: number): Model => ({
  id,
  vendor: 'bytedance',
  ruleSets: { 'images.generations': rules },
  price: perImage(usd),
  notes: [
    'Image URLs are signed and valid for 24 hours; use them unchanged.',
    'Several images: sequential_image_generation, not n.',
  ],
})

/** ByteDance's Seedream models on the same route. A prefix entry takes the dearest price known for its family. */
export const seedreamModels: readonly Model[] = [
  seedream('doubao-seedream-5-0-260128', 0.035),
  seedream('doubao-seedream-4-5-251128', 0.045),
  seedream('bytedance-seedream-4-0-250828', 0.03),
  seedream('doubao-seedream-*', 0.045),
  seedream('bytedance-seedream-*', 0.045),
  seedream('seedream-*', 0.045),
]
