import type { Origin } from '../errors/gateway-error.ts'
import type { Redact } from './redaction.ts'

/** An error in the upstream's own words, keys taken out. A member that is missing is empty, `param` null. */
export interface UpstreamError {
  readonly message: string
  readonly type: string
  readonly code: string
  readonly param: string | null
}

/** A text is cut before keys are looked for, which bounds the search, and again afterwards: no key is cut in two. */
const MAX_READ_CHARACTERS = 16_384
const MAX_MESSAGE_CHARACTERS = 2000

/** The error of an answer's body: `{error:{…}}`, `{error:"…"}` or the members at the top; everything may be missing. */
export function readError(body: Buffer, redact: Redact): UpstreamError {
  const envelope = parsed(body)
  return errorOf(fieldsOf(envelope)['error'] ?? envelope, redact)
}

/** An error that has been taken out of its envelope. */
export function errorOf(error: unknown, redact: Redact): UpstreamError {
  const { message, type, code, param } = fieldsOf(error)
  const words = (value: unknown): string =>
    typeof value === 'string' ? redact(value.slice(0, MAX_READ_CHARACTERS)) : ''
  return {
    message: words(typeof error === 'string' ? error : message),
    type: words(type),
    code: words(code),
    param: words(param) || null,
  }
}

/** The upstream's own status and code, the code only where it is one plain word. */
export function originOf(status: number, { code }: Pick<UpstreamError, 'code'> = { code: '' }): Origin {
  return { status, code: /^[\w.:-]{1,64}$/.test(code) ? code : undefined }
}

/** Takes out request ids, channels and groups: they say nothing to the client, and something about CometAPI's inside. */
export function withoutInternals(message: string): string {
  return message
    .slice(0, MAX_MESSAGE_CHARACTERS)
    .replaceAll(/\s*\((?:request[ _]?id|distributor)\b[^)]*\)/gi, '')
    .replaceAll(/\s*If you believe this is an error, contact us[^.]*? and include the request ID:? [\w-]+\.?/gi, '')
    .replaceAll(/[,;]?\s*(?:and include the )?request ID:? (?:req_)?[\w-]+\.?/gi, '')
    .replaceAll(/\s*(?:under|for|in) group \S+/gi, '')
    .replaceAll(/\s*\(?channel[ :#]+[\w-]*[\d-][\w-]*\)?/gi, '')
    .trim()
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}

/** The members of an object; none of anything else. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
