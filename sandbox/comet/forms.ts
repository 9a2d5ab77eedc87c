import { isBody, text, wrongType } from './rules/checks.ts'
import { openaiRejection } from './rules/rejections.ts'
import type { SandboxFields } from './rules/checks.ts'
import type { Rejection } from './rules/rejections.ts'

/** A picture that came with a request, and the parameter it came in. */
export interface Upload {
  param: string
  bytes: Buffer
}

/** The pictures of a request. */
export interface Uploads {
  images: readonly Upload[]
  mask: Upload | undefined
  markup: Upload | undefined
}

/** A request to change pictures, in either of its two forms. */
export interface Form {
  json: boolean
  /** Everything but the pictures; in multipart, texts that stand for numbers and booleans have become such. */
  fields: SandboxFields
  /** Taken out only when asked for: OpenAI looks at the prompt first. */
  uploads: () => Uploads | Rejection
}

/** Reads a request body as multipart/form-data or as JSON; undefined when it is neither. */
export async function readForm(contentType: string, chunks: readonly Buffer[]): Promise<Form | undefined> {
  try {
    if (/^multipart\/form-data\b/i.test(contentType)) return await multipartForm(contentType, chunks)
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    return isBody(body) ? jsonForm(body) : undefined
  } catch {
    return undefined
  }
}

/** `image`, `image[]` and `image[N]` are the names CometAPI takes (facts 1.8). */
const IMAGE_NAME = /^image(\[\d*\])?$/

/** Node's own reading of a form, so that the gateway's forms are read by somebody who does not know the gateway. */
async function multipartForm(contentType: string, chunks: readonly Buffer[]): Promise<Form> {
  const headers = { 'content-type': contentType }
  const form = await new Response(ReadableStream.from(chunks), { headers }).formData()
  const fields: Record<string, unknown> = {}
  const pictures: { name: string; bytes: Buffer | undefined }[] = []
  for (const [name, value] of form) {
    if (IMAGE_NAME.test(name) || name === 'mask' || name === 'markup') {
      pictures.push({ name, bytes: typeof value === 'string' ? undefined : Buffer.from(await value.arrayBuffer()) })
    } else if (!(name in fields) && typeof value === 'string') {
      put(fields, name, meant(name, value))
    }
  }
  return { json: false, fields, uploads: () => uploadsOf(pictures) }
}

/** `svg[reasoning][effort]` is a member of a member of `svg`. */
function put(fields: Record<string, unknown>, name: string, value: unknown): void {
  const [first = '', ...inner] = name.split('[').map((part) => part.replace(/\]$/, ''))
  const [next] = inner
  if (next === undefined || !/^\w+(?:\[\w+\])+$/.test(name)) {
    fields[name] = value
    return
  }
  const inside = isBody(fields[first]) ? { ...fields[first] } : {}
  put(
    inside,
    `${next}${inner
      .slice(1)
      .map((part) => `[${part}]`)
      .join('')}`,
    value,
  )
  fields[first] = inside
}

const WHOLE_NUMBERS: ReadonlySet<string> = new Set([
  'n',
  'output_compression',
  'partial_images',
  'frame_count',
  'frame_duration_ms',
])

/** A text of a form as the number or boolean that is wanted; any other text stays as it is, and is refused. */
function meant(name: string, value: string): unknown {
  if (WHOLE_NUMBERS.has(name) && /^-?\d{1,9}$/.test(value)) return Number(value)
  if (name === 'stream' && (value === 'true' || value === 'false')) return value === 'true'
  return value
}

/** A text part under a picture's name is what becomes of a file without a file name. */
function uploadsOf(pictures: readonly { name: string; bytes: Buffer | undefined }[]): Uploads | Rejection {
  const images: Upload[] = []
  let mask: Upload | undefined
  let markup: Upload | undefined
  for (const { name, bytes } of pictures) {
    if (!bytes) return wrongType('', name, 'a file')
    if (name === 'mask') mask ??= { param: name, bytes }
    else if (name === 'markup') markup ??= { param: name, bytes }
    else images.push({ param: 'image', bytes })
  }
  return { images, mask, markup }
}

function jsonForm(body: SandboxFields): Form {
  const { images, mask, ...fields } = body
  return { json: true, fields, uploads: () => linkedUploads(images ?? [], mask ?? undefined) }
}

function linkedUploads(images: unknown, mask: unknown): Uploads | Rejection {
  if (!Array.isArray(images)) return wrongType(images, 'images', 'an array of objects')
  const found: Upload[] = []
  for (const [index, item] of images.entries()) {
    const upload = linked(item, `images[${index}]`)
    if ('error' in upload) return upload
    found.push(upload)
  }
  if (mask === undefined) return { images: found, mask, markup: undefined }
  const upload = linked(mask, 'mask')
  return 'error' in upload ? upload : { images: found, mask: upload, markup: undefined }
}

/** The longest `image_url` (facts 2.3). */
const urlText = text(20_971_520)

const DATA_URL = /^data:[\w.+-]+\/[\w.+-]+;base64,/i

/** `{image_url}` or `{file_id}`, never both (facts 2.3). Only data URLs can be followed offline. */
function linked(item: unknown, name: string): Upload | Rejection {
  if (!isBody(item)) return wrongType(item, name, 'an object')
  const url = item['image_url'] ?? undefined
  if ((url === undefined) === ((item['file_id'] ?? undefined) === undefined)) {
    const message = `Invalid '${name}': provide exactly one of 'image_url' and 'file_id'.`
    return openaiRejection({ message, code: 'invalid_value', param: name })
  }
  if (url === undefined) {
    const message = 'No such file. The sandbox is offline and takes data URLs only.'
    return openaiRejection({ message, code: 'invalid_value', param: `${name}.file_id` })
  }
  const param = `${name}.image_url`
  if (typeof url !== 'string') return wrongType(url, param, 'a string')
  const tooLong = urlText(url, param)
  if (tooLong) return tooLong
  const head = DATA_URL.exec(url.slice(0, 200))
  if (head) return { param, bytes: Buffer.from(url.slice(head[0].length), 'base64') }
  const message = 'Error while downloading the image. The sandbox is offline and takes data URLs only.'
  return openaiRejection({ message, code: 'invalid_image_url', param })
}
