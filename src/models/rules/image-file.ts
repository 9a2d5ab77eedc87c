import { z } from 'zod'
import { parameter } from './parameter.ts'
import type { Combination, ParameterValues } from './parameter-rules.ts'
import type { Parameter } from './parameter.ts'
import type { Source } from '../sources.ts'

/** An image that was uploaded, as far as its first bytes tell. */
export class ImageFile {
  readonly bytes: number
  /** By its magic bytes, whatever its name and content type say: `png`, `jpeg`, `gif`. Undefined: no known one. */
  readonly format: string | undefined
  /** In pixels, as stored. */
  readonly width: number | undefined
  readonly height: number | undefined
  readonly hasAlpha: boolean | undefined

  constructor(file: {
    readonly bytes: number
    readonly format?: string | undefined
    readonly width?: number | undefined
    readonly height?: number | undefined
    readonly hasAlpha?: boolean | undefined
  }) {
    this.bytes = file.bytes
    this.format = file.format
    this.width = file.width
    this.height = file.height
    this.hasAlpha = file.hasAlpha
  }
}

/** An image in a JSON body: a URL, or a data URL with what the image in it tells. Too long to be kept as text. */
export class ImageUrl {
  readonly characters: number
  /** Lower case: `https`, `data`. Undefined where it is no URL. */
  readonly scheme: string | undefined
  /** The image of a data URL. */
  readonly file: ImageFile | undefined

  constructor(characters: number, scheme: string | undefined, file: ImageFile | undefined) {
    this.characters = characters
    this.scheme = scheme
    this.file = file
  }
}

/** Limits of a model for an image. */
export interface FileLimits {
  /** How many, at most. */
  readonly max: number
  /** Every file must be smaller than this. */
  readonly belowMegabytes: number
  readonly formats: readonly ('png' | 'jpeg' | 'webp')[]
  readonly isSquare?: boolean
  /** Transparent pixels mark what is to be changed. */
  readonly hasAlpha?: boolean
}

const MEGABYTE = 1_048_576

/** Files of a form: `image`, `image[]`, `image[0]`; or one file: `mask`. */
export function imageFiles(
  limits: FileLimits,
  options: { readonly source: Source; readonly required?: boolean },
): Parameter {
  const { max, belowMegabytes, formats, isSquare = false, hasAlpha = false } = limits
  const kind = `${formats.join(', ')} file${max === 1 ? '' : 's'} smaller than ${belowMegabytes} MB`
  const details = [isSquare ? 'square' : undefined, hasAlpha ? 'with an alpha channel' : undefined].filter(Boolean)
  const allowed = `${max === 1 ? 'one' : `1 to ${max}`} ${kind}${details.length === 0 ? '' : `, ${details.join(', ')}`}`
  const explain = (value: unknown): string | undefined => (isFiles(value) ? problemOf(value, limits) : undefined)
  const schema = z
    .custom((value) => isFiles(value) && explain(value) === undefined)
    .meta({ type: 'array', items: { type: 'string', format: 'binary' }, minItems: 1, maxItems: max })
  return parameter(schema, { types: ['file'], allowed, explain }, options)
}

/** Any files: for models whose limits are not known. */
export function anyFiles(options: { readonly source: Source; readonly required?: boolean }): Parameter {
  const schema = z.custom(isFiles).meta({ type: 'array', items: { type: 'string', format: 'binary' } })
  return parameter(schema, { types: ['file'], allowed: 'image files' }, options)
}

/** One problem of the files, as a sentence. */
function problemOf(files: readonly ImageFile[], limits: FileLimits): string | undefined {
  if (files.length > limits.max) return `There are ${files.length}; at most ${limits.max} are allowed.`
  for (const [index, file] of files.entries()) {
    const problem = fileProblem(file, limits)
    if (problem !== undefined) return files.length === 1 ? `It ${problem}.` : `Image ${index + 1} ${problem}.`
  }
  return undefined
}

function fileProblem(file: ImageFile, limits: FileLimits): string | undefined {
  const { bytes, format, width, height, hasAlpha } = file
  if (bytes === 0) return 'is empty'
  if (bytes >= limits.belowMegabytes * MEGABYTE) return `has ${(bytes / MEGABYTE).toFixed(1)} MB`
  if (format === undefined) return 'is not an image of a known format'
  if (!limits.formats.some((allowed) => allowed === format)) return `is a ${format} file, whatever its name says`
  if (limits.isSquare === true && width !== height) return `is not square: it has ${width}x${height} pixels`
  if (limits.hasAlpha === true && hasAlpha === false) return 'has no alpha channel, so that it marks nothing'
  return undefined
}

