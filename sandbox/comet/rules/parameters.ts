import { number, oneOf, text, whole, yesOrNo } from './checks.ts'
import { frameSize, svgAuthor } from './gif-svg.ts'
import { seedreamChecks } from './seedream.ts'
import { dallESize, freeSize, qwenSize } from './sizes.ts'
import type { Check, SandboxFields } from './checks.ts'
import type { Family, SandboxOperation, ServedModel } from './served-models.ts'

/** The most characters of a prompt (facts 2.1; qwen and Seedream have recommendations, no limits). */
export const PROMPT_LIMITS: Readonly<Record<Family, number>> = {
  'gpt-1': 32_000,
  'gpt-2': 32_000,
  'gpt-2.5': 32_000,
  'gpt-2.6': 32_000,
  'dall-e-2': 1000,
  'dall-e-3': 4000,
  qwen: 32_000,
  'qwen-edit': 32_000,
  seedream: 32_000,
}

/** A check for each parameter besides `model`, `prompt` and the pictures. */
export type ParameterChecks = Readonly<Record<string, Check>>

/** 1 to 10; CometAPI makes 1 of 0 on the way (facts 1.8). */
const count: Check = (value, name) => (value === 0 ? undefined : whole(1, 10)(value, name))
const anyText = text(1_000_000)

const GPT: ParameterChecks = {
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
  safety_identifier: text(128),
}

const GPT_2: ParameterChecks = { ...GPT, size: freeSize }

const GPT_2_5: ParameterChecks = { ...GPT_2, quality: oneOf('low', 'medium', 'high', 'xhigh', 'max', 'auto') }

const GPT_2_6: ParameterChecks = {
  ...GPT_2_5,
  output_format: oneOf('png', 'jpeg', 'webp', 'gif', 'svg'),
  complexity: oneOf('low', 'medium', 'high'),
  frame_count: whole(2, 16),
  frame_duration_ms: whole(20, Number.MAX_SAFE_INTEGER),
  svg: svgAuthor,
  prompt_rewriter: () => undefined,
}

const DALL_E: ParameterChecks = { n: count, response_format: oneOf('url', 'b64_json'), user: anyText, stream: yesOrNo }

const DALL_E_2_SIZES = ['256x256', '512x512', '1024x1024'] as const

const QWEN: ParameterChecks = { n: count, size: qwenSize, stream: yesOrNo }

/** Facts 2.1, 2.6, 1.4. */
const GENERATION: Readonly<Partial<Record<Family, ParameterChecks>>> = {
  'gpt-1': GPT,
  'gpt-2': GPT_2,
  'gpt-2.5': GPT_2_5,
  'gpt-2.6': GPT_2_6,
  'dall-e-2': { ...DALL_E, size: dallESize('dall-e-2', ...DALL_E_2_SIZES), quality: oneOf('standard', 'auto') },
  'dall-e-3': {
    ...DALL_E,
    size: dallESize('dall-e-3', '1024x1024', '1792x1024', '1024x1792'),
    quality: oneOf('standard', 'hd', 'auto'),
    style: oneOf('vivid', 'natural'),
  },
  qwen: QWEN,
  seedream: {
    n: count,
    response_format: oneOf('url', 'b64_json'),
    watermark: yesOrNo,
    guidance_scale: number,
    sequential_image_generation: oneOf('auto', 'disabled'),
    stream: yesOrNo,
  },
}

/** CometAPI looks at DALL·E's sizes in JSON only; those of an upload reach OpenAI (facts 1.8, 2.4). */
const DALL_E_2_UPLOADS: ParameterChecks = { ...DALL_E, size: oneOf(...DALL_E_2_SIZES) }

/** Facts 2.3. The rules for `input_fidelity` stand in `rules.ts`. */
const EDIT: Readonly<Partial<Record<Family, ParameterChecks>>> = {
  'gpt-1': { ...GPT, input_fidelity: oneOf('high', 'low') },
  'gpt-2': GPT_2,
  'gpt-2.5': GPT_2_5,
  'gpt-2.6': GPT_2_6,
  'dall-e-2': { ...DALL_E_2_UPLOADS, quality: oneOf('standard', 'auto') },
  'qwen-edit': QWEN,
}

/** The checks of a model's parameters for an operation. */
export function parameterChecks(
  operation: SandboxOperation,
  { id, family }: ServedModel,
  body: SandboxFields,
): ParameterChecks {
  const checks = PARAMETERS[operation][family] ?? {}
  if (family === 'seedream') return { ...checks, ...seedreamChecks(id) }
  return family === 'gpt-2.6' && body['output_format'] === 'gif' ? { ...checks, size: frameSize } : checks
}

/** The parameters of each family for each operation. */
const PARAMETERS: Readonly<Record<SandboxOperation, Readonly<Partial<Record<Family, ParameterChecks>>>>> = {
  generation: GENERATION,
  edit: EDIT,
  variation: { 'dall-e-2': DALL_E_2_UPLOADS },
}
