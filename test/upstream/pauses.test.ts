import { beforeEach, describe, expect, it } from 'vitest'
import { UpstreamPauses } from '../../src/upstream/pauses.ts'
import { ManualClock } from '../helpers/time/manual-clock.ts'

let clock: ManualClock
let pauses: UpstreamPauses
beforeEach(() => {
  clock = new ManualClock()
  pauses = new UpstreamPauses(() => clock.now())
})

/** Seconds to wait, or 0 where the order may go. */
function waits(model = 'gpt-image-2'): number {
  try {
    pauses.pass(model)
    return 0
  } catch (error) {
    return (error as { details: { retryAfterSeconds: number } }).details.retryAfterSeconds
  }
}

describe('a pause that the upstream asked for', () => {
  it('refuses orders for its model, with the time that is left, and no others', async () => {
    pauses.begin('gpt-image-2', 30)
    expect([waits(), waits('dall-e-3')]).toEqual([30, 0])
    await clock.advance(12_300)
    expect(waits()).toBe(18)
  })

  it('lets one order go first when it is over, and the others when that was not refused', async () => {
    pauses.begin('gpt-image-2', 30)
    await clock.advance(30_000)
    expect([waits(), waits(), waits()]).toEqual([0, 2, 2])
    await clock.advance(2000)
    expect(waits()).toBe(0)
  })

  it('begins anew where the first order is refused again', async () => {
    pauses.begin('gpt-image-2', 5)
    await clock.advance(5000)
    expect(waits()).toBe(0)
    pauses.begin('gpt-image-2', 10)
    expect(waits()).toBe(10)
  })

  it('is over at once when the upstream takes an order', () => {
    pauses.begin('gpt-image-2', 30)
    pauses.end('gpt-image-2')
    expect([waits(), waits(), waits()]).toEqual([0, 0, 0])
  })
})