const MAX_URL_CHARACTERS = 20_971_520

/** `{"image_url": …}` or `{"file_id": …}` (openai-openapi, EditImageBodyJsonParam). */
const reference = z
  .strictObject({
    image_url: z
      .custom((value) => value instanceof ImageUrl && urlProblem(value) === undefined)
      .meta({ type: 'string', format: 'uri', maxLength: MAX_URL_CHARACTERS })
      .optional(),
    file_id: z.string().min(1).optional(),
  })
  .refine((value) => (value.image_url === undefined) !== (value.file_id === undefined))

/** 1 to `max` images of a JSON body. */
export function imageReferences(
  max: number,
  options: { readonly source: Source; readonly required?: boolean },
): Parameter {
  const allowed = `an array of 1 to ${max} objects with either an image_url (an http(s) URL, or a data URL of a png, jpeg or webp of up to ${MAX_URL_CHARACTERS} characters) or a file_id`
  return parameter(z.array(reference).min(1).max(max), { types: ['array'], allowed }, options)
}

/** One image of a JSON body. */
export function imageReference(options: { readonly source: Source }): Parameter {
  const allowed = 'an object with either an image_url (an http(s) or data URL) or a file_id'
  return parameter(reference, { types: ['object'], allowed }, options)
}

function urlProblem({ characters, scheme, file }: ImageUrl): string | undefined {
  if (characters > MAX_URL_CHARACTERS) return 'too long'
  if (scheme === 'https' || scheme === 'http') return undefined
  if (scheme !== 'data') return 'no URL'
  return file?.format === 'png' || file?.format === 'jpeg' || file?.format === 'webp' ? undefined : 'no image'
}

/** The mask marks a part of the first image, pixel by pixel. */
export function maskFitsImage(source: Source): Combination {
  return {
    param: 'mask',
    rule: 'the mask has the width and height of the first image',
    source,
    broken: (given) => {
      const [image] = imagesGiven(given, 'image', 'images')
      const [mask] = imagesGiven(given, 'mask', 'mask')
      if (mask?.width === undefined || image?.width === undefined) return undefined
      if (mask.width === image.width && mask.height === image.height) return undefined
      const size = (file: ImageFile): string => `${file.width}x${file.height}`
      return `The mask has ${size(mask)} pixels and the first image ${size(image)}; they must be equal.`
    },
  }
}

/** The mask of a JSON body; that of a form is checked with its file. */
export function maskHasAlpha(source: Source): Combination {
  return {
    param: 'mask',
    rule: 'the mask is a png with an alpha channel',
    source,
    broken: (given) => {
      const [mask] = imagesGiven(given, 'mask', 'mask')
      if (mask?.format === undefined || (mask.format === 'png' && mask.hasAlpha !== false)) return undefined
      return 'The mask must be a png with an alpha channel; its transparent pixels mark what is to be changed.'
    },
  }
}

/** The images, the mask and the markup that a request brings, by whatever names; undefined for one that is only a URL. */
export function imagesBrought(given: ParameterValues): readonly (ImageFile | undefined)[] {
  const images = imagesGiven(given, 'image', 'images')
  return [...images, ...imagesGiven(given, 'mask', 'mask'), ...imagesGiven(given, 'markup', 'markup')]
}

/** The images under a name, as far as they are known: all of a form's, those of a JSON body's data URLs. */
export function imagesGiven(
  given: ParameterValues,
  formName: string,
  jsonName: string,
): readonly (ImageFile | undefined)[] {
  const files = given.get(formName)
  if (isFiles(files)) return files
  const references = given.get(jsonName)
  if (references === undefined || references === null) return []
  return (Array.isArray(references) ? references : [references]).map((one: unknown) => {
    const url = typeof one === 'object' && one !== null && 'image_url' in one ? one.image_url : undefined
    return url instanceof ImageUrl ? url.file : undefined
  })
}

function isFiles(value: unknown): value is readonly ImageFile[] {
  return Array.isArray(value) && value.length > 0 && value.every((file) => file instanceof ImageFile)
}
