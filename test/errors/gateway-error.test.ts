import { describe, expect, it } from 'vitest'
import { ERRORS, GatewayError, isAmbiguous, issuesError } from '../../src/errors/gateway-error.ts'
import type { ErrorCode, Issue } from '../../src/errors/gateway-error.ts'

const CODES = Object.keys(ERRORS).filter((code): code is ErrorCode => code in ERRORS)

/** The status of each code, and whether an SDK may send the request again. */
const TABLE: readonly [code: ErrorCode, status: number, mayRetry: boolean][] = [
  ['missing_required_parameter', 400, true],
  ['unknown_parameter', 400, true],
  ['unsupported_parameter', 400, true],
  ['invalid_value', 400, true],
  ['invalid_type', 400, true],
  ['invalid_json', 400, true],
  ['moderation_blocked', 400, false],
  ['invalid_api_key', 401, true],
  ['model_not_found', 404, false],
  ['not_found', 404, true],
  ['method_not_allowed', 405, true],
  ['request_too_large', 413, true],
  ['unsupported_media_type', 415, true],
  ['rate_limit_exceeded', 429, true],
  ['internal_error', 500, false],
  ['not_implemented', 501, false],
  ['upstream_invalid_response', 502, false],
  ['upstream_rejected_key', 502, false],
  ['upstream_quota_exhausted', 502, false],
  ['upstream_unreachable', 502, true],
  ['upstream_failed', 502, false],
  ['upstream_overloaded', 503, true],
  ['shutting_down', 503, true],
  ['upstream_timeout', 504, false],
]

describe('the table of errors', () => {
  it.each(TABLE)('has %s as a %i, and an SDK may send it again: %s', (code, status, mayRetry) => {
    const error = new GatewayError(code, 'words')
    expect(error.status).toBe(status)
    const isRetried = [408, 409, 429, 502, 503].includes(status)
    const wait = isRetried ? { 'retry-after': '1', 'retry-after-ms': '1000' } : {}
    expect(error.headers).toEqual(mayRetry ? wait : { 'x-should-retry': 'false' })
  })

  it.each(CODES)('has an error status, a type and a line of documentation for %s', (code) => {
    const { status, type, doc } = ERRORS[code]
    expect(status).toBeGreaterThanOrEqual(400)
    expect(status).toBeLessThan(600)
    expect(type).toMatch(/^[a-z_]+$/)
    expect(doc).toMatch(/^.{10,}\.$/)
  })

  it.each(CODES)('is the whole truth about the body of %s', (code) => {
    expect(new GatewayError(code, 'words').toBody()).toEqual({
      error: { message: 'words', type: ERRORS[code].type, param: null, code },
    })
  })
})

describe('the body of an error', () => {
  it('always has all four members of OpenAI’s shape, in its order', () => {
    const { error } = new GatewayError('invalid_json', 'words').toBody()
    expect(JSON.stringify(error)).toBe(
      '{"message":"words","type":"invalid_request_error","param":null,"code":"invalid_json"}',
    )
  })

  it('names the parameter', () => {
    expect(new GatewayError('invalid_value', 'words', { param: 'size' }).toBody().error.param).toBe('size')
  })

  it('has the upstream’s own status, code and type where those go to the client', () => {
    const error = new GatewayError('upstream_refused', 'words', {
      wire: { status: 422, code: null, type: 'image_generation_user_error' },
    })
    expect(error.status).toBe(422)
    expect(error.toBody().error).toEqual({
      message: 'words',
      type: 'image_generation_user_error',
      param: null,
      code: null,
    })
    expect(error.code).toBe('upstream_refused')
  })

  it('does not hold the cause', () => {
    const cause = new Error('secret')
    const error = new GatewayError('upstream_failed', 'words', { cause })
    expect(JSON.stringify(error.toBody())).not.toContain('secret')
    expect(error.cause).toBe(cause)
  })
})

describe('the headers of an error', () => {
  it('say how long to wait, in seconds and milliseconds', () => {
    expect(new GatewayError('rate_limit_exceeded', 'words', { retryAfterSeconds: 7 }).headers).toEqual({
      'retry-after': '7',
      'retry-after-ms': '7000',
    })
  })

  it('stand beside x-should-retry', () => {
    expect(new GatewayError('upstream_failed', 'words', { origin: { status: 500, code: undefined } }).headers).toEqual({
      'x-should-retry': 'false',
      'x-gateway-upstream-status': '500',
    })
  })

  it('name the upstream’s code beside its status', () => {
    const origin = { status: 500, code: 'do_request_failed' }
    expect(new GatewayError('upstream_failed', 'words', { origin }).headers).toMatchObject({
      'x-gateway-upstream-status': '500',
      'x-gateway-upstream-code': 'do_request_failed',
    })
  })

  it('include those of the details', () => {
    const headers = { 'x-ratelimit-limit-requests': '60' }
    expect(new GatewayError('rate_limit_exceeded', 'words', { headers }).headers).toMatchObject(headers)
  })
})

describe('an error after which the image may exist', () => {
  it('is told by its code', () => {
    const ambiguous = CODES.filter((code) => isAmbiguous(new GatewayError(code, 'words')))
    expect(ambiguous).toEqual(['upstream_failed', 'upstream_timeout'])
  })

  it('is told by a flag, where the code alone does not tell', () => {
    expect(isAmbiguous(new GatewayError('upstream_invalid_response', 'words', { isAmbiguous: true }))).toBe(true)
    expect(isAmbiguous(new GatewayError('upstream_invalid_response', 'words', { isAmbiguous: false }))).toBe(false)
  })

  it.each(CODES)('is never sent again by an SDK: %s', (code) => {
    const error = new GatewayError(code, 'words')
    expect(isAmbiguous(error) && error.headers['x-should-retry'] !== 'false').toBe(false)
  })
})

describe('several problems', () => {
  const size: Issue = { code: 'invalid_value', message: 'bad size', param: 'size' }
  const style: Issue = { code: 'unsupported_parameter', message: 'no style', param: 'style' }

  it('are one error: the first one’s words, and all of them listed', () => {
    expect(issuesError([size, style]).toBody()).toEqual({
      error: {
        message: 'bad size',
        type: 'invalid_request_error',
        param: 'size',
        code: 'invalid_value',
        issues: [size, style],
      },
    })
  })

  it('are a 400', () => {
    expect(issuesError([style, size]).status).toBe(400)
  })

  it('are listed where there is only one', () => {
    expect(issuesError([style]).toBody().error.issues).toEqual([style])
  })
})

describe('a GatewayError', () => {
  it('is an Error with a name, a message and a stack', () => {
    const error = new GatewayError('not_found', 'words')
    expect(error).toBeInstanceOf(Error)
    expect([error.name, error.message]).toEqual(['GatewayError', 'words'])
    expect(error.stack).toContain('GatewayError: words')
  })
})
