import { GatewayError } from '../errors/gateway-error.ts'
import { originOf, withoutInternals } from './envelope.ts'
import { invalidAnswer, NOT_AGAIN } from './failures.ts'
import { meaningOf } from './known-codes.ts'
import type { ErrorCode } from '../errors/gateway-error.ts'
import type { UpstreamError } from './envelope.ts'

/** An answer in which the upstream reports a failure. */
export interface FailedAnswer {
  readonly status: number
  readonly error: UpstreamError
  /** The model as the client named it. */
  readonly model: string
}

/** The meaning of a status for the client. */
interface StatusRule {
  /** The statuses that it is about; where there is a `from`, every status of that number or above. */
  readonly statuses?: readonly number[]
  readonly from?: number
  /** A condition on the error: its code `blames the client`, or its message `has words`. */
  readonly only?: 'blames the client' | 'has words'
  readonly code: ErrorCode
  /** The message for the client; absent where the upstream's own goes on. */
  readonly message?: (status: number) => string
  /** The client's status, where the upstream's own code and message go on under another. */
  readonly status?: number
  /** The same request may be sent again, after a time that the upstream may have named. */
  readonly isTemporary?: true
}

const NO_QUOTA =
  "The gateway's CometAPI account has no quota left. Its operator must top it up; your request is not at fault."
const BAD_KEY =
  "CometAPI refused the gateway's own key. Its operator must check COMETAPI_KEY; your request and your key are not at fault."

/** The first rule that fits decides. No rule fits below 400: redirects are never followed. */
const STATUS_RULES: readonly StatusRule[] = [
  { statuses: [402], code: 'upstream_quota_exhausted', message: () => NO_QUOTA },
  { statuses: [401, 403], code: 'upstream_rejected_key', message: () => BAD_KEY },
  {
    statuses: [429],
    code: 'rate_limit_exceeded',
    message: () => "CometAPI's rate limit is reached.",
    isTemporary: true,
  },
  { statuses: [400, 404, 413, 415, 422], code: 'upstream_refused' },
  { from: 400, only: 'blames the client', code: 'upstream_refused', status: 400 },
  { statuses: [501], code: 'not_implemented', message: () => 'CometAPI does not implement this operation.' },
  // A 503 without words is a page from a proxy in between, which does not say whether the work was done.
  {
    statuses: [503],
    only: 'has words',
    code: 'upstream_overloaded',
    message: () => 'CometAPI refused the work for now: it has no capacity.',
    isTemporary: true,
  },
  // CometAPI, or a proxy between it and the model, has given up on a request that may still be running.
  {
    statuses: [408, 504, 522, 524],
    code: 'upstream_timeout',
    message: (status) => `CometAPI gave up waiting for the image (${status}). ${NOT_AGAIN}`,
  },
  {
    from: 500,
    code: 'upstream_failed',
    message: (status) => `CometAPI failed while it made the image (${status}). ${NOT_AGAIN}`,
  },
  { from: 400, code: 'upstream_refused' },
]

/**
 * The client's error for an answer with a status other than 2xx. The upstream's message goes on only where the client's
 * request is at fault, without channel names and request ids.
 * @param retryAfter the upstream's header, in seconds or as an HTTP date
 */
export function translateFailure(answer: FailedAnswer, retryAfter: string | undefined): GatewayError {
  return translateCode(answer) ?? translateStatus(answer, retryAfter)
}

/** The client's error where the code means the same under every status, 200 included. Undefined: the status decides. */
export function translateCode(answer: FailedAnswer): GatewayError | undefined {
  const { status, error, model } = answer
  const origin = originOf(status, error)
  const meaning = meaningOf(error)
  if (meaning === 'moderation') return refused('moderation_blocked', answer, 400)
  if (meaning === 'quota') return new GatewayError('upstream_quota_exhausted', NO_QUOTA, { origin })
  if (meaning !== 'model') return undefined
  const message = `CometAPI does not serve the model '${model}', or has no capacity for it now.`
  return new GatewayError('model_not_found', message, { param: 'model', origin })
}

/**
 * The client's error for an error that came as an event of a stream. It has no status of its own: what its code does not
 * explain is a failure in the middle of the work.
 */
export function translateStreamError(answer: FailedAnswer): GatewayError {
  const { status, error } = answer
  const known = translateCode(answer)
  if (known !== undefined) return known
  if (meaningOf(error) === 'client') return refused('upstream_refused', answer, 400)
  const words = withoutInternals(error.message).replace(/\.$/, '')
  const message = `CometAPI failed while it made the image${words === '' ? '' : `: ${words}`}. ${NOT_AGAIN}`
  return new GatewayError('upstream_failed', message, { origin: originOf(status, error) })
}

function translateStatus(answer: FailedAnswer, retryAfter: string | undefined): GatewayError {
  const { status, error } = answer
  const origin = originOf(status, error)
  const rule = STATUS_RULES.find((candidate) => fits(candidate, answer))
  if (rule === undefined) return invalidAnswer(`an answer with status ${status}`, origin, false)
  if (rule.message === undefined) return refused(rule.code, answer, rule.status ?? status)
  const message = rule.message(status)
  if (rule.isTemporary !== true) return new GatewayError(rule.code, message, { origin })
  const asked = retryAfterSeconds(retryAfter)
  const seconds = asked ?? 1
  return new GatewayError(rule.code, `${message} Try again in ${seconds} s.`, {
    origin: asked === undefined ? origin : { ...origin, retryAfterSeconds: asked },
    retryAfterSeconds: seconds,
  })
}

function fits({ statuses = [], from = Infinity, only }: StatusRule, { status, error }: FailedAnswer): boolean {
  if (!statuses.includes(status) && status < from) return false
  if (only === 'blames the client') return meaningOf(error) === 'client'
  return only !== 'has words' || error.message !== ''
}

/** The upstream's own message, code, type and param, in OpenAI's shape. */
function refused(code: ErrorCode, { status, error }: FailedAnswer, statusForClient: number): GatewayError {
  const message = withoutInternals(error.message) || `CometAPI refused the request (${status}).`
  const type = error.type === '' || error.type.endsWith('_api_error') ? 'invalid_request_error' : error.type
  const wire = { status: statusForClient, code: error.code || null, type }
  return new GatewayError(code, message, { param: error.param, origin: originOf(status, error), wire })
}

/** Seconds to wait, 1 to 60, from seconds or an HTTP date (RFC 9110, 10.2.3): the SDKs ignore longer waits. */
function retryAfterSeconds(header = ''): number | undefined {
  const seconds = /^\s*\d/.test(header) ? Number.parseFloat(header) : (Date.parse(header) - Date.now()) / 1000
  return Number.isNaN(seconds) ? undefined : Math.min(60, Math.max(1, Math.ceil(seconds)))
}
