/** Tokens as the upstream reported them; undefined where it did not tell the kinds apart. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly totalTokens: number
  readonly inputTextTokens: number | undefined
  readonly inputImageTokens: number | undefined
  readonly inputCachedTokens: number | undefined
  readonly inputCachedTextTokens?: number | undefined
  readonly inputCachedImageTokens?: number | undefined
  readonly outputTextTokens: number | undefined
  readonly outputImageTokens: number | undefined
}

/** Tokens of the text model that wrote an svg, beside those of the image. */
export interface SvgUsage {
  /** As the upstream names it; undefined where that is no name. */
  readonly model: string | undefined
  readonly inputTokens: number
  /** Reasoning included. */
  readonly outputTokens: number
}

/** More than any answer has: a larger number is a defect of the upstream, and would spoil the sums for good. */
const MAX_TOKENS = 100_000_000
/** A name that may stand in a log: what the upstream calls a model is its own text. */
const MODEL_NAME = /^[\w.:-]{1,64}$/

/**
 * Brings a `usage` object into one shape, whatever the upstream's dialect: OpenAI's `input_tokens`, new-api's
 * `prompt_tokens`, Seedream's output and total only. Nulls, strings, negative and unsafe numbers count as not
 * reported; so does a usage of nothing but zeros, since some channels fill the object without counting.
 */
export function normaliseUsage(raw: unknown): Usage | undefined {
  const output = firstCount(raw, 'output_tokens', 'completion_tokens')
  const input = firstCount(raw, 'input_tokens', 'prompt_tokens')
  const total = count(raw, 'total_tokens') || (input ?? 0) + (output ?? 0)
  if (total === 0 && !input && !output) return undefined

  const inputDetails = member(raw, 'input_tokens_details') ?? member(raw, 'prompt_tokens_details')
  const outputDetails = member(raw, 'output_tokens_details') ?? member(raw, 'completion_tokens_details')
  const cached = cachedTokens(inputDetails) ?? cachedTokens(member(raw, 'prompt_tokens_details'))
  return {
    inputTokens: input ?? Math.max(0, output === undefined ? 0 : total - output),
    outputTokens: output ?? Math.max(0, total - (input ?? 0)),
    totalTokens: total,
    inputTextTokens: count(inputDetails, 'text_tokens'),
    inputImageTokens: count(inputDetails, 'image_tokens'),
    inputCachedTokens: cached?.all,
    inputCachedTextTokens: cached?.text,
    inputCachedImageTokens: cached?.image,
    outputTextTokens: count(outputDetails, 'text_tokens'),
    outputImageTokens: count(outputDetails, 'image_tokens'),
  }
}

/**
 * Brings an `svg_usage` object into one shape. A number that is none counts as 0, since each kind is billed by itself.
 */
export function normaliseSvgUsage(raw: unknown): SvgUsage | undefined {
  const inputTokens = count(raw, 'input_tokens') ?? 0
  const outputTokens = count(raw, 'output_tokens') ?? Math.max(0, (count(raw, 'total_tokens') ?? 0) - inputTokens)
  if (inputTokens + outputTokens === 0) return undefined
  const model = member(raw, 'model')
  return { model: typeof model === 'string' && MODEL_NAME.test(model) ? model : undefined, inputTokens, outputTokens }
}

/** Cached input tokens, all and by kind where the details tell them apart. */
function cachedTokens(
  details: unknown,
): { all: number; text: number | undefined; image: number | undefined } | undefined {
  const kinds = member(details, 'cached_tokens_details')
  const [text, image] = [count(kinds, 'text_tokens'), count(kinds, 'image_tokens')]
  const ofKinds = text === undefined && image === undefined ? undefined : (text ?? 0) + (image ?? 0)
  const all = count(details, 'cached_tokens') ?? ofKinds
  return all === undefined ? undefined : { all, text, image }
}

/** The first number above zero under these names, else a zero under one of them: new-api fills both dialects. */
function firstCount(raw: unknown, ...names: readonly string[]): number | undefined {
  const counts = names.map((name) => count(raw, name)).filter((value) => value !== undefined)
  return counts.find((value) => value > 0) ?? counts[0]
}

function count(raw: unknown, name: string): number | undefined {
  const value = member(raw, name)
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MAX_TOKENS ? value : undefined
}

/** An own member of an object; undefined where there is no such member, or no object. */
export function member(raw: unknown, name: string): unknown {
  return typeof raw === 'object' && raw !== null && Object.hasOwn(raw, name)
    ? (raw as Record<string, unknown>)[name]
    : undefined
}
