import { text, unknown } from './checks.ts'
import { brokenTogether } from './cross-rules.ts'
import { parameterChecks, PROMPT_LIMITS } from './parameters.ts'
import { cometRejection, openaiRejection, PROMPT_REQUIRED } from './rejections.ts'
import type { SandboxFields, Check } from './checks.ts'
import type { ParameterChecks } from './parameters.ts'
import type { Rejection } from './rejections.ts'
import type { ServedModel } from './served-models.ts'

/** Fields of JSON that CometAPI sends on to OpenAI (facts 1.8; the last six are the newest). All others it drops. */
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
  'frame_count',
  'frame_duration_ms',
  'svg',
  'prompt_rewriter',
] as const

/** The first of the upstream's rules that a generation breaks. The prompt comes first, as with OpenAI (facts 2.5). */
export function refuse(body: SandboxFields, model: ServedModel): Rejection | undefined {
  const known = parameterChecks('generation', model, body)
  return (
    refusePrompt(body, model) ??
    multiplied(body) ??
    refuseParameters(body, model, known, FORWARDED) ??
    brokenTogether(body, model)
  )
}

/** The same for the fields of an edit, which are those of a form or of JSON without the pictures. */
export function refuseEdit(fields: SandboxFields, model: ServedModel, json: boolean): Rejection | undefined {
  const known = parameterChecks('edit', model, fields)
  return (
    refusePrompt(fields, model) ??
    refuseParameters(fields, model, known, json ? FORWARDED : Object.keys(fields)) ??
    fidelity(fields, model) ??
    brokenTogether(fields, model)
  )
}

/** The same for the fields of a variation, which knows no prompt. */
export function refuseVariation(fields: SandboxFields, model: ServedModel): Rejection | undefined {
  const known = { ...parameterChecks('variation', model, fields), prompt: unknown }
  return refuseParameters(fields, model, known, Object.keys(fields)) ?? brokenTogether(fields, model)
}

function refusePrompt(body: SandboxFields, { family }: ServedModel): Rejection | undefined {
  const prompt = body['prompt'] ?? ''
  return prompt === '' ? PROMPT_REQUIRED : text(PROMPT_LIMITS[family])(prompt, 'prompt')
}

function multiplied({ size }: SandboxFields): Rejection | undefined {
  if (typeof size !== 'string' || !size.includes('×')) return undefined
  const message = "size contains the multiplication sign '×', please use the letter 'x'"
  return cometRejection(500, 'invalid_request', message)
}

/** `arriving` are the names of fields that reach the vendor at all. */
function refuseParameters(
  body: SandboxFields,
  model: ServedModel,
  known: ParameterChecks,
  arriving: readonly string[],
): Rejection | undefined {
  // OpenAI refuses what it does not know; the other vendors look away.
  const refused = model.family.startsWith('qwen') || model.family === 'seedream' ? [] : arriving
  const strangers = refused.filter((name) => !(name in known) && name !== 'model' && name !== 'prompt')
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
  const constant = ['gpt-2', 'gpt-2.5', 'gpt-2.6'].includes(family)
  return name === 'input_fidelity' && constant ? () => fidelityFixed(id) : unknown
}

/** gpt-image-1-mini is the one of its family that has low fidelity alone (facts of 2026-11, 1). */
function fidelity(fields: SandboxFields, { id }: ServedModel): Rejection | undefined {
  return id === 'gpt-image-1-mini' && (fields['input_fidelity'] ?? 'low') !== 'low' ? fidelityFixed(id) : undefined
}

function fidelityFixed(id: string): Rejection {
  const message = `The model '${id}' does not support the 'input_fidelity' parameter.`
  const [code, param] = ['invalid_input_fidelity_model', 'input_fidelity']
  return openaiRejection({ message, code, param, type: 'image_generation_user_error' })
}

function firstOf<T>(list: readonly T[], find: (item: T) => Rejection | undefined): Rejection | undefined {
  for (const item of list) {
    const found = find(item)
    if (found) return found
  }
  return undefined
}
