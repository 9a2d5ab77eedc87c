import { describe, expect, it } from 'vitest'
import { ERRORS, GatewayError, isAmbiguous } from '../../../src/errors/gateway-error.ts'
import { retryDelayMs } from '../../../src/gateway/generation/retry-policy.ts'
import type { ErrorCode } from '../../../src/errors/gateway-error.ts'

const busy = (retryAfterSeconds: number): GatewayError =>
  new GatewayError('upstream_overloaded', 'words', { retryAfterSeconds })
const half = (): number => 0.5

describe('an order that cannot have been carried out', () => {
  it('is sent again after 250 ms, then twice as late each time, give or take a half', () => {
    const error = new GatewayError('upstream_unreachable', 'words')
    expect([1, 2, 3].map((attempts) => retryDelayMs(error, attempts, () => 0))).toEqual([125, 250, 500])
    expect([1, 2, 3].map((attempts) => retryDelayMs(error, attempts, () => 1))).toEqual([250, 500, 1000])
  })

  it('waits as long as the upstream asks', () => {
    expect(retryDelayMs(busy(7), 1, half)).toBe(7000)
  })

  it('is not sent again where the upstream asks for more than 20 s', () => {
    expect(retryDelayMs(busy(20), 1, half)).toBe(20_000)
    expect(retryDelayMs(busy(21), 1, half)).toBeUndefined()
  })
})

describe('an order that may have been carried out, or was refused,', () => {
  const SAFE: ReadonlySet<string> = new Set(['rate_limit_exceeded', 'upstream_unreachable', 'upstream_overloaded'])

  it.each(Object.keys(ERRORS) as ErrorCode[])('is not sent again: %s, unless it is one of the three', (code) => {
    const error = new GatewayError(code, 'words')
    const isSentAgain = retryDelayMs(error, 1, half) !== undefined
    expect(isSentAgain).toBe(SAFE.has(code))
    expect(isSentAgain && isAmbiguous(error)).toBe(false)
  })
})
