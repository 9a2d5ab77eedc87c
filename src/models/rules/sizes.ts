import { z } from 'zod'
import { parameter } from './parameter.ts'
import type { Parameter } from './parameter.ts'
import type { Source } from '../sources.ts'

/** Width and height in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

const PATTERN = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/

/** Reads `1536x1024`; undefined for everything else, `auto` and `2K` included. */
export function parseSize(value: unknown): Size | undefined {
  const match = typeof value === 'string' ? PATTERN.exec(value) : null
  return match === null ? undefined : { width: Number(match[1]), height: Number(match[2]) }
}

/** Limits of a free size. Edges and pixels are whole numbers, both ends included. */
export interface SizeLimits {
  readonly multipleOf?: number
  readonly maxEdge?: number
  /** Longest edge divided by shortest. */
  readonly maxRatio?: number
  readonly minPixels?: number
  readonly maxPixels?: number
}

/** A free `WIDTHxHEIGHT` within limits, or one of the `presets`. */
export function freeSize(
  limits: SizeLimits,
  presets: readonly string[],
  options: { readonly source: Source; readonly nullable: boolean },
): Parameter {
  const isLegal = (value: string): boolean => {
    const size = parseSize(value)
    return presets.includes(value) || (size !== undefined && violations(size, limits).length === 0)
  }
  const explain = (value: unknown): string | undefined => {
    if (typeof value !== 'string') return undefined
    const size = parseSize(value)
    const wrong = size === undefined ? [] : violations(size, limits)
    const nearest = nearestSize(value, presets, limits, isLegal)
    return [...wrong, ...(nearest === undefined ? [] : [`Did you mean '${nearest}'?`])].join(' ') || undefined
  }
  const allowed = describeLimits(limits, presets)
  const schema = z
    .string()
    .refine(isLegal)
    .meta({ pattern: [...presets.map((preset) => `^${preset}$`), '^[1-9]\\d*x[1-9]\\d*$'].join('|') })
  return parameter(schema, { types: ['string'], allowed, explain }, options)
}

/** Every limit that a size breaks, as sentences. */
function violations({ width, height }: Size, limits: SizeLimits): string[] {
  const { multipleOf, maxEdge, maxRatio, minPixels, maxPixels } = limits
  const pixels = width * height
  const long = Math.max(width, height)
  const broken: string[] = []
  if (multipleOf !== undefined && (width % multipleOf !== 0 || height % multipleOf !== 0))
    broken.push(`Width and height must both be divisible by ${multipleOf}.`)
  if (maxEdge !== undefined && long > maxEdge) broken.push(`The longest edge must be at most ${maxEdge} pixels.`)
  if (maxRatio !== undefined && long > maxRatio * Math.min(width, height))
    broken.push(`The longest edge must be at most ${maxRatio} times the shortest.`)
  if (minPixels !== undefined && pixels < minPixels)
    broken.push(`It has ${group(pixels)} pixels; at least ${group(minPixels)} are needed.`)
  if (maxPixels !== undefined && pixels > maxPixels)
    broken.push(`It has ${group(pixels)} pixels; at most ${group(maxPixels)} are allowed.`)
  return broken
}

/** A legal size close to what was written (`1024X1024`, `1920x1080`, `2k`), if there is an obvious one. */
function nearestSize(
  value: string,
  presets: readonly string[],
  limits: SizeLimits,
  isLegal: (value: string) => boolean,
): string | undefined {
  // Nothing that was meant as a size is longer, and the pattern below takes quadratic time on white space.
  if (value.length > 32) return undefined
  const spelled = value
    .trim()
    .toLowerCase()
    .replace(/\s*[x×*:]\s*/u, 'x')
  const preset = presets.find((candidate) => candidate.toLowerCase() === spelled)
  if (preset !== undefined) return preset
  const size = parseSize(spelled)
  if (size === undefined) return undefined
  if (isLegal(spelled)) return spelled
  const step = limits.multipleOf ?? 1
  const shrink = Math.min(1, (limits.maxEdge ?? Infinity) / Math.max(size.width, size.height))
  const snap = (edge: number): number => Math.max(step, Math.round((edge * shrink) / step) * step)
  const snapped = `${snap(size.width)}x${snap(size.height)}`
  return isLegal(snapped) ? snapped : undefined
}

function describeLimits(limits: SizeLimits, presets: readonly string[]): string {
  const { multipleOf, maxEdge, maxRatio, minPixels, maxPixels } = limits
  const rules = [
    multipleOf === undefined ? undefined : `both divisible by ${multipleOf}`,
    maxEdge === undefined ? undefined : `the longest edge at most ${maxEdge}`,
    maxRatio === undefined ? undefined : `an aspect ratio of at most ${maxRatio}:1`,
    minPixels === undefined ? undefined : `at least ${group(minPixels)} pixels`,
    maxPixels === undefined ? undefined : `at most ${group(maxPixels)} pixels`,
  ].filter((rule) => rule !== undefined)
  const free = rules.length === 0 ? 'WIDTHxHEIGHT' : `WIDTHxHEIGHT with ${rules.join(', ')}`
  return [...presets.map((preset) => `'${preset}'`), free].join(', or ')
}

/** `3686400` as `3,686,400`. */
function group(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}
