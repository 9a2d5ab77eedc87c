import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { GatewayError } from '../../../src/errors/gateway-error.ts'
import { CallerLimits } from '../../../src/access/limits/caller-limits.ts'
import { growth } from '../../helpers/time/growth.ts'
import type { LimitedCaller } from '../../../src/access/limits/caller-limits.ts'

let now: number
let limits: CallerLimits
beforeEach(() => {
  now = 1_000_000
  limits = new CallerLimits({ now: () => now })
})

const key = (requestsPerMinute?: number, imagesPerMinute?: number, id = 1): LimitedCaller => ({
  name: id === 1 ? 'alice' : `key-${id}`,
  key: { requestsPerMinute, imagesPerMinute },
})

function refusal(of: LimitedCaller, images = 1): GatewayError {
  try {
    limits.count(of, images)
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error('was not refused')
}

describe('requests per minute', () => {
  it('are allowed up to the limit, with OpenAI’s headers', () => {
    expect(limits.count(key(3), 1).headers).toEqual({
      'x-ratelimit-limit-requests': '3',
      'x-ratelimit-remaining-requests': '2',
      'x-ratelimit-reset-requests': '1m0s',
    })
    limits.count(key(3), 1)
    expect(limits.count(key(3), 1).headers).toMatchObject({ 'x-ratelimit-remaining-requests': '0' })
    const error = refusal(key(3))
    expect(error).toMatchObject({ code: 'rate_limit_exceeded', status: 429 })
    expect(error.message).toBe("Rate limit reached for the key 'alice': 3 requests per minute. Try again in 60 s.")
    expect(error.headers).toMatchObject({ 'retry-after': '60', 'x-ratelimit-remaining-requests': '0' })
  })

  it('come back one by one, as the old ones are a minute old, and not a tenth of a second sooner', () => {
    limits.count(key(2), 1)
    now += 20_000
    limits.count(key(2), 1)
    now += 39_899
    expect(refusal(key(2)).headers['retry-after']).toBe('1')
    now += 101
    limits.count(key(2), 1)
    expect(refusal(key(2)).headers['retry-after']).toBe('20')
  })

  it('are those of each key alone', () => {
    limits.count(key(1), 1)
    expect(() => limits.count(key(1, undefined, 2), 1)).not.toThrow()
    expect(refusal(key(1)).status).toBe(429)
  })

  it('follow a limit that the administrator changes, at the next request', () => {
    limits.count(key(5), 1)
    limits.count(key(5), 1)
    expect(refusal(key(1)).headers).toMatchObject({ 'x-ratelimit-remaining-requests': '0' })
    expect(limits.count(key(9), 1).headers).toMatchObject({ 'x-ratelimit-remaining-requests': '6' })
  })

  it('are not counted at all where the key has no limit', () => {
    expect(limits.count(key(), 10).headers).toEqual({})
    expect(limits.size).toBe(0)
  })
})

describe('requests per minute of a caller without a virtual key', () => {
  const bob = { name: 'bob' }

  it('are RATE_LIMIT_RPM, for each name alone', () => {
    limits = new CallerLimits({ requestsPerMinute: 2, now: () => now })
    limits.count(bob, 4)
    expect(limits.count(bob, 4).headers).toEqual({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1m0s',
    })
    expect(refusal(bob).message).toContain("Rate limit reached for the key 'bob': 2 requests per minute.")
    expect(() => limits.count({ name: 'carol' }, 1)).not.toThrow()
  })

  it('come back one by one and can be given back, as those of a virtual key', () => {
    limits = new CallerLimits({ requestsPerMinute: 1, now: () => now })
    limits.count(bob, 1).giveBack()
    limits.count(bob, 1)
    now += 59_000
    expect(refusal(bob).headers['retry-after']).toBe('1')
    now += 1000
    expect(() => limits.count(bob, 1)).not.toThrow()
  })

  it('are not the limit of a virtual key', () => {
    limits = new CallerLimits({ requestsPerMinute: 1, now: () => now })
    limits.count(key(), 1)
    expect(limits.count(key(), 1).headers).toEqual({})
  })

  it('are not limited by 0', () => {
    expect(limits.count(bob, 1).headers).toEqual({})
    expect(limits.size).toBe(0)
  })
})

describe('images per minute', () => {
  it('count by n', () => {
    expect(limits.count(key(undefined, 10), 6).headers).toEqual({
      'x-ratelimit-limit-images': '10',
      'x-ratelimit-remaining-images': '4',
      'x-ratelimit-reset-images': '1m0s',
    })
    const error = refusal(key(undefined, 10), 5)
    expect(error.message).toContain('10 images per minute')
    expect(error.headers).toMatchObject({ 'retry-after': '60', 'x-ratelimit-remaining-images': '4' })
    expect(() => limits.count(key(undefined, 10), 4)).not.toThrow()
  })

  it('more than the limit ever allows are a 400, which no SDK sends again, also when it is used up', () => {
    for (let requests = 0; requests < 2; requests++) {
      const error = refusal(key(1, 4), 5)
      expect(error).toMatchObject({ code: 'request_exceeds_limit', status: 400 })
      expect(error.headers).toEqual({ 'x-should-retry': 'false' })
      expect(error.toBody().error).toMatchObject({ param: 'n' })
      if (requests === 0) limits.count(key(1, 4), 1)
    }
  })
})

describe('a refused request', () => {
  it('counts against neither limit', () => {
    limits.count(key(10, 4), 3)
    for (let tries = 0; tries < 20; tries++) expect(refusal(key(10, 4), 2).message).toContain('images')
    expect(limits.count(key(10, 4), 1).headers).toMatchObject({
      'x-ratelimit-remaining-requests': '8',
      'x-ratelimit-remaining-images': '0',
    })
  })

  it('names the limit that takes longer, and carries the headers of both', () => {
    limits.count(key(2, 4), 1)
    now += 30_000
    limits.count(key(2, 4), 3)
    const error = refusal(key(2, 4), 4)
    expect(error.message).toContain('4 images per minute. Try again in 60 s')
    expect(refusal(key(2, 4), 1).message).toMatch(/Try again in 30 s/)
    expect(Object.keys(error.headers)).toEqual(
      expect.arrayContaining(['x-ratelimit-limit-requests', 'x-ratelimit-limit-images']),
    )
  })

  it('later on, can be taken back, once', () => {
    const { giveBack } = limits.count(key(1, 5), 5)
    giveBack()
    giveBack()
    expect(limits.stateOf(key(1, 5))).toMatchObject({ requests: { remaining: 1 }, images: { remaining: 5 } })
    limits.count(key(1, 5), 5)
    now += 70_000
    limits.count(key(1, 5), 1)
    giveBack()
    expect(limits.stateOf(key(1, 5))).toMatchObject({ requests: { remaining: 0 }, images: { remaining: 4 } })
  })
})

describe('the state of a limit', () => {
  it('is told without counting, and undefined where there is no limit', () => {
    limits.count(key(5), 1)
    now += 45_000
    expect(limits.stateOf(key(5))).toEqual({ requests: { max: 5, remaining: 4, ttl: 15_000 }, images: undefined })
    expect(limits.stateOf(key(7, 3, 99))).toEqual({
      requests: { max: 7, remaining: 7, ttl: 0 },
      images: { max: 3, remaining: 3, ttl: 0 },
    })
  })
})

describe('memory', () => {
  it('forgets keys that did nothing for a minute', () => {
    for (let id = 0; id < 1000; id++) limits.count(key(5, undefined, id), 1)
    expect(limits.size).toBe(1000)
    now += 61_000
    limits.count(key(5, undefined, 7), 1)
    expect(limits.size).toBe(1)
  })

  it('and time do not grow with the limit: a quarter of a million requests in a minute', async () => {
    const inOneMinute = (requests: number): void => {
      limits = new CallerLimits({ now: () => now })
      for (let made = 0; made < requests; made++) {
        now += 60_000 / requests
        limits.count(key(1_000_000, 1_000_000), 1)
      }
    }
    expect(await growth(50_000, inOneMinute)).toBeLessThan(12)
    inOneMinute(250_000)
    expect(limits.stateOf(key(1_000_000)).requests?.remaining).toBeLessThan(751_000)
  })
})

describe('whatever comes when', () => {
  const call = fc.record({ waitMs: fc.integer({ min: 0, max: 30_000 }), images: fc.integer({ min: 1, max: 6 }) })

  it('no 59.9 seconds hold more than the limits, and who waits as told is served', () => {
    fc.assert(
      fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
        const own = new CallerLimits({ now: () => now })
        const taken: { at: number; images: number }[] = []
        for (const { waitMs, images } of calls) {
          now += waitMs
          try {
            own.count(key(4, 9), images)
          } catch (error) {
            if (!(error instanceof GatewayError)) throw error
            const seconds = Number(error.headers['retry-after'])
            expect(seconds).toBeLessThanOrEqual(60)
            now += seconds * 1000
            own.count(key(4, 9), images)
          }
          taken.push({ at: now, images })
          const recent = taken.filter(({ at }) => now - at < 59_900)
          expect(recent.length).toBeLessThanOrEqual(4)
          expect(recent.reduce((sum, one) => sum + one.images, 0)).toBeLessThanOrEqual(9)
        }
      }),
    )
  })
})
