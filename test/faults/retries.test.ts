import { describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { ManualClock } from '../helpers/time/manual-clock.ts'
import { turns } from '../helpers/time/turns.ts'
import { errorIn } from './client.ts'
import { answers, JSON_TYPE, says, USAGE_MICROS } from './faulty-upstream.ts'
import { editOrder } from './forms.ts'
import { inWorld, order } from './world.ts'
import type { Act } from './faulty-upstream.ts'

const RATE = JSON.stringify({ error: { message: 'slow down', code: 'rate_limit_exceeded' } })
const BUSY = JSON.stringify({ error: { message: 'no capacity', code: 'server_is_overloaded' } })

/** Fails in one way after the other, then answers. */
function inTurn(...failures: readonly Act[]): Act {
  return (arrival, upstream) => (failures[arrival.number - 1] ?? answers())(arrival, upstream)
}

describe.concurrent('what cannot have been done', () => {
  it.each([
    ['a rate limit', [says(429, RATE), says(429, RATE)]],
    ['an overload', [says(503, BUSY), says(503, BUSY)]],
  ])('because of %s is sent again, twice at most by default, and bought once', async (_name, failures) => {
    await inWorld({ act: inTurn(...failures) }, async (world) => {
      const got = await world.send().got
      expect(got.status).toBe(200)
      expect(got.body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
      expect(world.upstream.arrivals).toBe(3)
      expect(world.upstream.purchases).toHaveLength(1)
      expect(await world.sum('comet_upstream_retries_total')).toBe(2)
      expect(await world.sum('comet_ambiguous_failures_total')).toBe(0)
      expect(await world.bookedMicros()).toBe(USAGE_MICROS)
      await world.ended('completed', 1)
      const line = world.gateway.lines.find((text) => text.includes(String(got.headers['x-request-id'])))
      expect(JSON.parse(line ?? '{}')).toMatchObject({ retries: 2 })
    })
  })

  it('because nobody listens is sent when somebody does', async () => {
    await inWorld({ isDown: true, environment: { UPSTREAM_RETRIES: '10' } }, async (world) => {
      const sent = world.send()
      await eventually(
        'the gateway has tried in vain',
        async () => (await world.sum('comet_upstream_retries_total')) > 0,
      )
      await world.upstream.listen(world.upstream.port)
      expect((await sent.got).status).toBe(200)
      expect(world.upstream.purchases).toHaveLength(1)
      expect(await world.sum('comet_upstream_retries_total')).toBeGreaterThanOrEqual(1)
    })
  })

  it('goes to the client after two retries, which may try again by itself', async () => {
    await inWorld({ act: says(429, RATE) }, async (world) => {
      const got = await world.send().got
      expect([got.status, errorIn(got).code]).toEqual([429, 'rate_limit_exceeded'])
      expect(got.headers['x-should-retry']).toBeUndefined()
      expect(world.upstream.arrivals).toBe(3)
    })
  })

  it('is sent once where UPSTREAM_RETRIES is 0', async () => {
    await inWorld({ act: says(503, BUSY), environment: { UPSTREAM_RETRIES: '0' } }, async (world) => {
      expect((await world.send().got).status).toBe(503)
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('waits as long as the upstream asks', async () => {
    const busy = says(503, BUSY, { ...JSON_TYPE, 'retry-after': '1' })
    await inWorld({ act: inTurn(busy), clock: new ManualClock() }, async (world) => {
      const sent = world.send()
      await eventually('it is to be sent again', async () => (await world.sum('comet_upstream_retries_total')) === 1)
      await world.pass(999)
      await turns()
      expect(world.upstream.arrivals).toBe(1)
      await world.pass(1)
      expect((await sent.got).status).toBe(200)
      expect(world.upstream.arrivals).toBe(2)
    })
  })

  it('is not sent again for a client that has left meanwhile', async () => {
    const act = says(429, RATE, { ...JSON_TYPE, 'retry-after': '1' })
    await inWorld({ act, clock: new ManualClock() }, async (world) => {
      const sent = world.send()
      await eventually('it is to be sent again', async () => (await world.sum('comet_upstream_retries_total')) === 1)
      sent.leave()
      await world.idle()
      await world.pass(1000)
      await turns()
      expect(world.upstream.arrivals).toBe(1)
      expect(await world.bookedMicros()).toBe(0)
    })
  })

  it('is sent again byte for byte where it is an upload that waits on disk', async () => {
    const bodies: Buffer[] = []
    const act: Act = (arrival, upstream) => {
      bodies.push(arrival.body)
      return inTurn(says(429, RATE))(arrival, upstream)
    }
    await inWorld({ act }, async (world) => {
      const upload = await editOrder({ imageBytes: 1_000_000 })
      expect((await world.send(upload).got).status).toBe(200)
      expect(bodies).toHaveLength(2)
      for (const body of bodies) expect(body.equals(upload.body as Buffer)).toBe(true)
    })
  })
})

it('what may have been done is never sent again, however often that would be allowed', async () => {
  const act: Act = ({ buy, socket }) => {
    buy()
    socket.resetAndDestroy()
  }
  await inWorld({ act, environment: { UPSTREAM_RETRIES: '10' } }, async (world) => {
    const orders = Array.from({ length: 10 }, (_, index) => world.send(order({ prompt: `boat ${index}` })).got)
    for (const got of await Promise.all(orders)) {
      expect(errorIn(got).code).toBe('upstream_failed')
      expect(got.headers['x-should-retry']).toBe('false')
    }
    expect(world.upstream.arrivals).toBe(10)
    expect(await world.sum('comet_ambiguous_failures_total')).toBe(10)
    expect(await world.sum('comet_upstream_retries_total')).toBe(0)
  })
})
