import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isDoneWithin } from '../../src/errors/time-limit.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('work with a time limit', () => {
  it('is done where it ends in time, and leaves no timer behind', async () => {
    expect(await isDoneWithin(1000, Promise.resolve('whatever'))).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is not done where the time is over first', async () => {
    const answer = isDoneWithin(1000, new Promise(() => {}))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await answer).toBe(false)
  })

  it('fails as it fails, and leaves no timer behind', async () => {
    await expect(isDoneWithin(1000, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('that fails when nobody waits any more is no unhandled rejection', async () => {
    const { promise, reject } = Promise.withResolvers<void>()
    const answer = isDoneWithin(1000, promise)
    await vi.advanceTimersByTimeAsync(1000)
    expect(await answer).toBe(false)
    reject(new Error('too late'))
    await Promise.resolve()
  })
})
