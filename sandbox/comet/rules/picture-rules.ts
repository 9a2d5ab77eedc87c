import { inspect } from '../../painter/uploaded.ts'
import { openaiRejection } from './rejections.ts'
import type { Form, Upload } from '../forms.ts'
import type { Inspected } from '../../painter/uploaded.ts'
import type { Rejection } from './rejections.ts'
import type { Family, ServedModel } from './served-models.ts'

/** The pictures of a request, found to be what its model takes. */
export interface Sources {
  images: readonly [Inspected, ...Inspected[]]
  mask: Inspected | undefined
  markup: Inspected | undefined
}

/** The pictures that a family takes. */
interface PictureRule {
  most: number
  formats: readonly string[]
  /** Every file, and the mask, must be smaller. */
  megabytes: number
  square: boolean
}

const GPT: PictureRule = { most: 16, formats: ['jpeg', 'png', 'webp'], megabytes: 50, square: false }

/**
 * Facts 2.3 and 2.4. Where they disagree (the mask's 4 or 50 MB, 25 or 50 MB a picture) the wider limit holds: it is not
 * for a second opinion to be narrower than any first one. Nothing is known of qwen-image-edit's limits.
 */
const PICTURES: Readonly<Partial<Record<Family, PictureRule>>> = {
  'dall-e-2': { most: 1, formats: ['png'], megabytes: 4, square: true },
}

/** Looks at the pictures of a request: how many, how large, what they are, whether the mask fits. */
export async function inspectUploads(form: Form, { family }: ServedModel): Promise<Sources | Rejection> {
  const uploads = form.uploads()
  if ('error' in uploads) return uploads
  const rule = PICTURES[family] ?? GPT
  const name = form.json ? 'images' : 'image'
  const refused = wrongCount(uploads.images.length, rule, name)
  if (refused) return refused
  const images: Inspected[] = []
  for (const [index, upload] of uploads.images.entries()) {
    const found = await inspectImage(upload, index, rule)
    if ('error' in found) return found
    images.push(found)
  }
  const [first, ...others] = images
  if (!first) return missing(name)
  const mask = uploads.mask && (await inspectMask(uploads.mask, first, rule))
  if (mask && 'error' in mask) return mask
  const markup = uploads.markup && (await inspectMarkup(uploads.markup, first, family, mask !== undefined))
  return markup && 'error' in markup ? markup : { images: [first, ...others], mask, markup }
}

/** A transparent PNG over the first picture, with 2.5 and 2.6 alone (facts of 2026-11, 1). */
async function inspectMarkup(
  { bytes }: Upload,
  first: Inspected,
  family: Family,
  hasMask: boolean,
): Promise<Inspected | Rejection> {
  const refused = (message: string): Rejection => openaiRejection({ message, code: 'invalid_value', param: 'markup' })
  if (family !== 'gpt-2.5' && family !== 'gpt-2.6')
    return openaiRejection({ message: "Unknown parameter: 'markup'.", code: 'unknown_parameter', param: 'markup' })
  if (hasMask) return refused("'markup' cannot be combined with 'mask'.")
  const markup = await inspect(bytes)
  if (markup?.format !== 'png' || !markup.alpha) return refused('The markup must be a PNG with transparent pixels.')
  if (markup.width === first.width && markup.height === first.height) return markup
  return refused('The markup must have the dimensions of the first image.')
}

function missing(name: string): Rejection {
  const message = `Missing required parameter: '${name}'.`
  return openaiRejection({ message, code: 'missing_required_parameter', param: name })
}

function wrongCount(count: number, { most }: PictureRule, name: string): Rejection | undefined {
  if (count === 0) return missing(name)
  if (count <= most) return undefined
  const message = `Invalid '${name}': array too long. Expected an array with maximum length ${most}, but got an array with length ${count} instead.`
  return openaiRejection({ message, code: 'array_above_max_length', param: name })
}

async function inspectImage(upload: Upload, index: number, rule: PictureRule): Promise<Inspected | Rejection> {
  const { bytes, param } = upload
  const { megabytes, formats, square } = rule
  const onlyPng = formats.length === 1
  const ruled = (message: string): Rejection => openaiRejection({ message, code: 'invalid_image_file', param })
  if (bytes.length >= megabytes * 1024 * 1024) {
    return ruled(`Uploaded image must be ${onlyPng ? 'a PNG and ' : ''}less than ${megabytes} MB.`)
  }
  const found = await inspect(bytes)
  if (!found) return invalidImage(index)
  if (onlyPng && found.format !== 'png') return ruled(`Uploaded image must be a PNG and less than ${megabytes} MB.`)
  if (!formats.includes(found.format)) {
    const message = `Invalid file '${param}': unsupported mimetype ('image/${found.format}'). Supported file formats are 'image/jpeg', 'image/png', and 'image/webp'.`
    return openaiRejection({ message, code: 'unsupported_file_mimetype', param })
  }
  return square && found.width !== found.height ? ruled('Uploaded image must be square.') : found
}

/** A file that is no picture, or a broken one: `index` counts from 0, the message from 1 (facts 4.1). */
export function invalidImage(index: number): Rejection {
  const message = `Invalid image file or mode for image ${index + 1}, please check your image file.`
  return openaiRejection({ message, code: 'invalid_image_file', type: 'image_generation_user_error' })
}

/** A PNG with an alpha channel, as large as the first picture (facts 2.3). */
async function inspectMask({ bytes }: Upload, first: Inspected, rule: PictureRule): Promise<Inspected | Rejection> {
  if (bytes.length >= rule.megabytes * 1024 * 1024) return invalidMask(`mask must be less than ${rule.megabytes} MB`)
  const mask = await inspect(bytes)
  if (mask?.format !== 'png') return invalidMask('mask must be a PNG file')
  if (!mask.alpha) return invalidMask('mask image missing alpha channel')
  if (mask.width === first.width && mask.height === first.height) return mask
  return invalidMask('mask size does not match image size')
}

/** A mask that cannot be used. */
export function invalidMask(reason: string): Rejection {
  const message = `Invalid mask image format - ${reason}`
  return openaiRejection({ message, code: 'invalid_mask_image_format', type: 'image_generation_user_error' })
}
