import { describe, expect, it } from 'vitest'
import { comet, seen, translate } from './translating.ts'

const REQUEST = 'invalid_request_error'
const UPSTREAM = 'upstream_error'

type Row = readonly [upstream: string, status: number, body: unknown, client: readonly unknown[]]

/** Answers of the upstream, and the status, code, type, param and retry advice that the client gets for each. */
const TABLE: readonly Row[] = [
  // 400, 404, 413, 415, 422 with an error.
  [
    '400 invalid_value',
    400,
    comet('invalid_value', 'Invalid size.', { param: 'size' }),
    [400, 'invalid_value', REQUEST, 'size', false],
  ],
  [
    '404',
    404,
    { error: { message: 'Invalid URL (POST /path)', type: REQUEST, param: '', code: '' } },
    [404, null, REQUEST, null, false],
  ],
  ['413', 413, comet('read_request_body_failed'), [413, 'read_request_body_failed', REQUEST, null, false]],
  ['415', 415, comet('unsupported'), [415, 'unsupported', REQUEST, null, false]],
  ['422', 422, comet('unprocessable'), [422, 'unprocessable', REQUEST, null, false]],
  // Our key.
  ['401', 401, comet('', 'Invalid token'), [502, 'upstream_rejected_key', UPSTREAM, null, false]],
  ['401 of OpenAI', 401, comet('invalid_api_key'), [502, 'upstream_rejected_key', UPSTREAM, null, false]],
  [
    '403 about the token',
    403,
    comet('access_denied', 'This token has no access to model X'),
    [502, 'upstream_rejected_key', UPSTREAM, null, false],
  ],
  // Our quota, under whatever status.
  [
    '403 insufficient_user_quota',
    403,
    comet('insufficient_user_quota', '用户额度不足'),
    [502, 'upstream_quota_exhausted', UPSTREAM, null, false],
  ],
  [
    '403 pre_consume',
    403,
    comet('pre_consume_token_quota_failed'),
    [502, 'upstream_quota_exhausted', UPSTREAM, null, false],
  ],
  ['402', 402, 'payment required', [502, 'upstream_quota_exhausted', UPSTREAM, null, false]],
  [
    '429 insufficient_quota',
    429,
    comet('insufficient_quota'),
    [502, 'upstream_quota_exhausted', UPSTREAM, null, false],
  ],
  [
    '429 credit_balance',
    429,
    comet('credit_balance_exhausted'),
    [502, 'upstream_quota_exhausted', UPSTREAM, null, false],
  ],
  [
    '429 organization spend',
    429,
    comet('organization_spend_limit_exceeded'),
    [502, 'upstream_quota_exhausted', UPSTREAM, null, false],
  ],
  [
    '429 project spend',
    429,
    comet('project_spend_limit_exceeded'),
    [502, 'upstream_quota_exhausted', UPSTREAM, null, false],
  ],
  [
    '429 organization usage',
    429,
    comet('organization_usage_limit_exceeded'),
    [502, 'upstream_quota_exhausted', UPSTREAM, null, false],
  ],
  [
    '400 billing_hard_limit',
    400,
    comet('billing_hard_limit_reached'),
    [502, 'upstream_quota_exhausted', UPSTREAM, null, false],
  ],
  [
    '400 billing_not_active',
    400,
    comet('billing_not_active'),
    [502, 'upstream_quota_exhausted', UPSTREAM, null, false],
  ],
  // Rate.
  ['429 rate', 429, comet('rate_limit_exceeded'), [429, 'rate_limit_exceeded', 'requests', null, true]],
  ['429 slow_down', 429, comet('slow_down'), [429, 'rate_limit_exceeded', 'requests', null, true]],
  [
    '429 in words',
    429,
    '您已达到请求数限制：1分钟内最多请求10次',
    [429, 'rate_limit_exceeded', 'requests', null, true],
  ],
  // 500s that are the request's fault.
  [
    '500 invalid_request',
    500,
    comet('invalid_request', 'field messages is required'),
    [400, 'invalid_request', REQUEST, null, false],
  ],
  [
    '500 convert_request_failed',
    500,
    comet('convert_request_failed'),
    [400, 'convert_request_failed', REQUEST, null, false],
  ],
  // No such model.
  ['503 model_not_found', 503, comet('model_not_found'), [404, 'model_not_found', REQUEST, 'model', false]],
  ['404 model_not_found', 404, comet('model_not_found'), [404, 'model_not_found', REQUEST, 'model', false]],
  // Ambiguous: the image may exist and be billed.
  ['500', 500, comet('do_request_failed'), [502, 'upstream_failed', UPSTREAM, null, false]],
  ['500 without a word', 500, '', [502, 'upstream_failed', UPSTREAM, null, false]],
  ['502', 502, '<html>bad gateway</html>', [502, 'upstream_failed', UPSTREAM, null, false]],
  ['520', 520, '', [502, 'upstream_failed', UPSTREAM, null, false]],
  ['504', 504, '', [504, 'upstream_timeout', UPSTREAM, null, false]],
  ['524', 524, '<html>a timeout occurred</html>', [504, 'upstream_timeout', UPSTREAM, null, false]],
  ['408', 408, '', [504, 'upstream_timeout', UPSTREAM, null, false]],
  // Not done, by the upstream's own word.
  ['503', 503, comet('get_channel_failed'), [503, 'upstream_overloaded', UPSTREAM, null, true]],
  ['501', 501, comet('api_not_implemented'), [501, 'not_implemented', REQUEST, null, false]],
  // Moderation, under whatever status and without an envelope.
  [
    '400 moderation_blocked at the top',
    400,
    {
      message: 'Your request was rejected.',
      type: 'image_generation_user_error',
      param: '',
      code: 'moderation_blocked',
    },
    [400, 'moderation_blocked', 'image_generation_user_error', null, false],
  ],
  [
    '500 sensitive_words_detected',
    500,
    comet('sensitive_words_detected'),
    [400, 'sensitive_words_detected', REQUEST, null, false],
  ],
  [
    '400 content_policy_violation',
    400,
    comet('content_policy_violation'),
    [400, 'content_policy_violation', REQUEST, null, false],
  ],
  ['403 prompt_blocked', 403, comet('prompt_blocked'), [400, 'prompt_blocked', REQUEST, null, false]],
  // Redirects are never followed.
  ['301', 301, '', [502, 'upstream_invalid_response', UPSTREAM, null, false]],
  ['302 to HTML', 302, '<html></html>', [502, 'upstream_invalid_response', UPSTREAM, null, false]],
  ['307', 307, '', [502, 'upstream_invalid_response', UPSTREAM, null, false]],
  ['304', 304, '', [502, 'upstream_invalid_response', UPSTREAM, null, false]],
  // Other 4xx keep their status and are never repeated by an SDK.
  ['409', 409, comet('conflict'), [409, 'conflict', REQUEST, null, false]],
  ['451', 451, '', [451, null, REQUEST, null, false]],
]

