import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duration, rateLimitExceeded, rateLimitHeaders } from '../../../src/access/limits/rate-limit.ts'

describe('duration', () => {
  it.each([
    [0, '0ms'],
    [1, '1ms'],
    [850, '850ms'],
    [999, '999ms'],
    [1000, '1s'],
    [1001, '2s'],
    [59_000, '59s'],
    [59_001, '1m0s'],
    [60_000, '1m0s'],
    [90_000, '1m30s'],
    [3_600_000, '60m0s'],
    [-5, '0ms'],
  ])('of %i ms is %s', (ms, written) => {
    expect(duration(ms)).toBe(written)
  })

  it('is never shorter than the time, and less than a second longer', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10_000_000 }), (ms) => {
        const [, minutes = '0', seconds = '0', millis = '0'] =
          /^(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(duration(ms)) ?? []
        const said = Number(minutes) * 60_000 + Number(seconds) * 1000 + Number(millis)
        expect(said).toBeGreaterThanOrEqual(ms)
        expect(said).toBeLessThan(ms + 1000)
      }),
    )
  })
})

describe('rateLimitHeaders', () => {
  it('are those that OpenAI sends', () => {
    expect(rateLimitHeaders({ max: 60, remaining: 12, ttl: 90_000, isExceeded: false })).toEqual({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '12',
      'x-ratelimit-reset-requests': '1m30s',
    })
  })
})

describe('a request over the limit', () => {
  const error = rateLimitExceeded('alice', { max: 60, remaining: 0, ttl: 12_300, isExceeded: true })

  it('is a 429 in OpenAI’s shape', () => {
    expect(error.status).toBe(429)
    expect(error.toBody()).toEqual({
      error: {
        message: "Rate limit reached for the key 'alice': 60 requests per minute. Try again in 13 s.",
        type: 'requests',
        param: null,
        code: 'rate_limit_exceeded',
      },
    })
  })

  it('says when to come back, and that an SDK may', () => {
    expect(error.headers).toEqual({
      'retry-after': '13',
      'retry-after-ms': '13000',
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '13s',
    })
  })

  it.each([
    [0, '1'],
    [1, '1'],
    [1000, '1'],
    [1001, '2'],
    [60_000, '60'],
  ])('with %i ms to go is to be sent again after %s s', (ttl, seconds) => {
    expect(rateLimitExceeded('alice', { max: 1, remaining: 0, ttl, isExceeded: true }).headers['retry-after']).toBe(
      seconds,
    )
  })
})
