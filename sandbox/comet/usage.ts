import { seedOf } from '../painter/dice.ts'
import { sheetOf } from './rules/gif-svg.ts'
import type { SandboxOrder, Quality } from './order.ts'
import type { Family } from './rules/served-models.ts'
import type { Pixels } from './rules/sizes.ts'

/** Output tokens of one picture by the models before gpt-image-2 (facts 5.2): square, tall, wide. */
const TOKEN_TABLE: Readonly<Partial<Record<Quality, readonly [square: number, tall: number, wide: number]>>> = {
  low: [272, 408, 400],
  medium: [1056, 1584, 1568],
  high: [4160, 6240, 6208],
}

/** The factors of gpt-image-2's formula (facts 5.2; facts of 2026-11, 2). */
const FACTORS: Readonly<Partial<Record<Family, Readonly<Partial<Record<Quality, number>>>>>> = {
  'gpt-2': { low: 16, medium: 48, high: 96 },
  'gpt-2.5': { low: 16, medium: 24, high: 48, xhigh: 64, max: 96 },
  'gpt-2.6': { low: 28, medium: 44, high: 48, xhigh: 64, max: 96 },
}

/** The price of a partial image in a stream (facts 3.1). */
const PARTIAL_TOKENS = 100

/** Tokens in the shape of facts 1.2; `output_tokens_details` only where a model reports it. */
export interface GptUsage {
  input_tokens: number
  input_tokens_details: { image_tokens: number; text_tokens: number }
  output_tokens: number
  output_tokens_details?: { image_tokens: number; text_tokens: number }
  total_tokens: number
}

/** The usage a GPT image model reports for an order. */
export function gptUsage(order: SandboxOrder): GptUsage {
  const text = inputTokens(order.prompt)
  const pictures = order.sources.reduce((sum, source) => sum + sourceTokens(source, order.model.family), 0)
  const partials = order.stream ? order.partials * PARTIAL_TOKENS : 0
  const images = order.n * (imageTokens(order) + partials)
  // 61 to 430 were seen (facts 6); the same prompt gets the same number, so that tests can rely on it.
  const texts = order.model.textOutput ? 61 + (seedOf(order.prompt) % 370) : 0
  const output = images + texts
  return {
    input_tokens: text + pictures,
    input_tokens_details: { image_tokens: pictures, text_tokens: text },
    output_tokens: output,
    ...(order.model.textOutput ? { output_tokens_details: { image_tokens: images, text_tokens: texts } } : {}),
    total_tokens: text + pictures + output,
  }
}

/** The documented example of an edit: new-api's own keys around OpenAI's, most of them zero (facts 1.3). */
export function editUsage(order: SandboxOrder): object {
  const { input_tokens, input_tokens_details, output_tokens, output_tokens_details, total_tokens } = gptUsage(order)
  return {
    prompt_tokens: 0,
    completion_tokens: 0,
    total_tokens,
    prompt_tokens_details: { cached_tokens_details: {} },
    completion_tokens_details: {},
    input_tokens,
    output_tokens,
    input_tokens_details: { ...input_tokens_details, cached_tokens_details: {} },
    ...(output_tokens_details ? { output_tokens_details } : {}),
    claude_cache_creation_5_m_tokens: 0,
    claude_cache_creation_1_h_tokens: 0,
  }
}

/** The usage in the event of one finished picture (facts 3.1): what that picture cost, with all of the input. */
export function streamedUsage(order: SandboxOrder): object {
  const { input_tokens, input_tokens_details, output_tokens, output_tokens_details, total_tokens } = gptUsage({
    ...order,
    n: 1,
  })
  const { text_tokens, image_tokens } = input_tokens_details
  return {
    total_tokens,
    input_tokens,
    output_tokens,
    input_tokens_details: { text_tokens, image_tokens },
    ...(output_tokens_details ? { output_tokens_details } : {}),
  }
}

/** Input tokens of an uploaded picture. */
export function sourceTokens({ width, height }: Pixels, family: Family): number {
  if (family === 'gpt-1') return tileTokens(width / Math.min(width, height), height / Math.min(width, height))
  // Patches of 32 pixels, at most 1536; a small picture is magnified to a long side of 1024 (facts 5.2).
  const scale = Math.max(1, 1024 / Math.max(width, height))
  return Math.min(1536, Math.ceil((width * scale) / 32) * Math.ceil((height * scale) / 32))
}

/** The older models: 65 and 129 a tile of 512, the short side being scaled to one tile (facts 6: 194 for a square). */
function tileTokens(across: number, down: number): number {
  return 65 + 129 * Math.ceil(across) * Math.ceil(down)
}

/** An approximation of o200k's tokens + 6 (facts 5.2): four bytes of UTF-8 are about one token. */
export function inputTokens(prompt: string): number {
  return Math.ceil(Buffer.byteLength(prompt) / 4) + 6
}

/** Output tokens of one picture. */
export function imageTokens({
  model,
  pixels,
  quality,
  animation,
}: Pick<SandboxOrder, 'model' | 'pixels' | 'quality'> & Partial<Pick<SandboxOrder, 'animation'>>): number {
  const drawn = animation ? sheetOf(animation.frames, pixels) : pixels
  if (model.family !== 'gpt-1') return freeSizeTokens(drawn, FACTORS[model.family]?.[quality] ?? 0)
  const [square, tall, wide] = TOKEN_TABLE[quality] ?? [0, 0, 0]
  return pixels.width === pixels.height ? square : pixels.width < pixels.height ? tall : wide
}

/** gpt-image-2's formula, from the calculator on OpenAI's guide (facts 5.2). */
function freeSizeTokens({ width, height }: Pixels, factor: number): number {
  const [long, short] = [Math.max(width, height), Math.min(width, height)]
  const scaled = Math.floor((2 * factor * short + long) / (2 * long))
  return Math.ceil((factor * scaled * (2_000_000 + width * height)) / 4_000_000)
}

/** The tokens of the text model that writes an svg (facts of 2026-11, 1: 1,572 in, 1,437 out, 994 of them reasoning). */
export function svgUsage({ author, prompt }: SandboxOrder): object {
  const input = 1500 + inputTokens(prompt)
  const output = 1437
  return {
    model: author,
    input_tokens: input,
    output_tokens: output,
    reasoning_tokens: 994,
    total_tokens: input + output,
  }
}

/** Seedream's usage (facts 1.4). Volcengine counts a token per 256 pixels. */
export function seedreamUsage({ n, pixels }: SandboxOrder): {
  generated_images: number
  output_tokens: number
  total_tokens: number
} {
  const output = n * Math.floor((pixels.width * pixels.height) / 256)
  return { generated_images: n, output_tokens: output, total_tokens: output }
}
