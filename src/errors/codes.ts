/** `never`: the answer carries `x-should-retry: false`, which both OpenAI SDKs obey before they look at the status. */
type Retry = 'never' | 'sdk'

export interface ErrorKind {
  readonly status: number
  readonly type: string
  /** Whether an SDK sends the request again. `sdk`: by its own rule, which is to repeat 408, 409, 429 and 5xx. */
  readonly retry: Retry
  /** The order may have been carried out and billed although it failed. Absent: it was not, as far as the code says. */
  readonly ambiguous?: true
  /** One line for docs/errors.md. */
  readonly doc: string
}

const request = 'invalid_request_error'

/** Code → status, type, whether a client may send the request again, and whether the order may have been billed. */
export const ERRORS = {
  missing_required_parameter: { status: 400, type: request, retry: 'sdk', doc: 'A required parameter is absent.' },
  unknown_parameter: {
    status: 400,
    type: request,
    retry: 'sdk',
    doc: 'No image model, or not this route, has such a parameter.',
  },
  unsupported_parameter: {
    status: 400,
    type: request,
    retry: 'sdk',
    doc: 'Other models take this parameter, this one does not.',
  },
  invalid_value: { status: 400, type: request, retry: 'sdk', doc: 'The value is not one the model takes.' },
  invalid_type: { status: 400, type: request, retry: 'sdk', doc: 'The value has the wrong JSON type.' },
  invalid_json: {
    status: 400,
    type: request,
    retry: 'sdk',
    doc: 'The body is not one well-formed JSON object in UTF-8.',
  },
  invalid_form: {
    status: 400,
    type: request,
    retry: 'sdk',
    doc: 'The multipart form is malformed, or two parsers could read it differently.',
  },
  invalid_http: { status: 400, type: request, retry: 'sdk', doc: 'The request is not well-formed HTTP.' },
  invalid_header: { status: 400, type: request, retry: 'sdk', doc: 'A gateway header has a value it cannot have.' },
  moderation_blocked: {
    status: 400,
    type: 'image_generation_user_error',
    retry: 'never',
    doc: 'The upstream refused the prompt or filtered every image.',
  },
  request_exceeds_limit: {
    status: 400,
    type: request,
    retry: 'never',
    doc: "The request is larger than its key's budget, cost of one request or images per minute, or the gateway's spend limit, ever allow.",
  },
  invalid_api_key: {
    status: 401,
    type: request,
    retry: 'sdk',
    doc: 'No key was sent, or one that the gateway does not know.',
  },
  forbidden: { status: 403, type: request, retry: 'sdk', doc: 'The caller may not use this route.' },
  model_not_allowed: {
    status: 403,
    type: request,
    retry: 'never',
    doc: "The model is not on the key's list of models.",
  },
  model_not_priced: {
    status: 403,
    type: request,
    retry: 'never',
    doc: 'The key has a budget or a highest cost of one request, or the gateway a spend limit, and the model no known price.',
  },
  host_not_allowed: {
    status: 403,
    type: request,
    retry: 'sdk',
    doc: 'A keyless gateway answers only to local host names.',
  },
  origin_not_allowed: {
    status: 403,
    type: request,
    retry: 'sdk',
    doc: 'A web page of another origin may have sent the request; CORS_ORIGINS lists those that may.',
  },
  model_not_found: {
    status: 404,
    type: request,
    retry: 'never',
    doc: 'The model does not exist, or is served on another route.',
  },
  no_such_key: { status: 404, type: request, retry: 'sdk', doc: 'No virtual key has this name.' },
  not_found: { status: 404, type: request, retry: 'sdk', doc: 'No such URL, or no such picture for the caller.' },
  method_not_allowed: { status: 405, type: request, retry: 'sdk', doc: 'The URL exists, with another method.' },
  request_timeout: { status: 408, type: request, retry: 'sdk', doc: 'The request did not arrive in time.' },
  answer_not_kept: {
    status: 409,
    type: request,
    retry: 'never',
    doc: 'The answer to this retry was bought and is no longer kept; order it anew to buy it again.',
  },
  idempotency_in_progress: {
    status: 409,
    type: request,
    retry: 'sdk',
    doc: 'The order with this Idempotency-Key is under way, and its answer is not to be had here: in another process, or where none is kept. Nothing was bought again; retry-after says when to come back.',
  },
  name_taken: {
    status: 409,
    type: request,
    retry: 'never',
    doc: 'A key has this name, or had it: names are never used again.',
  },
  key_is_revoked: { status: 409, type: request, retry: 'never', doc: 'The key is revoked, which is for ever.' },
  request_too_large: {
    status: 413,
    type: request,
    retry: 'sdk',
    doc: 'The body is larger than MAX_BODY_BYTES, or an upload than MAX_UPLOAD_BYTES.',
  },
  uri_too_long: { status: 414, type: request, retry: 'sdk', doc: 'A part of the URL is too long.' },
  unsupported_media_type: {
    status: 415,
    type: request,
    retry: 'sdk',
    doc: 'The content-type or content-encoding is not one the route takes.',
  },
  expectation_failed: {
    status: 417,
    type: request,
    retry: 'sdk',
    doc: 'The Expect header asks for something unknown.',
  },
  headers_too_large: { status: 431, type: request, retry: 'sdk', doc: 'The request headers are larger than 16 KiB.' },
  idempotency_key_reused: {
    status: 422,
    type: request,
    retry: 'never',
    doc: 'The Idempotency-Key was used for another request.',
  },
  rate_limit_exceeded: {
    status: 429,
    type: 'requests',
    retry: 'sdk',
    doc: 'Too many requests; retry-after says when to come back.',
  },
  insufficient_quota: {
    status: 429,
    type: 'insufficient_quota',
    retry: 'never',
    doc: "The key's budget, or the gateway's spend limit, does not cover the highest cost of the request.",
  },
  client_closed_request: {
    status: 499,
    type: request,
    retry: 'never',
    doc: 'The client left before the request was sent upstream; nothing was bought. Seen in the log only.',
  },
  internal_error: {
    status: 500,
    type: 'server_error',
    retry: 'never',
    doc: 'A defect of the gateway; the log has it under the request id.',
  },
  not_implemented: { status: 501, type: request, retry: 'never', doc: 'The upstream has no such operation.' },
  database_off: {
    status: 501,
    type: request,
    retry: 'never',
    doc: 'The gateway runs without a database (DATABASE=false), which this route needs.',
  },
  upstream_invalid_response: {
    status: 502,
    type: 'upstream_error',
    retry: 'never',
    doc: 'The upstream answered with something that is not an image answer.',
  },
  upstream_rejected_key: {
    status: 502,
    type: 'upstream_error',
    retry: 'never',
    doc: "The upstream refused the gateway's own key.",
  },
  upstream_quota_exhausted: {
    status: 502,
    type: 'upstream_error',
    retry: 'never',
    doc: "The gateway's own CometAPI account has no money or quota left.",
  },
  upstream_unreachable: {
    status: 502,
    type: 'upstream_error',
    retry: 'sdk',
    doc: 'No connection to the upstream; nothing was sent.',
  },
  upstream_failed: {
    status: 502,
    type: 'upstream_error',
    retry: 'never',
    ambiguous: true,
    doc: 'The upstream failed after the request was sent: the image may exist and be billed.',
  },
  upstream_overloaded: {
    status: 503,
    type: 'upstream_error',
    retry: 'sdk',
    doc: 'The upstream refused the work for now.',
  },
  storage_full: {
    status: 503,
    type: 'server_error',
    retry: 'sdk',
    doc: 'The disk of DATA_DIR is full: a request that could not be booked is not sent, and an upload does not take the DISK_RESERVE. Passes by itself when there is room.',
  },
  storage_unavailable: {
    status: 503,
    type: 'server_error',
    retry: 'sdk',
    doc: 'The database in DATA_DIR cannot be written to, or was moved, deleted or replaced: a request that could not be booked is not sent.',
  },
  shutting_down: { status: 503, type: 'server_error', retry: 'sdk', doc: 'The gateway is draining.' },
  upstream_timeout: {
    status: 504,
    type: 'upstream_error',
    retry: 'never',
    ambiguous: true,
    doc: 'The upstream did not answer in time: the image may exist and be billed.',
  },
  upstream_refused: {
    status: 400,
    type: request,
    retry: 'never',
    doc: "The upstream refused the request; code and message are the upstream's own.",
  },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERRORS
