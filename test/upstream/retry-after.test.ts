import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { comet, translate } from './translating.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-11-22T12:00:00Z'), toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** Seconds to wait, 1 to 60: the SDKs ignore or misread longer ones. */
const HEADERS: readonly [header: string | undefined, seconds: string][] = [
  [undefined, '1'],
  ['', '1'],
  ['1', '1'],
  ['30', '30'],
  ['60', '60'],
  [' 7 ', '7'],
  ['0', '1'],
  ['61', '60'],
  ['99999', '60'],
  ['1e99', '60'],
  ['99999999999999999999999', '60'],
  ['1.5', '2'],
  ['0.2', '1'],
  ['soon', '1'],
  ['NaN', '1'],
  ['Infinity', '1'],
  ['null', '1'],
  ['-5', '1'],
  ['Sun, 22 Nov 2026 12:00:20 GMT', '20'],
  ['Sun, 22 Nov 2026 12:00:00 GMT', '1'],
  ['Sun, 22 Nov 2026 11:00:00 GMT', '1'],
  ['Mon, 23 Nov 2026 12:00:00 GMT', '60'],
  ['Sun, 99 Nov 2026 12:00:00 GMT', '1'],
]

describe.each([429, 503])('the retry-after of a %i', (status) => {
  it.each(HEADERS)('%j becomes %s seconds', (retryAfter, seconds) => {
    const body = comet('rate_limit_exceeded')
    expect(translate({ status, body, retryAfter }).headers['retry-after']).toBe(seconds)
  })
})

it('is also said in the words of a 429', () => {
  expect(translate({ status: 429, body: '', retryAfter: '20' }).message).toContain('Try again in 20 s.')
})

it.each([400, 401, 402, 404, 500, 502, 504])('does not go with a %i, which nobody should repeat', (status) => {
  expect(translate({ status, body: '', retryAfter: '20' }).headers).not.toHaveProperty('retry-after')
})

it('does not go with a quota that is exhausted', () => {
  expect(translate({ status: 429, body: comet('insufficient_quota'), retryAfter: '20' }).headers).not.toHaveProperty(
    'retry-after',
  )
})
