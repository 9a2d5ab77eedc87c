import { isBody, oneOf, text, textOf, wrongType } from './checks.ts'
import { openaiRejection } from './rejections.ts'
import { parseSize } from './sizes.ts'
import type { Check, SandboxFields } from './checks.ts'
import type { Rejection } from './rejections.ts'
import type { Pixels } from './sizes.ts'

/** Frames of an animated gif that asks for no number (facts of 2026-11, 1). */
export const FRAMES_BY_DEFAULT = 9
export const FRAME_DURATION_BY_DEFAULT = 200

/** The size of one frame; the floor of a picture is not that of a frame. */
export const frameSize: Check = (value, name) => {
  if (typeof value !== 'string') return wrongType(value, name, 'a string')
  const frame = parseSize(value)
  if (value === 'auto') return undefined
  const fits = frame && frame.width % 16 === 0 && frame.height % 16 === 0 && isBalanced(frame)
  return fits ? undefined : refusedSize(value, 'Width and height must both be divisible by 16.')
}

function isBalanced({ width, height }: Pixels): boolean {
  return Math.max(width, height) <= 3 * Math.min(width, height)
}

function refusedSize(size: string, reason: string): Rejection {
  const message = `Invalid size '${size}'. ${reason}`
  return openaiRejection({ message, code: 'invalid_value', param: 'size', type: 'image_generation_user_error' })
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

/** `{model, reasoning: {effort}}`: the author of a drawing. */
export const svgAuthor: Check = (value, name) => {
  if (!isBody(value)) return wrongType(value, name, 'an object')
  const { model, reasoning } = value
  if (model !== undefined && model !== null) {
    const wrong = model === '' ? missing(`${name}.model`) : text(256)(model, `${name}.model`)
    if (wrong) return wrong
  }
  if (reasoning === undefined || reasoning === null) return undefined
  if (!isBody(reasoning)) return wrongType(reasoning, `${name}.reasoning`, 'an object')
  const effort = reasoning['effort'] ?? undefined
  return effort === undefined ? undefined : oneOf(...EFFORTS)(effort, `${name}.reasoning.effort`)
}

function missing(param: string): Rejection {
  return openaiRejection({
    message: `Missing required parameter: '${param}'.`,
    code: 'missing_required_parameter',
    param,
  })
}

/** The first rule about animations and drawings that a request breaks. */
export function brokenFormat(body: SandboxFields): Rejection | undefined {
  const format = textOf(body, 'output_format') ?? 'png'
  const given = (name: string): boolean => (body[name] ?? undefined) !== undefined
  if (format !== 'gif' && (given('frame_count') || given('frame_duration_ms')))
    return unsupported(given('frame_count') ? 'frame_count' : 'frame_duration_ms', `${format} output`)
  if (format !== 'svg' && given('svg')) return unsupported('svg', `${format} output`)
  if (format !== 'gif' && format !== 'svg') return undefined
  if (body['stream'] === true) return unsupported('stream', `${format} output`)
  if (Number(body['partial_images'] ?? 0) > 0) return unsupported('partial_images', `${format} output`)
  return format === 'gif' ? brokenAnimation(body) : brokenDrawing(body)
}

function brokenAnimation(body: SandboxFields): Rejection | undefined {
  const frame = parseSize(String(body['size']))
  const sheet = frame && sheetOf(Number(body['frame_count'] ?? FRAMES_BY_DEFAULT), frame)
  if (!sheet || isSheet(sheet) || isSheet(turned(sheet, frame))) return undefined
  return refusedSize(String(body['size']), 'The requested frames exceed the current pixel budget.')
}

function brokenDrawing(body: SandboxFields): Rejection | undefined {
  if (Number(body['n'] ?? 1) > 1) return unsupported('n', 'svg output')
  for (const name of ['output_compression', 'prompt_rewriter'])
    if ((body[name] ?? undefined) !== undefined) return unsupported(name, 'svg output')
  return undefined
}

function unsupported(param: string, what: string): Rejection {
  const message = `Unsupported parameter: '${param}' is not supported with ${what}.`
  return openaiRejection({ message, code: 'unsupported_parameter', param })
}

/** All frames on one sheet: three by three, four by three or four by four cells. */
export function sheetOf(frames: number, { width, height }: Pixels): Pixels {
  const [columns, rows] = gridOf(frames)
  return { width: columns * width, height: rows * height }
}

/** The same sheet with as many rows as it had columns. */
function turned(sheet: Pixels, { width, height }: Pixels): Pixels {
  return { width: (sheet.height / height) * width, height: (sheet.width / width) * height }
}

function gridOf(frames: number): readonly [columns: number, rows: number] {
  if (frames <= 9) return [3, 3]
  return frames <= 12 ? [4, 3] : [4, 4]
}

function isSheet({ width, height }: Pixels): boolean {
  return Math.max(width, height) <= 3840 && width * height <= 8_294_400
}
