import { number, oneOf, text, unknown, whole, yesOrNo } from './checks.ts'
import { brokenTogether } from './cross-rules.ts'
import { cometRejection, openaiRejection, PROMPT_REQUIRED } from './rejections.ts'
import { dallESize, freeSize, qwenSize, seedreamSize } from './sizes.ts'
import type { Body, Check } from './checks.ts'
import type { Rejection } from './rejections.ts'
import type { Family, ServedModel } from './served-models.ts'

/** The most characters of a prompt (facts 2.1; qwen and Seedream have recommendations, no limits). */
const PROMPT_LIMITS: Readonly<Record<Family, number>> = {
  'gpt-1': 32_000,
  'gpt-2': 32_000,
  'gpt-2.5': 32_000,
  'gpt-2.6': 32_000,
  'dall-e-2': 1000,
  'dall-e-3': 4000,
  qwen: 32_000,
  seedream: 32_000,
}

type Parameters = Readonly<Record<string, Check>>

/** 1 to 10; CometAPI makes 1 of 0 on the way (facts 1.8). */
const count: Check = (value, name) => (value === 0 ? undefined : whole(1, 10)(value, name))
const anyText = text(1_000_000)

const GPT: Parameters = {
  n: count,
  size: oneOf('1024x1024', '1024x1536', '1536x1024', 'auto'),
  quality: oneOf('low', 'medium', 'high', 'auto'),
  background: oneOf('transparent', 'opaque', 'auto'),
  moderation: oneOf('low', 'auto'),
  output_format: oneOf('png', 'jpeg', 'webp'),
  output_compression: whole(0, 100),
  partial_images: whole(0, 3),
  stream: yesOrNo,
  user: anyText,
}

const GPT_2: Parameters = { ...GPT, size: freeSize }

const GPT_2_5: Parameters = { ...GPT_2, quality: oneOf('low', 'medium', 'high', 'xhigh', 'max', 'auto') }

const DALL_E: Parameters = { n: count, response_format: oneOf('url', 'b64_json'), user: anyText, stream: yesOrNo }

/** What each family takes besides `model` and `prompt` (facts 2.1, 2.6, 1.4). */
const PARAMETERS: Readonly<Record<Family, Parameters>> = {
  'gpt-1': GPT,
  'gpt-2': GPT_2,
  'gpt-2.5': GPT_2_5,
  'gpt-2.6': {
    ...GPT_2_5,
    output_format: oneOf('png', 'jpeg', 'webp', 'gif', 'svg'),
    complexity: oneOf('low', 'medium', 'high'),
    safety_identifier: text(128),
  },
  'dall-e-2': {
    ...DALL_E,
    size: dallESize('dall-e-2', '256x256', '512x512', '1024x1024'),
    quality: oneOf('standard', 'auto'),
  },
  'dall-e-3': {
    ...DALL_E,
    size: dallESize('dall-e-3', '1024x1024', '1792x1024', '1024x1792'),
    quality: oneOf('standard', 'hd', 'auto'),
    style: oneOf('vivid', 'natural'),
  },
  qwen: { n: count, size: qwenSize, stream: yesOrNo },
  seedream: {
    n: count,
    size: seedreamSize,
    response_format: oneOf('url', 'b64_json'),
    watermark: yesOrNo,
    guidance_scale: number,
    sequential_image_generation: oneOf('auto', 'disabled'),
    stream: yesOrNo,
  },
}

/** Fields that CometAPI sends on to OpenAI (facts 1.8; the last two are OpenAI's newest). All others it drops. */
const FORWARDED = [
  'response_format',
  'style',
  'background',
  'moderation',
  'output_format',
  'output_compression',
  'partial_images',
  'images',
  'mask',
  'input_fidelity',
  'watermark',
  'image',
  'complexity',
  'safety_identifier',
] as const

/** The first of the upstream's rules that a request breaks. The prompt comes first, as with OpenAI (facts 2.5). */
export function refuse(body: Body, model: ServedModel): Rejection | undefined {
  return refusePrompt(body, model) ?? refuseParameters(body, model) ?? brokenTogether(body, model)
}

function refusePrompt(body: Body, { family }: ServedModel): Rejection | undefined {
  const prompt = body['prompt'] ?? ''
  return prompt === '' ? PROMPT_REQUIRED : text(PROMPT_LIMITS[family])(prompt, 'prompt')
}

function refuseParameters(body: Body, model: ServedModel): Rejection | undefined {
  const { family } = model
  const size = body['size']
  if (typeof size === 'string' && size.includes('×')) {
    return cometRejection(
      500,
      'invalid_request',
      "size contains the multiplication sign '×', please use the letter 'x'",
    )
  }
  const known = PARAMETERS[family]
  // OpenAI refuses what it does not know; the other vendors look away.
  const strangers = family === 'qwen' || family === 'seedream' ? [] : FORWARDED.filter((name) => !(name in known))
  const checks: [string, Check][] = [
    ...Object.entries(known),
    ...strangers.map((name): [string, Check] => [name, refusal(name, model)]),
  ]
  return firstOf(checks, ([name, check]) => {
    const value = body[name] ?? undefined
    return value === undefined ? undefined : check(value, name)
  })
}

/** Why OpenAI refuses a field that is none of the model's. */
function refusal(name: string, { id, family }: ServedModel): Check {
  if (name !== 'input_fidelity' || !['gpt-2', 'gpt-2.5', 'gpt-2.6'].includes(family)) return unknown
  const message = `The model '${id}' does not support the 'input_fidelity' parameter.`
  return () =>
    openaiRejection({ message, code: 'invalid_input_fidelity_model', param: name, type: 'image_generation_user_error' })
}

function firstOf<T>(list: readonly T[], find: (item: T) => Rejection | undefined): Rejection | undefined {
  for (const item of list) {
    const found = find(item)
    if (found) return found
  }
  return undefined
}
