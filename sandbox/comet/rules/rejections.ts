/** The upstream's refusal of a request. `error` keeps the key order of the recorded bodies. */
export interface Rejection {
  status: number
  error: { message: string; type: string; param?: string; code?: string }
  /** Whether the message ends in ` (request id: …)`, as those that CometAPI writes itself do. */
  quotesRequestId: boolean
}

/** A refusal in CometAPI's own words (facts 1.8: `param` is an empty string, never null). */
export function cometRejection(status: number, code: string, message: string): Rejection {
  return { status, error: { message, type: 'comet_api_error', param: '', code }, quotesRequestId: true }
}

/** A refusal by OpenAI that CometAPI passes on unchanged but for `param`, where null becomes an empty string. */
export function openaiRejection(refusal: {
  message: string
  code: string
  param?: string
  type?: 'image_generation_user_error'
}): Rejection {
  const { message, code, param = '', type = 'invalid_request_error' } = refusal
  return { status: 400, error: { message, type, param, code }, quotesRequestId: false }
}

/** A refusal by Volcengine (Seedream), with the empty `type` and `param` it arrives with. */
export function seedreamRejection(param: string, reason: string): Rejection {
  const message = `The parameter \`${param}\` specified in the request is not valid: ${reason}`
  return { status: 400, error: { message, type: '', param: '', code: 'InvalidParameter' }, quotesRequestId: true }
}

/** 401 of new-api's key check: no `param`, and never a word about the key itself (facts 1.8). */
export const INVALID_TOKEN: Rejection = {
  status: 401,
  error: { message: 'Invalid token', type: 'comet_api_error', code: '' },
  quotesRequestId: true,
}

/** 413 for a body that is too large to be read (facts 1.8). */
export const TOO_LARGE: Rejection = cometRejection(413, 'read_request_body_failed', 'request body too large')

/** 400 for a body that is no JSON object. */
export const BAD_JSON: Rejection = cometRejection(
  400,
  'bad_request_body',
  'invalid character in request body, JSON object expected',
)

/** 400 for a body that is no form, where one is wanted. */
export const BAD_FORM: Rejection = cometRejection(
  400,
  'bad_request_body',
  'failed to parse request body, multipart form expected',
)

/** 404 for a path that does not exist (facts 1.8). */
export function invalidUrl(method: string, path: string): Rejection {
  const message = `Invalid URL (${method} ${path})`
  return { status: 404, error: { message, type: 'invalid_request_error', param: '', code: '' }, quotesRequestId: false }
}

/** 503 for a model nobody serves: looks like overload, means a bad model (facts 1.8; no `param`, `code` first). */
export function noChannel(model: string): Rejection {
  const message = `no available channel for group default and model ${model} (distributor)`
  return {
    status: 503,
    error: { code: 'model_not_found', message, type: 'comet_api_error' },
    quotesRequestId: true,
  }
}

/** 500 for a Gemini model on this route (facts 1.8). */
export const GEMINI_ELSEWHERE: Rejection = {
  status: 500,
  error: {
    message: 'not supported model for image generation, only imagen models are supported',
    type: 'comet_api_error',
    code: 'convert_request_failed',
  },
  quotesRequestId: false,
}

/** 500 for a vendor that CometAPI cannot ask for this: new-api's answer, in words of our own (facts 1.8). */
export function notConvertible(model: string, operation: string): Rejection {
  return cometRejection(500, 'convert_request_failed', `not supported model for image ${operation}: ${model}`)
}

/** 500 without a prompt: a client's mistake under a server's status, which is CometAPI's habit (facts 1.7, 1.8). */
export const PROMPT_REQUIRED: Rejection = cometRejection(500, 'invalid_request', 'field prompt is required')

/** 400 for a prompt that the safety system does not let through (facts 1.8). */
export const MODERATION_BLOCKED: Rejection = {
  status: 400,
  error: {
    message: 'Your request was rejected by the safety system. safety_violations=[sandbox].',
    type: 'image_generation_user_error',
    param: '',
    code: 'moderation_blocked',
  },
  quotesRequestId: false,
}

/** Whether a prompt is refused as MODERATION_BLOCKED: it has the word "forbidden" in it, in any case. */
export function isForbidden(prompt: string): boolean {
  return /\bforbidden\b/i.test(prompt)
}

/** The body of a rejection. */
export function rejectionBody({ error, quotesRequestId }: Rejection, requestId: string): { error: Rejection['error'] } {
  if (!quotesRequestId) return { error }
  return { error: { ...error, message: `${error.message} (request id: ${requestId})` } }
}
