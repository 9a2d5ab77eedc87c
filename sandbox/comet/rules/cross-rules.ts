import { textOf, wrongType } from './checks.ts'
import { brokenFormat } from './gif-svg.ts'
import { openaiRejection, seedreamRejection } from './rejections.ts'
import type { SandboxFields } from './checks.ts'
import type { Rejection } from './rejections.ts'
import type { ServedModel } from './served-models.ts'

/** A rule about several parameters, whose values are each right by themselves. */
type CrossRule = (body: SandboxFields, model: ServedModel) => Rejection | undefined

const CROSS_RULES: readonly CrossRule[] = [
  oneOnly,
  compression,
  transparency,
  (body, { family }) => (family === 'gpt-2.6' ? brokenFormat(body) : undefined),
  seedreamSequence,
  streaming,
]

/** The first rule across parameters that a request breaks. */
export function brokenTogether(body: SandboxFields, model: ServedModel): Rejection | undefined {
  for (const rule of CROSS_RULES) {
    const found = rule(body, model)
    if (found) return found
  }
  return undefined
}

/** dall-e-3 and qwen-image make one picture at a time (facts 2.5). */
function oneOnly({ n }: SandboxFields, { family, id }: ServedModel): Rejection | undefined {
  const qwen = family.startsWith('qwen')
  if ((family !== 'dall-e-3' && !qwen) || Number(n ?? 1) <= 1) return undefined
  const message = qwen ? `The model '${id}' does not support n > 1.` : 'You must provide n=1 for this model.'
  return openaiRejection({ message, code: 'invalid_value', param: 'n' })
}

/** Only jpeg and webp can be compressed (facts 2.5, 4.1); 100, the default, is no compression. */
function compression(body: SandboxFields, { family }: ServedModel): Rejection | undefined {
  const format = formatOf(body)
  const level = body['output_compression'] ?? 100
  if (!family.startsWith('gpt') || level === 100 || format === 'jpeg' || format === 'webp') return undefined
  const message = `Compression less than 100 is not supported for ${format.toUpperCase()} output format`
  return openaiRejection({ message, code: `invalid_${format}_output_compression`, type: 'image_generation_user_error' })
}

/** A transparent background needs png or webp (facts 2.5). */
function transparency(body: SandboxFields, { family }: ServedModel): Rejection | undefined {
  const format = formatOf(body)
  const possible = format === 'png' || format === 'webp'
  if (!family.startsWith('gpt') || body['background'] !== 'transparent' || possible) return undefined
  const message = `Transparent background is not supported for ${format.toUpperCase()} output format`
  return openaiRejection({ message, code: 'invalid_value', param: 'background', type: 'image_generation_user_error' })
}

/** Seedream: at most 14 pictures to start from, and at most 15 together with those it makes (facts 1.4). */
function seedreamSequence(body: SandboxFields, { family }: ServedModel): Rejection | undefined {
  if (family !== 'seedream') return undefined
  const image = body['image'] ?? []
  const references: readonly unknown[] = Array.isArray(image) ? image : [image]
  if (references.some((one) => typeof one !== 'string'))
    return wrongType(body['image'], 'image', 'a string or an array of strings')
  if (references.length > 14) return seedreamRejection('image', 'at most 14 reference images are allowed.')
  const most = sequenceLength(body)
  if (!Number.isInteger(most) || most < 1 || references.length + most > 15) {
    const reason = 'max_images must be at least 1, and with the reference images at most 15.'
    return seedreamRejection('sequential_image_generation_options', reason)
  }
  return undefined
}

/** How many pictures a Seedream request asks for at most. */
export function sequenceLength(body: SandboxFields): number {
  if (body['sequential_image_generation'] !== 'auto') return 1
  const options: unknown = body['sequential_image_generation_options']
  const most: unknown =
    typeof options === 'object' && options !== null && 'max_images' in options ? (options.max_images ?? 1) : 1
  return typeof most === 'number' ? most : Number.NaN
}

/** Only the GPT models and Seedream stream (facts 2.1, 1.4). */
function streaming({ stream }: SandboxFields, { id, family }: ServedModel): Rejection | undefined {
  if (stream !== true || family.startsWith('gpt') || family === 'seedream') return undefined
  const message = `Unsupported value: 'stream' does not support true with the model '${id}' here. Streaming is not supported.`
  return openaiRejection({ message, code: 'unsupported_value', param: 'stream' })
}

function formatOf(body: SandboxFields): string {
  return textOf(body, 'output_format') ?? 'png'
}
