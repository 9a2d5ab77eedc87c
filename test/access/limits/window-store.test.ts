import { beforeEach, describe, expect, it } from 'vitest'
import { WindowStore } from '../../../src/access/limits/window-store.ts'

const MAX = 3
let now: number
let store: WindowStore
beforeEach(() => {
  now = 1_000_000
  store = new WindowStore({ now: () => now })
})

function ask(verb: 'incr' | 'read', name: string, of = store): unknown {
  let answered: unknown
  of[verb](name, (error, count) => (answered = error ?? count), 60_000, MAX)
  return answered
}

describe('a store for failed authentications', () => {
  it('counts each name up to the limit, and one more for what is refused', () => {
    const counts = [1, 2, 3, 4, 5].map(() => ask('incr', 'a'))
    expect(counts).toMatchObject([{ current: 1 }, { current: 2 }, { current: 3 }, { current: 4 }, { current: 4 }])
    expect(ask('incr', 'b')).toEqual({ current: 1, ttl: 60_000 })
  })

  it('slides: room comes back as each count is a minute old, however often was asked meanwhile', () => {
    ask('incr', 'a')
    now += 20_000
    ask('incr', 'a')
    ask('incr', 'a')
    now += 30_000
    expect(ask('incr', 'a')).toEqual({ current: 4, ttl: 10_000 })
    now += 10_000
    expect(ask('incr', 'a')).toMatchObject({ current: 3 })
    expect(ask('incr', 'a')).toEqual({ current: 4, ttl: 20_000 })
  })

  it('never has more than a minute to go, whatever fractions the clock has', () => {
    now = 522_479.530_198_685_53 // plus 60000, minus itself again: 60000.00000000006
    expect(ask('incr', 'a')).toEqual({ current: 1, ttl: 60_000 })
  })

  it('reads without counting', () => {
    expect(ask('read', 'a')).toEqual({ current: 0, ttl: 0 })
    ask('incr', 'a')
    now += 15_000
    expect(ask('read', 'a')).toEqual({ current: 1, ttl: 45_000 })
    expect(ask('read', 'a')).toEqual({ current: 1, ttl: 45_000 })
    for (let times = 0; times < 5; times++) ask('incr', 'a')
    expect(ask('read', 'a')).toEqual({ current: 3, ttl: 45_000 })
  })

  it('has windows of its own for each counter', () => {
    ask('incr', 'a')
    expect(ask('incr', 'a', store.child())).toMatchObject({ current: 1 })
  })

  it('counts by the minute and by nothing else', () => {
    let refused: Error | null = null
    store.incr('a', (error) => (refused = error), 1000, MAX)
    expect(refused).toBeInstanceOf(RangeError)
  })
})
