import { seedOf } from './picture/dice.ts'
import type { Order, Quality } from './order.ts'
import type { Pixels } from './sizes.ts'

/** Output tokens of one picture by the models before gpt-image-2 (facts 5.2): square, tall, wide. */
const TOKEN_TABLE: Readonly<Partial<Record<Quality, readonly [square: number, tall: number, wide: number]>>> = {
  low: [272, 408, 400],
  medium: [1056, 1584, 1568],
  high: [4160, 6240, 6208],
}

/** The factor of gpt-image-2's formula (facts 5.2). OpenAI has not published xhigh and max: assumed on the same line. */
const FACTORS: Readonly<Partial<Record<Quality, number>>> = { low: 16, medium: 48, high: 96, xhigh: 144, max: 192 }

/** Tokens in the shape of facts 1.2; `output_tokens_details` only where a model reports it. */
export interface GptUsage {
  input_tokens: number
  input_tokens_details: { image_tokens: number; text_tokens: number }
  output_tokens: number
  output_tokens_details?: { image_tokens: number; text_tokens: number }
  total_tokens: number
}

/** The usage a GPT image model reports for an order. */
export function gptUsage(order: Order): GptUsage {
  const input = inputTokens(order.prompt)
  const images = order.n * imageTokens(order)
  // 61 to 430 were seen (facts 6); the same prompt gets the same number, so that tests can rely on it.
  const texts = order.model.textOutput ? 61 + (seedOf(order.prompt) % 370) : 0
  const output = images + texts
  return {
    input_tokens: input,
    input_tokens_details: { image_tokens: 0, text_tokens: input },
    output_tokens: output,
    ...(order.model.textOutput ? { output_tokens_details: { image_tokens: images, text_tokens: texts } } : {}),
    total_tokens: input + output,
  }
}

/** An approximation of o200k's tokens + 6 (facts 5.2): four bytes of UTF-8 are about one token. */
export function inputTokens(prompt: string): number {
  return Math.ceil(Buffer.byteLength(prompt) / 4) + 6
}

/** Output tokens of one picture. */
export function imageTokens({ model, pixels, quality }: Pick<Order, 'model' | 'pixels' | 'quality'>): number {
  if (model.family !== 'gpt-1') return freeSizeTokens(pixels, FACTORS[quality] ?? 0)
  const [square, tall, wide] = TOKEN_TABLE[quality] ?? [0, 0, 0]
  return pixels.width === pixels.height ? square : pixels.width < pixels.height ? tall : wide
}

/** gpt-image-2's formula, from the calculator on OpenAI's guide (facts 5.2). */
function freeSizeTokens({ width, height }: Pixels, factor: number): number {
  const [long, short] = [Math.max(width, height), Math.min(width, height)]
  const scaled = Math.floor((2 * factor * short + long) / (2 * long))
  return Math.ceil((factor * scaled * (2_000_000 + width * height)) / 4_000_000)
}

/** Seedream's usage (facts 1.4). Volcengine counts a token per 256 pixels. */
export function seedreamUsage({ n, pixels }: Order): {
  generated_images: number
  output_tokens: number
  total_tokens: number
} {
  const output = n * Math.floor((pixels.width * pixels.height) / 256)
  return { generated_images: n, output_tokens: output, total_tokens: output }
}
