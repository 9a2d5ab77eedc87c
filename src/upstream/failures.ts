import { GatewayError } from '../errors/gateway-error.ts'
import type { ErrorCode, Origin } from '../errors/gateway-error.ts'

/** Takes keys out of a text. */
type Redact = (text: string) => string

/** An answer that is not images: status, the headers that matter, and the beginning of its body. */
export interface FailedAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly body: Buffer
  /** The model as the client named it. */
  readonly model: string
}

/** The upstream's own words about a failure, whatever the envelope. */
interface UpstreamError {
  readonly message: string
  readonly type: string
  readonly code: string
  readonly param: string | null
}

/** Codes that mean the same under whatever status they come. Sources: facts on CometAPI, new-api and OpenAI, 2026-11-22. */
const CODES = {
  quota: [
    'insufficient_quota',
    'insufficient_user_quota',
    'pre_consume_token_quota_failed',
    'credit_balance_exhausted',
    'organization_spend_limit_exceeded',
    'project_spend_limit_exceeded',
    'organization_usage_limit_exceeded',
    'billing_hard_limit_reached',
    'billing_not_active',
  ],
  moderation: ['moderation_blocked', 'content_policy_violation', 'sensitive_words_detected', 'prompt_blocked'],
  model: ['model_not_found'],
  client: ['invalid_request', 'convert_request_failed', 'bad_request_body'],
} as const

type Meaning = keyof typeof CODES

const MEANINGS: ReadonlyMap<string, Meaning> = new Map(
  (Object.keys(CODES) as Meaning[]).flatMap((meaning) => CODES[meaning].map((code) => [code, meaning] as const)),
)

/** Statuses that go to the client as they are. The rest of 4xx is about the key, the rate, or nobody's fault in particular. */
const CLIENT_STATUSES: ReadonlySet<number> = new Set([400, 404, 413, 415, 422])
/** Gateways between CometAPI and the model, and CometAPI itself, giving up on a request that may still be running. */
const TIMEOUT_STATUSES: ReadonlySet<number> = new Set([408, 504, 522, 524])

const NO_QUOTA =
  "The gateway's CometAPI account has no quota left. Its operator must top it up; your request is not at fault."
const BAD_KEY =
  "CometAPI refused the gateway's own key. Its operator must check COMETAPI_KEY; your request and your key are not at fault."
const NOT_AGAIN = 'It was not sent again, because the image may exist and be billed.'

/**
 * What an answer that is not images means for the client (DESIGN section 5). The upstream's status and code go into
 * headers; its message goes on only where the client's request is at fault, without channel names and request ids.
 *
 * @param redact takes keys out of a message: upstreams have been seen to repeat the key they were sent
 */
export function translateFailure(answer: FailedAnswer, redact: Redact): GatewayError {
  return translateCode(answer, redact) ?? translateStatus(answer, redact)
}

/** A code that means the same under every status, 200 included. Undefined: the status decides. */
export function translateCode(answer: Omit<FailedAnswer, 'retryAfter'>, redact: Redact): GatewayError | undefined {
  const error = readError(answer.body)
  const origin = originOf(answer.status, redact(error.code))
  const meaning = meaningOf(error)
  if (meaning === 'moderation') return refused('moderation_blocked', 400, error, redact, origin)
  if (meaning === 'quota') return new GatewayError('upstream_quota_exhausted', NO_QUOTA, { origin })
  if (meaning !== 'model') return undefined
  const message = `CometAPI does not serve the model '${answer.model}', or has no capacity for it now.`
  return new GatewayError('model_not_found', message, { param: 'model', origin })
}

function translateStatus({ status, retryAfter, body }: FailedAnswer, redact: Redact): GatewayError {
  const error = readError(body)
  const origin = originOf(status, redact(error.code))
  const fail = (code: ErrorCode, message: string): GatewayError => new GatewayError(code, message, { origin })
  const later = (code: ErrorCode, message: string): GatewayError => {
    const seconds = retryAfterSeconds(retryAfter)
    return new GatewayError(code, `${message} Try again in ${seconds} s.`, { origin, retryAfterSeconds: seconds })
  }
  if (status === 402) return fail('upstream_quota_exhausted', NO_QUOTA)
  if (status === 401 || status === 403) return fail('upstream_rejected_key', BAD_KEY)
  if (status === 429) return later('rate_limit_exceeded', "CometAPI's rate limit is reached.")
  if (CLIENT_STATUSES.has(status)) return refused('upstream_refused', status, error, redact, origin)
  if (status >= 400 && meaningOf(error) === 'client') return refused('upstream_refused', 400, error, redact, origin)
  if (status === 501) return fail('not_implemented', 'CometAPI does not implement this operation.')
  // A page from a proxy in between says nothing about whether the work was done.
  if (status === 503 && error.message !== '')
    return later('upstream_overloaded', 'CometAPI refused the work for now: it has no capacity.')
  if (TIMEOUT_STATUSES.has(status))
    return fail('upstream_timeout', `CometAPI gave up waiting for the image (${status}). ${NOT_AGAIN}`)
  if (status >= 500) return fail('upstream_failed', `CometAPI failed while it made the image (${status}). ${NOT_AGAIN}`)
  if (status >= 400) return refused('upstream_refused', status, error, redact, origin)
  return invalidAnswer(`an answer with status ${status}`, origin, false)
}

/**
 * What an error that came as an event of a stream means for the client. It has no status of its own: what its code does
 * not explain is a failure in the middle of the work.
 */
