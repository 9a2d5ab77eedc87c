import { wrongType } from './checks.ts'
import { cometRejection, openaiRejection } from './rejections.ts'
import type { Check } from './checks.ts'
import type { Rejection } from './rejections.ts'

/** Width and height in pixels. */
export interface Pixels {
  width: number
  height: number
}

/** Reads `WIDTHxHEIGHT`. */
export function parseSize(size: string): Pixels | undefined {
  const match = /^([1-9]\d{0,5})x([1-9]\d{0,5})$/.exec(size)
  return match ? { width: Number(match[1]), height: Number(match[2]) } : undefined
}

/** One rule about sizes. */
export interface SizeRule {
  breaks: (pixels: Pixels) => boolean
  says: string
}

/**
 * The four rules for gpt-image-2 and later (facts 2.2, the guide), in the words that were recorded (facts 4.1). Pixels
 * stand as two entries; the words for the ratio are our own, since nobody recorded them.
 */
const FREE_SIZE_RULES: readonly SizeRule[] = [
  {
    breaks: ({ width, height }) => width % 16 !== 0 || height % 16 !== 0,
    says: 'Width and height must both be divisible by 16.',
  },
  {
    breaks: ({ width, height }) => Math.max(width, height) > 3840,
    says: 'The longest edge must be less than or equal to 3840.',
  },
  {
    breaks: ({ width, height }) => Math.max(width, height) > 3 * Math.min(width, height),
    says: 'The ratio of the longest edge to the shortest edge must not exceed 3:1.',
  },
  {
    breaks: ({ width, height }) => width * height < 655_360,
    says: 'Requested resolution is below the current minimum pixel budget.',
  },
  {
    breaks: ({ width, height }) => width * height > 8_294_400,
    says: 'Requested resolution exceeds the current pixel budget.',
  },
]

/** `auto` or a size that keeps the guide's four rules. */
export const freeSize: Check = (value, name) => {
  if (typeof value !== 'string') return wrongType(value, name, 'a string')
  if (value === 'auto') return undefined
  const pixels = parseSize(value)
  if (!pixels) return invalidSize(value, "Sizes must be 'auto' or of the form 'WIDTHxHEIGHT'.")
  const broken = breaksFreeSize(pixels)
  return broken ? invalidSize(value, broken.says) : undefined
}

/** The first of the guide's rules that a size breaks. */
export function breaksFreeSize(pixels: Pixels): SizeRule | undefined {
  return FREE_SIZE_RULES.find((rule) => rule.breaks(pixels))
}

function invalidSize(size: string, reason: string): Rejection {
  const message = `Invalid size '${size}'. ${reason}`
  return openaiRejection({ message, code: 'invalid_value', param: 'size', type: 'image_generation_user_error' })
}

/** dall-e sizes are looked at by CometAPI itself, which answers 500 invalid_request (facts 1.8). */
export function dallESize(model: string, ...allowed: readonly string[]): Check {
  return (value, name) => {
    if (typeof value !== 'string') return wrongType(value, name, 'a string')
    if (allowed.includes(value)) return undefined
    return cometRejection(500, 'invalid_request', `size must be one of ${allowed.join(', ')} for ${model}`)
  }
}

/** qwen-image: a list of sizes was not found (facts 7), so any that can be drawn will do. */
export const qwenSize: Check = (value, name) => {
  if (typeof value !== 'string') return wrongType(value, name, 'a string')
  const pixels = parseSize(value)
  const fits = pixels && Math.min(pixels.width, pixels.height) >= 64 && Math.max(pixels.width, pixels.height) <= 4096
  return fits ? undefined : invalidSize(value, "Sizes must be of the form 'WIDTHxHEIGHT'.")
}
