import { SOURCES } from '../../sources.ts'
import type { Combination, ParameterValues } from '../../rules/parameter-rules.ts'

const { spec, guide, observed } = SOURCES

/** Formats of which a rule across parameters can say something; an unknown one is refused by its own rule. */
const FORMATS: ReadonlySet<unknown> = new Set(['png', 'jpeg', 'webp', 'gif', 'svg'])

/** The output format that applies; undefined for a value that is none. */
function outputFormat(given: ParameterValues): string | undefined {
  const format = given.get('output_format') ?? 'png'
  return typeof format === 'string' && FORMATS.has(format) ? format : undefined
}

function isWholeNumber(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

const transparencyNeedsAlpha: Combination = {
  param: 'background',
  rule: "background 'transparent' needs output_format 'png' (the default) or 'webp'",
  source: guide,
  broken: (given) => {
    const format = outputFormat(given)
    if (given.get('background') !== 'transparent' || format === undefined) return undefined
    if (format === 'png' || format === 'webp') return undefined
    return `Transparent background is not supported for the output format '${format}'. Use 'png' or 'webp'.`
  },
}

const compressionNeedsLossyFormat: Combination = {
  param: 'output_compression',
  rule: "output_compression below 100 needs output_format 'jpeg' or 'webp'",
  source: observed,
  broken: (given) => {
    const format = outputFormat(given)
    if (!isWholeNumber(given.get('output_compression'), 0, 99) || format === undefined) return undefined
    if (format === 'jpeg' || format === 'webp') return undefined
    return `Compression less than 100 is not supported for the output format '${format}'. Use 'jpeg' or 'webp'.`
  },
}

const previewsNeedStream: Combination = {
  param: 'partial_images',
  rule: 'partial_images above 0 needs stream true',
  source: spec,
  broken: (given) => {
    if (!isWholeNumber(given.get('partial_images'), 1, 3) || given.get('stream') === true) return undefined
    return "'partial_images' has a meaning only in a stream. Set 'stream' to true, or leave 'partial_images' out."
  },
}

/** Rules across parameters that hold for every GPT image model. */
export const gptImageCombinations: readonly Combination[] = [
  transparencyNeedsAlpha,
  compressionNeedsLossyFormat,
  previewsNeedStream,
]
