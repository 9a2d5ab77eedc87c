import { textRatesOf } from './text-models.ts'
import { member } from '../../accounting/usage.ts'
import type { SvgUsage } from '../../accounting/usage.ts'
import type { ParameterValues } from '../rules/parameter-rules.ts'
import type { TextRates, TokenPrice } from './price.ts'

/** Instructions and the reference image, beside the prompt (1,572 input tokens were seen). */
const INPUT_TOKENS = 2000
/** Output of an author by its effort, reasoning included (1,437 tokens were seen, 994 of them reasoning). */
const OUTPUT_TOKENS: Readonly<Record<string, number>> = {
  none: 4000,
  minimal: 4000,
  low: 4000,
  medium: 8000,
  high: 16_000,
  xhigh: 32_000,
  max: 32_000,
}
const USUAL_OUTPUT_TOKENS = 8000
/** Takes the place of an author that the request does not name: the dearest of those that are no `pro` model. */
const UNNAMED_AUTHOR = 'gpt-5.5'

/**
 * The cost of the author of an svg in exact micro-USD; 0 where none wrote, undefined where its price is not known.
 */
export function authorMicros({ textModels }: TokenPrice, svgUsage: SvgUsage | undefined): number | undefined {
  if (svgUsage === undefined) return 0
  const { model = '', inputTokens, outputTokens } = svgUsage
  const rates = textModels === undefined ? undefined : textRatesOf(textModels, model)
  return rates === undefined ? undefined : microsOf(rates, inputTokens, outputTokens)
}

/** The most that the author of an svg may cost; 0 where no svg is ordered, undefined where its price is not known. */
export function highestAuthorMicros({ textModels }: TokenPrice, given: ParameterValues): number | undefined {
  if (textModels === undefined || given.get('output_format') !== 'svg') return 0
  const svg = given.get('svg')
  const rates = textRatesOf(textModels, textOf(svg, 'model') ?? UNNAMED_AUTHOR)
  if (rates === undefined) return undefined
  const prompt = given.get('prompt')
  const input = INPUT_TOKENS + (typeof prompt === 'string' ? Buffer.byteLength(prompt) : 0)
  const effort = textOf(member(svg, 'reasoning'), 'effort')
  return microsOf(rates, input, OUTPUT_TOKENS[effort ?? ''] ?? USUAL_OUTPUT_TOKENS)
}

function microsOf({ input, output }: TextRates, inputTokens: number, outputTokens: number): number {
  return inputTokens * input + outputTokens * output
}

function textOf(object: unknown, name: string): string | undefined {
  const value = member(object, name)
  return typeof value === 'string' ? value : undefined
}