describe('an answer of the upstream becomes, for the client,', () => {
  it.each(TABLE)('%s', (_upstream, status, body, client) => {
    expect(seen(translate({ status, body }))).toEqual(client)
  })

  it.each(TABLE)('%s with the upstream status in a header', (_upstream, status, body) => {
    expect(translate({ status, body }).headers['x-gateway-upstream-status']).toBe(String(status))
  })
})

describe('the words of an error', () => {
  it.each([401, 403])('never say that the client has a wrong key: %i', (status) => {
    const { message } = translate({ status, body: comet('invalid_api_key', 'Incorrect API key provided: sk-abc') })
    expect(message).toContain("CometAPI refused the gateway's own key")
    expect(message).not.toContain('sk-abc')
  })

  it('never name the group and the distributor of a model that was not found', () => {
    const message =
      'no available channel for group default and model X (distributor) (request id: 20260205132859798638387SIHCnxzJ)'
    expect(translate({ status: 503, body: comet('model_not_found', message) }).message).toBe(
      "CometAPI does not serve the model 'gpt-image-2', or has no capacity for it now.",
    )
  })

  it.each([500, 502, 504, 524])('warn after a %i that the image may exist', (status) => {
    expect(translate({ status, body: '' }).message).toContain(
      'It was not sent again, because the image may exist and be billed.',
    )
  })

  it.each([500, 502, 503, 504])('repeat nothing of a page that came with a %i', (status) => {
    expect(translate({ status, body: '<h1>upstream-7.internal</h1>' }).message).not.toContain('upstream-7')
  })

  it('are the upstream’s own where the request is at fault', () => {
    const { message } = translate({ status: 400, body: comet('invalid_value', "Invalid size '4096x4096'.") })
    expect(message).toBe("Invalid size '4096x4096'.")
  })

  it('say at least the status where the upstream says nothing', () => {
    expect(translate({ status: 422, body: '' }).message).toBe('CometAPI refused the request (422).')
  })
})

describe('a quota that is told by its type', () => {
  it('is our quota, although the code is missing', () => {
    const body = {
      error: { message: 'You exceeded your current quota.', type: 'insufficient_quota', param: null, code: null },
    }
    expect(seen(translate({ status: 429, body }))).toEqual([502, 'upstream_quota_exhausted', UPSTREAM, null, false])
  })
})
