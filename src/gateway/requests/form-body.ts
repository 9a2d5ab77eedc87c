import { formParameters } from './form-parameters.ts'
import { parameterOf } from './uploads/field-names.ts'
import { FormReader } from './uploads/form-reader.ts'
import { receiveUpload } from './uploads/receive.ts'
import type { RuleSet } from '../../models/model.ts'
import type { ByteRange, Spool } from '../../spool/spool.ts'
import type { FilePart, TextPart } from './uploads/form-reader.ts'
import type { FormParameters } from './form-parameters.ts'
import type { IncomingUpload, UploadOptions } from './uploads/receive.ts'
import type { Body, Call, Changes } from './endpoint.ts'

/** RFC 9110, 5.6.2: the characters of a header value without quotes. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

/**
 * Receives a multipart form, which goes upstream as it came.
 * @throws GatewayError `invalid_form`, and as receiveUpload
 */
export async function receiveForm(ruleSet: RuleSet, upload: IncomingUpload, options: UploadOptions): Promise<Call> {
  const form = new FormReader(upload.contentType)
  return receiveUpload(upload, options, form, (spool) => formCall(ruleSet, form, spool))
}

function formCall(ruleSet: RuleSet, form: FormReader, spool: Spool): Call {
  const { boundary } = form
  const { parameters, superfluous } = formParameters(form)
  const retyped = form.files.flatMap(({ name, retyped: as }) =>
    as === undefined ? [] : [`${parameterOf(name)}=${as.type}`],
  )
  return {
    ruleSet,
    parameters,
    isForm: true,
    digest: () => form.digest,
    body: superfluous.size + retyped.length === 0 ? spool.body() : bodyWithout(form, spool, superfluous, new Set()),
    retyped: [...new Set(retyped)],
    contentType: `multipart/form-data; boundary=${TOKEN.test(boundary) ? boundary : `"${boundary}"`}`,
    rewrite: (changes) => rewritten(form, spool, superfluous, changes),
    discard: () => void spool.discard(),
  }
}

/** The form without some parts, and with the model and what is filled in as its first. */
function rewritten(
  form: FormReader,
  spool: Spool,
  superfluous: FormParameters['superfluous'],
  { drop, model, fill = new Map() }: Changes,
): Body {
  const head = [['model', model] as const, ...fill]
    .map(([name, value]) => `--${form.boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join('')
  return bodyWithout(form, spool, superfluous, new Set([...drop, 'model', ...fill.keys()]), Buffer.from(head))
}

function bodyWithout(
  form: FormReader,
  spool: Spool,
  superfluous: FormParameters['superfluous'],
  dropped: ReadonlySet<string>,
  head = Buffer.alloc(0),
): Body {
  const parts = [...form.texts, ...form.files].toSorted((a, b) => a.range.start - b.range.start)
  const kept = parts.filter((part) => !dropped.has(parameterOf(part.name)) && !superfluous.has(part))
  return spool.body([head, ...kept.flatMap(piecesOf), { start: form.partsEnd, end: spool.bytes }])
}

/** The part as it came; an image whose type OpenAI would refuse, under its own. */
function piecesOf(part: TextPart | FilePart): readonly (Buffer | ByteRange)[] {
  const { range } = part
  const retyped = 'retyped' in part ? part.retyped : undefined
  return retyped === undefined ? [range] : [retyped.head, { start: retyped.dataStart, end: range.end }]
}