export function translateStreamError(
  error: unknown,
  { status, model }: { readonly status: number; readonly model: string },
  redact: Redact,
): GatewayError {
  const body = Buffer.from(JSON.stringify({ error }))
  const known = translateCode({ status, body, model }, redact)
  if (known !== undefined) return known
  const said = readError(body)
  const origin = originOf(status, redact(said.code))
  if (meaningOf(said) === 'client') return refused('upstream_refused', 400, said, redact, origin)
  const words = withoutInternals(redact(said.message)).replace(/\.$/, '')
  const message = `CometAPI failed while it made the image${words === '' ? '' : `: ${words}`}. ${NOT_AGAIN}`
  return new GatewayError('upstream_failed', message, { origin })
}

function meaningOf({ code, type }: UpstreamError): Meaning | undefined {
  return MEANINGS.get(code) ?? MEANINGS.get(type)
}

/** Further codes that CometAPI and OpenAI have been seen to send; for the log, which must not repeat strange text. */
const OTHER_CODES: ReadonlySet<string> = new Set(
  (
    'invalid_api_key access_denied model_price_error do_request_failed get_channel_failed channel:no_available_key ' +
    'read_request_body_failed bad_response_status_code bad_response bad_response_body empty_response invalid_value ' +
    'api_not_implemented unknown_parameter missing_required_parameter unsupported_value invalid_image_file ' +
    'invalid_mask_image_format invalid_png_output_compression invalid_input_fidelity_model rate_limit_exceeded ' +
    'slow_down server_is_overloaded server_error shell_api_error'
  ).split(' '),
)

/** An upstream code as the log may have it: itself where it is known, else `other`. */
export function knownCode(code: string | undefined): string | undefined {
  return code === undefined || MEANINGS.has(code) || OTHER_CODES.has(code) ? code : 'other'
}

/**
 * An answer that holds no images.
 * @param isAmbiguous it does not say either that the work was not done
 */
export function invalidAnswer(what: string, origin: Origin | undefined, isAmbiguous: boolean): GatewayError {
  const message = `CometAPI answered with ${what} instead of images.`
  return new GatewayError('upstream_invalid_response', message, { origin, isAmbiguous })
}

/** The upstream's own status and code, the code only where it is one plain word. */
export function originOf(status: number, code = ''): Origin {
  return { status, code: /^[\w.:-]{1,64}$/.test(code) ? code : undefined }
}

/** No connection: nothing has been sent, so that sending again is safe. */
export function unreachable(cause: Error): GatewayError {
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name
  return new GatewayError(
    'upstream_unreachable',
    `CometAPI cannot be reached (${code}). Nothing was sent; trying again is safe.`,
    { cause },
  )
}

/** The client went while the connection upstream was still being made. */
export function leftBeforeSending(): GatewayError {
  return new GatewayError('client_closed_request', 'The client left before the request was sent upstream.')
}

export function brokenOff(cause: Error): GatewayError {
  return new GatewayError(
    'upstream_failed',
    `The connection to CometAPI broke before the answer was complete. ${NOT_AGAIN}`,
    { cause },
  )
}

/** @param timeoutMs the generation's whole time */
export function timedOut(timeoutMs: number): GatewayError {
  return new GatewayError('upstream_timeout', `CometAPI did not finish within ${timeoutMs / 1000} s. ${NOT_AGAIN}`)
}

/** The error of an envelope: `{error:{…}}`, `{error:"…"}` or the members at the top; everything may be missing. */
export function readError(body: Buffer): UpstreamError {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch {
    json = undefined
  }
  const error = member(json, 'error') ?? json
  const text = (name: string): string => {
    const value = member(error, name)
    return typeof value === 'string' ? value : ''
  }
  const message = typeof error === 'string' ? error : text('message')
  return { message, type: text('type'), code: text('code'), param: text('param') || null }
}

function refused(
  code: 'moderation_blocked' | 'upstream_refused',
  status: number,
  error: UpstreamError,
  redact: Redact,
  origin: Origin,
): GatewayError {
  const message = withoutInternals(redact(error.message)) || `CometAPI refused the request (${origin.status}).`
  const type = error.type === '' || error.type.endsWith('_api_error') ? 'invalid_request_error' : redact(error.type)
  const wire = { status, code: redact(error.code) || null, type }
  return new GatewayError(code, message, { param: error.param === null ? null : redact(error.param), origin, wire })
}

/** Takes out what says something about CometAPI's inside and nothing to the client: request ids, channels, groups. */
export function withoutInternals(message: string): string {
  return message
    .slice(0, 2000)
    .replaceAll(/\s*\((?:request[ _]?id|distributor)\b[^)]*\)/gi, '')
    .replaceAll(/\s*If you believe this is an error, contact us[^.]*? and include the request ID:? [\w-]+\.?/gi, '')
    .replaceAll(/[,;]?\s*(?:and include the )?request ID:? (?:req_)?[\w-]+\.?/gi, '')
    .replaceAll(/\s*(?:under|for|in) group \S+/gi, '')
    .replaceAll(/\s*\(?channel[ :#]+[\w-]*[\d-][\w-]*\)?/gi, '')
    .trim()
}

/** Seconds to wait, 1 to 60, from seconds or an HTTP date (RFC 9110, 10.2.3): the SDKs ignore longer waits. */
function retryAfterSeconds(header = ''): number {
  const seconds = /^\s*\d/.test(header) ? Number.parseFloat(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isNaN(seconds) ? 1 : Math.min(60, Math.max(1, Math.ceil(seconds)))
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}
