import { z } from 'zod'
import { parameter } from '../../rules/parameter.ts'
import { SOURCES } from '../../sources.ts'
import type { Combination, ParameterValues } from '../../rules/parameter-rules.ts'
import type { Parameter } from '../../rules/parameter.ts'

const { sdk } = SOURCES

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
const reasoning = z
  .strictObject({ effort: z.enum(EFFORTS).nullable().optional() })
  .nullable()
  .optional()
const author = z.string().min(1)
const words = `"reasoning": {"effort": one of ${EFFORTS.join(', ')}}`

/** The text model that writes the svg of a generation, and its effort. */
export const svgOfGeneration: Parameter = parameter(
  z.strictObject({ model: author, reasoning }),
  { types: ['object'], allowed: `an object {"model": a text model, ${words}}` },
  { source: sdk, nullable: true },
)

/** The same of an edit, which need not name the model. */
export const svgOfEdit: Parameter = parameter(
  z.strictObject({ model: author.nullable().optional(), reasoning }),
  { types: ['object'], allowed: `an object {"model": a text model, ${words}}, both optional` },
  { source: sdk, nullable: true },
)

function isSvg(given: ParameterValues): boolean {
  return given.get('output_format') === 'svg'
}

function isGiven(given: ParameterValues, name: string): boolean {
  return (given.get(name) ?? undefined) !== undefined
}

const svgNeedsFormat: Combination = {
  param: 'svg',
  rule: "svg needs output_format 'svg'",
  source: sdk,
  broken: (given) =>
    !isGiven(given, 'svg') || isSvg(given)
      ? undefined
      : "'svg' has a meaning only for a drawing. Set 'output_format' to 'svg', or leave 'svg' out.",
}

const oneSvg: Combination = {
  param: 'n',
  rule: "output_format 'svg' needs n 1",
  source: sdk,
  broken: (given) => {
    const n = given.get('n')
    return isSvg(given) && typeof n === 'number' && n > 1
      ? "The output format 'svg' is one image a request. Set 'n' to 1."
      : undefined
  },
}

/** A compression below 100 is refused for every format but jpeg and webp. */
const noCompressionWithSvg: Combination = {
  param: 'output_compression',
  rule: "output_compression is not supported with output_format 'svg'",
  source: sdk,
  broken: (given) =>
    isSvg(given) && given.get('output_compression') === 100
      ? "'output_compression' is not supported with the output format 'svg'. Leave it out."
      : undefined,
}

const noRewriterWithSvg: Combination = {
  param: 'prompt_rewriter',
  rule: "prompt_rewriter is not supported with output_format 'svg'",
  source: sdk,
  broken: (given) =>
    isSvg(given) && isGiven(given, 'prompt_rewriter')
      ? "'prompt_rewriter' is not supported with the output format 'svg'. Leave it out."
      : undefined,
}

const noStreamOfAnimationOrDrawing: Combination = {
  param: 'stream',
  rule: "stream is not supported with output_format 'gif' or 'svg'",
  source: sdk,
  broken: (given) => {
    const format = given.get('output_format')
    if (given.get('stream') !== true || (format !== 'gif' && format !== 'svg')) return undefined
    return `The output format '${format}' cannot be streamed. Set 'stream' to false, or leave it out.`
  },
}

/** Rules across the parameters of a drawing, and of its stream, which neither a drawing nor an animation has. */
export const svgCombinations: readonly Combination[] = [
  svgNeedsFormat,
  oneSvg,
  noCompressionWithSvg,
  noRewriterWithSvg,
  noStreamOfAnimationOrDrawing,
]
