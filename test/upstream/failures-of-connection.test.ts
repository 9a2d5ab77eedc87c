import { describe, expect, it } from 'vitest'
import { isAmbiguous } from '../../src/errors/gateway-error.ts'
import { brokenOff, timedOut, unreachable } from '../../src/upstream/failures.ts'
import { seen, translate } from './translating.ts'

const withCode = (code: string): Error => Object.assign(new Error('secret details'), { code })

describe('a connection that never came about', () => {
  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'CERT_HAS_EXPIRED', 'UND_ERR_CONNECT_TIMEOUT'])(
    'is a 502 that may be sent again: %s',
    (code) => {
      expect(seen(unreachable(withCode(code)))).toEqual([502, 'upstream_unreachable', 'upstream_error', null, true])
    },
  )

  it('says the system’s code and that nothing was sent', () => {
    expect(unreachable(withCode('ECONNREFUSED')).message).toBe(
      'CometAPI cannot be reached (ECONNREFUSED). Nothing was sent; trying again is safe.',
    )
  })

  it('says the kind of error where there is no code', () => {
    expect(unreachable(new TypeError('secret details')).message).toContain('(TypeError)')
  })

  it('is not ambiguous', () => {
    expect(isAmbiguous(unreachable(withCode('ECONNREFUSED')))).toBe(false)
  })
})

describe('a connection that broke after the request was sent', () => {
  it('is a 502 that must not be sent again', () => {
    expect(seen(brokenOff(withCode('ECONNRESET')))).toEqual([502, 'upstream_failed', 'upstream_error', null, false])
  })

  it('is ambiguous', () => {
    expect(isAmbiguous(brokenOff(withCode('ECONNRESET')))).toBe(true)
  })

  it('repeats nothing of the cause', () => {
    expect(brokenOff(withCode('ECONNRESET')).message).not.toContain('secret details')
  })
})

describe('a generation that takes too long', () => {
  it('is a 504 that must not be sent again', () => {
    expect(seen(timedOut(600_000))).toEqual([504, 'upstream_timeout', 'upstream_error', null, false])
  })

  it('says how long was waited', () => {
    expect(timedOut(600_000).message).toContain('within 600 s')
  })

  it('is ambiguous', () => {
    expect(isAmbiguous(timedOut(1000))).toBe(true)
  })
})

describe('of the answers, ambiguous', () => {
  it.each([
    [500, true],
    [502, true],
    [504, true],
    [524, true],
    [408, true],
    [503, true], // nobody said that the work was not done
    [429, false],
    [400, false],
    [401, false],
    [501, false],
    [301, false],
  ])('is a %i: %s', (status, isIt) => {
    expect(isAmbiguous(translate({ status, body: '' }))).toBe(isIt)
  })

  it('is no 503 in which CometAPI itself refuses', () => {
    expect(isAmbiguous(translate({ status: 503, body: '{"error":{"message":"overloaded"}}' }))).toBe(false)
  })
})
