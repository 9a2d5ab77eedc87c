import { FormReader, invalidForm } from './uploads/form-reader.ts'
import { receiveUpload } from './uploads/receive.ts'
import type { RuleSet } from '../../models/model.ts'
import type { Spool } from '../../spool/spool.ts'
import type { FilePart, TextPart } from './uploads/form-reader.ts'
import type { IncomingUpload, UploadOptions } from './uploads/receive.ts'
import type { Body, Call, Changes } from './endpoint.ts'

/** One of several images: `image[]`, `image[0]`. */
const ONE_IMAGE = /^image\[\d{0,3}\]$/
const FILE_PARAMETERS: ReadonlySet<string> = new Set(['image', 'mask'])
/** RFC 9110, 5.6.2: what may stand in a header without quotes. */
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
  return {
    ruleSet,
    parameters: formParameters(form),
    isForm: true,
    digest: () => form.digest,
    body: spool.body(),
    contentType: `multipart/form-data; boundary=${TOKEN.test(boundary) ? boundary : `"${boundary}"`}`,
    rewrite: (changes) => rewritten(form, spool, changes),
    discard: () => void spool.discard(),
  }
}

function formParameters({ texts, files }: FormReader): Map<string, unknown> {
  const parameters = new Map<string, unknown>(textParameters(texts))
  for (const [name, value] of fileParameters(files)) {
    if (parameters.has(name)) throw invalidForm(`The field '${shown(name)}' is sent as text and as a file.`)
    parameters.set(name, value)
  }
  return parameters
}

/** The parameter that a part belongs to. */
function parameterOf(name: string): string {
  return ONE_IMAGE.test(name) ? 'image' : name
}

function textParameters(texts: readonly TextPart[]): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const { name, text } of texts) {
    if (parameters.has(name)) throw invalidForm(`The field '${shown(name)}' occurs twice; each may occur once.`)
    if (FILE_PARAMETERS.has(parameterOf(name)))
      throw invalidForm(`The field '${shown(name)}' must be sent as a file: its part has no file name.`)
    parameters.set(name, text)
  }
  return parameters
}

/** `image`, `image[]` and `image[0]` are one parameter; upstreams read only one of the three ways, so they cannot be mixed. */
function fileParameters(files: readonly FilePart[]): Map<string, unknown> {
  const byName = Map.groupBy(files, ({ name }) => parameterOf(name))
  const parameters = new Map<string, unknown>()
  for (const [name, parts] of byName) {
    const ways = new Set(parts.map((part) => part.name.replace(/\d+/, '0')))
    if (ways.size > 1)
      throw invalidForm(`The field '${shown(name)}' is sent in different ways: ${[...ways].join(', ')}. Use one.`)
    if (ways.has(`${name}[0]`) && new Set(parts.map((part) => part.name)).size < parts.length)
      throw invalidForm(`A number of '${shown(name)}[…]' occurs twice.`)
    const ordered = ways.has(`${name}[0]`) ? parts.toSorted((a, b) => indexOf(a) - indexOf(b)) : parts
    parameters.set(
      name,
      ordered.map(({ file }) => file),
    )
  }
  return parameters
}

function indexOf({ name }: FilePart): number {
  return Number(/\d+/.exec(name)?.[0] ?? 0)
}

/** The form without some parts, and with the model as its first. */
function rewritten(form: FormReader, spool: Spool, { drop, model }: Changes): Body {
  const isDropped = new Set([...drop, 'model'])
  const parts = [...form.texts, ...form.files].toSorted((a, b) => a.range.start - b.range.start)
  const kept = parts.filter(({ name }) => !isDropped.has(parameterOf(name)))
  const head = `--${form.boundary}\r\ncontent-disposition: form-data; name="model"\r\n\r\n${model}\r\n`
  return spool.body([Buffer.from(head), ...kept.map(({ range }) => range), { start: form.partsEnd, end: spool.bytes }])
}

/** A name from the request, for a message. */
function shown(name: string): string {
  return name.length > 64 ? `${name.slice(0, 64)}…` : name
}
