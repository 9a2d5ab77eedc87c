import { readForm } from './forms.ts'
import { fulfil } from './fulfilment.ts'
import { chooseModel } from './rules/model-choice.ts'
import { decide } from './order.ts'
import { inspectUploads } from './rules/picture-rules.ts'
import { BAD_FORM, isForbidden, MODERATION_BLOCKED, openaiRejection, TOO_LARGE } from './rules/rejections.ts'
import { refuseEdit } from './rules/rules.ts'
import { prepareCanvas } from './rules/sources.ts'
import { readBody, sendRejection, UPLOAD_LIMIT_BYTES } from './wire.ts'
import type { Form } from './forms.ts'
import type { Temper } from './fulfilment.ts'
import type { SandboxOrder } from './order.ts'
import type { Rejection } from './rules/rejections.ts'
import type { ServedModel } from './rules/served-models.ts'
import type { SandboxExchange } from './wire.ts'

/** POST /v1/images/edits. */
export async function edit(exchange: SandboxExchange, temper: Temper): Promise<void> {
  const order = await acceptEdit(exchange)
  return 'error' in order ? sendRejection(exchange, order) : fulfil(exchange, order, temper)
}

/** The upstream's checks in its own order: body, model, prompt and parameters, pictures, safety. */
async function acceptEdit({ request }: SandboxExchange): Promise<SandboxOrder | Rejection> {
  const chunks = await readBody(request, UPLOAD_LIMIT_BYTES)
  if (!chunks) return TOO_LARGE
  const form = await readForm(request.headers['content-type'] ?? '', chunks)
  if (!form) return BAD_FORM
  const model = chooseModel(form.fields['model'], 'edit')
  if ('error' in model) return model
  const refused = wrongForm(form, model) ?? refuseEdit(form.fields, model, form.json)
  if (refused) return refused
  const sources = await inspectUploads(form, model)
  if ('error' in sources) return sources
  const order = decide(form.fields, model, 'edit', sources.images)
  if (isForbidden(order.prompt)) return MODERATION_BLOCKED
  const canvas = await prepareCanvas(sources, order)
  return 'error' in canvas ? canvas : { ...order, canvas }
}

/** JSON is for GPT image models only (facts 2.3). */
function wrongForm({ json }: Form, { id, family }: ServedModel): Rejection | undefined {
  if (!json || family.startsWith('gpt')) return undefined
  const message = `The model '${id}' takes edits as multipart/form-data only.`
  return openaiRejection({ message, code: 'invalid_value', param: 'model' })
}
