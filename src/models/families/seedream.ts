import { z } from 'zod'
import { boolean, integer, number, oneOf, parameter, text } from '../rules/parameter.ts'
import { freeSize } from '../rules/sizes.ts'
import { modelName } from '../rules/standard-parameters.ts'
import { SOURCES } from '../sources.ts'
import { parameterRules } from '../rules/parameter-rules.ts'
import type { Combination, ParameterRules, ParameterValues } from '../rules/parameter-rules.ts'
import type { Model } from '../model.ts'
import type { Price } from '../prices/price.ts'
import type { SizeLimits } from '../rules/sizes.ts'

const { cometSeedream, cometPricing, byteDance } = SOURCES
const page = { source: cometSeedream, nullable: true }
const perVersion = { source: byteDance, nullable: true }

/** ByteDance's limits of one version; where sources are silent or differ, the upstream decides. */
interface Version {
  /** After the maker's prefix: `4-5-` in `doubao-seedream-4-5-251128`. The first that fits counts. */
  readonly ids: string
  readonly presets: readonly string[]
  readonly pixels: SizeLimits
  readonly formats: readonly [string, ...string[]]
  /** USD for an image. */
  readonly usd: number
}

const LARGEST = 16_777_216

const VERSIONS: readonly Version[] = [
  { ids: '3-', presets: [], pixels: {}, formats: ['png', 'jpeg'], usd: 0.03 },
  {
    ids: '4-0-',
    presets: ['1K', '2K', '4K'],
    pixels: { minPixels: 921_600, maxPixels: LARGEST },
    formats: ['jpeg'],
    usd: 0.03,
  },
  {
    ids: '4-5-',
    presets: ['2K', '4K'],
    pixels: { minPixels: 3_686_400, maxPixels: LARGEST },
    formats: ['jpeg'],
    usd: 0.045,
  },
  {
    ids: '5-0-pro',
    presets: ['1K', '1.5K', '2K'],
    pixels: { minPixels: 921_600 },
    formats: ['png', 'jpeg'],
    usd: 0.045,
  },
  {
    ids: '5-0-',
    presets: ['2K', '3K', '4K'],
    pixels: { minPixels: 3_686_400, maxPixels: LARGEST },
    formats: ['png', 'jpeg'],
    usd: 0.035,
  },
]

/** A version that is not known yet takes every preset and size, at the dearest price of the family. */
const UNKNOWN_VERSION: Version = {
  ids: '',
  presets: ['1K', '1.5K', '2K', '3K', '4K'],
  pixels: {},
  formats: ['png', 'jpeg'],
  usd: 0.045,
}

/** Reference images plus images asked for, at most. */
const MAX_IMAGES_TOGETHER = 15
const MAX_REFERENCES = 14

const references = parameter(
  z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(MAX_REFERENCES)]),
  { types: ['string', 'array'], allowed: `a URL or data URI, or an array of 1 to ${MAX_REFERENCES} of them` },
  page,
)

const sequentialOptions = parameter(
  z.strictObject({ max_images: z.int().min(1).max(MAX_IMAGES_TOGETHER).nullable().optional() }),
  { types: ['object'], allowed: `an object {"max_images": an integer from 1 to ${MAX_IMAGES_TOGETHER}}` },
  page,
)

const promptOptions = parameter(z.looseObject({}), { types: ['object'], allowed: 'an object' }, perVersion)
const tools = parameter(z.array(z.looseObject({})), { types: ['array'], allowed: 'an array of objects' }, perVersion)

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

function rulesOf({ presets, pixels, formats }: Version): ParameterRules {
  return parameterRules(
    {
      prompt: text(32_000, { source: cometSeedream, required: true }),
      model: modelName,
      size: freeSize(pixels, presets, perVersion),
      response_format: oneOf(['url', 'b64_json'], page),
      output_format: oneOf(formats, perVersion),
      image: references,
      watermark: boolean(page),
      guidance_scale: number(page),
      sequential_image_generation: oneOf(['auto', 'disabled'], page),
      sequential_image_generation_options: sequentialOptions,
      optimize_prompt_options: promptOptions,
      tools,
      stream: boolean(page),
      n: integer(1, 1, page),
    },
    { combinations },
  )
}

const perImage = (usd: number): Price => ({
  unit: 'image',
  usdPerImage: [{ usd }],
  defaults: {},
  imagesAsked: sequenceLength,
  source: cometPricing,
})

const RULES = new Map([...VERSIONS, UNKNOWN_VERSION].map((version) => [version, rulesOf(version)]))

/** @param label of a version's prefix: the prefix of its family, under which its generations are counted */
function seedream(id: string, version: Version, label?: string): Model {
  return {
    id,
    vendor: 'bytedance',
    ruleSets: { 'images.generations': RULES.get(version) ?? rulesOf(version) },
    price: perImage(version.usd),
    notes: [
      'Image URLs are signed and valid for 24 hours; use them unchanged.',
      'Several images: sequential_image_generation, not n.',
    ],
    ...(label === undefined ? {} : { label }),
  }
}

function versionOf(id: string): Version {
  const version = id.replace(/^.*seedream-/, '')
  return VERSIONS.find(({ ids }) => version.startsWith(ids)) ?? UNKNOWN_VERSION
}

const LISTED = ['doubao-seedream-5-0-260128', 'doubao-seedream-4-5-251128', 'bytedance-seedream-4-0-250828']
const PREFIXES = ['doubao-seedream-', 'bytedance-seedream-', 'seedream-']

/** ByteDance's Seedream models on the same route: by id, by the prefix of a version, by the prefix of the family. */
export const seedreamModels: readonly Model[] = [
  ...LISTED.map((id) => seedream(id, versionOf(id))),
  ...PREFIXES.flatMap((prefix) =>
    VERSIONS.map((version) => seedream(`${prefix}${version.ids}*`, version, `${prefix}*`)),
  ),
  ...PREFIXES.map((prefix) => seedream(`${prefix}*`, UNKNOWN_VERSION)),
]
