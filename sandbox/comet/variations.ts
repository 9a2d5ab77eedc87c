import { readForm } from './forms.ts'
import { fulfil } from './fulfilment.ts'
import { chooseModel } from './rules/model-choice.ts'
import { decide } from './order.ts'
import { inspectUploads } from './rules/picture-rules.ts'
import { BAD_FORM, TOO_LARGE } from './rules/rejections.ts'
import { refuseVariation } from './rules/rules.ts'
import { prepareCanvas } from './rules/sources.ts'
import { readBody, sendRejection, UPLOAD_LIMIT_BYTES } from './wire.ts'
import type { Temper } from './fulfilment.ts'
import type { SandboxOrder } from './order.ts'
import type { Rejection } from './rules/rejections.ts'
import type { SandboxExchange } from './wire.ts'

/**
 * POST /v1/images/variations. CometAPI itself is inferred to answer 501 (facts 1.5); the sandbox does what OpenAI
 * documents, so that the gateway's endpoint can be used offline.
 */
export async function makeVariations(exchange: SandboxExchange, temper: Temper): Promise<void> {
  const order = await acceptVariation(exchange)
  return 'error' in order ? sendRejection(exchange, order) : fulfil(exchange, order, temper)
}

async function acceptVariation({ request }: SandboxExchange): Promise<SandboxOrder | Rejection> {
  const chunks = await readBody(request, UPLOAD_LIMIT_BYTES)
  if (!chunks) return TOO_LARGE
  const form = await readForm(request.headers['content-type'] ?? '', chunks)
  if (!form || form.json) return BAD_FORM
  const model = chooseModel(form.fields['model'], 'variation')
  if ('error' in model) return model
  const refused = refuseVariation(form.fields, model)
  if (refused) return refused
  const sources = await inspectUploads(form, model)
  if ('error' in sources) return sources
  const order = decide(form.fields, model, 'variation', sources.images)
  const canvas = await prepareCanvas(sources, order)
  return 'error' in canvas ? canvas : { ...order, canvas }
}
