import { cometRejection, GEMINI_ELSEWHERE, noChannel, notConvertible, openaiRejection } from './rejections.ts'
import { findModel, isGemini, MODEL_BY_DEFAULT, OPERATIONS } from './served-models.ts'
import type { Rejection } from './rejections.ts'
import type { SandboxOperation, ServedModel } from './served-models.ts'

/** The model that a request names, or the operation's default; refused when nobody serves it, or not for this. */
export function chooseModel(named: unknown, operation: SandboxOperation): ServedModel | Rejection {
  const id = named ?? MODEL_BY_DEFAULT[operation]
  if (typeof id !== 'string') return cometRejection(400, 'bad_request_body', 'field model must be a string')
  if (isGemini(id)) return GEMINI_ELSEWHERE
  const model = findModel(id || MODEL_BY_DEFAULT[operation])
  if (!model) return noChannel(id)
  return OPERATIONS[model.family].includes(operation) ? model : elsewhere(model, operation)
}

/** OpenAI names the models that can, for other vendors CometAPI cannot translate the request. */
function elsewhere({ id, family }: ServedModel, operation: SandboxOperation): Rejection {
  if (!family.startsWith('gpt') && !family.startsWith('dall-e')) return notConvertible(id, operation)
  const able = operation === 'variation' ? "'dall-e-2'" : "'dall-e-2' or a GPT image model"
  const message = `Invalid value: '${id}'. Value must be ${able}.`
  return openaiRejection({ message, code: 'invalid_value', param: 'model' })
}
