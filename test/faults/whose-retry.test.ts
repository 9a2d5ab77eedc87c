import { describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { ManualClock } from '../helpers/time/manual-clock.ts'
import { Client, errorIn } from './client.ts'
import { answers, imageAnswer, USAGE_MICROS } from './faulty-upstream.ts'
import { inWorld, order } from './world.ts'
import type { SendOptions } from './client.ts'
import type { FaultWorld } from './world.ts'

const KEYS = { GATEWAY_KEYS: 'alice=sk-gw-alice-0123456789,bob=sk-gw-bobby-0123456789' }
const ALICE = { authorization: 'Bearer sk-gw-alice-0123456789' }
/** Longer than a retry waits for its predecessor to leave. */
const LEAVING_MS = 300
const BOB = { authorization: 'Bearer sk-gw-bobby-0123456789' }

/** A client has left, and its answer waits. */
async function leftBehind(world: FaultWorld, options: SendOptions = {}): Promise<void> {
  world.upstream.before.close()
  await world.sendAndLeave(order(), options)
  world.upstream.before.open()
  await world.idle()
}

/** A retry comes for the orphan under way, and leaves too. */
async function adoptAndLeave(world: FaultWorld, options: SendOptions): Promise<void> {
  const sent = world.send(order(), options)
  await eventually('it is adopted', async () => (await world.gauges()).orphans === 0)
  sent.leave()
  await eventually('it is left again', async () => (await world.gauges()).orphans === 1)
}

async function expectNew(world: FaultWorld, options: SendOptions, payload = order()): Promise<void> {
  const { arrivals } = world.upstream
  const got = await world.send(payload, options).got
  expect(got.status).toBe(200)
  expect(got.headers['x-gateway-adopted']).toBeUndefined()
  expect(world.upstream.arrivals).toBe(arrivals + 1)
}

describe.concurrent('an answer that waits for its client', () => {
  it('is never given to another caller, whatever it says about itself', async () => {
    await inWorld({ environment: KEYS }, async (world) => {
      await leftBehind(world, { headers: ALICE, idempotencyKey: 'k' })
      await expectNew(world, { headers: BOB, retry: 1 })
      await expectNew(world, { headers: BOB, idempotencyKey: 'k', retry: 1 })
      expect((await world.send(order(), { headers: ALICE, retry: 1 }).got).headers['x-gateway-adopted']).toMatch(
        /^gen_/,
      )
      expect(await world.bookedMicros('alice')).toBe(USAGE_MICROS)
      expect(await world.bookedMicros('bob')).toBe(2 * USAGE_MICROS)
    })
  })

  it('is given to an equal request without marks, since nobody got it; unless that declines, and once', async () => {
    await inWorld({}, async (world) => {
      await leftBehind(world)
      await expectNew(world, { headers: { 'x-gateway-adopt': 'never' } })
      await expectNew(world, { headers: { 'x-gateway-adopt': 'never' }, retry: 1 })
      const { arrivals } = world.upstream
      const got = await world.send(order()).got
      expect([got.headers['x-gateway-adopted'], world.upstream.arrivals]).toEqual([
        expect.stringMatching(/^gen_/),
        arrivals,
      ])
      expect(got.body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
      await expectNew(world, {})
    })
  })

  it('that a client has got is not given to an equal request: people ask twice to get two pictures', async () => {
    await inWorld({}, async (world) => {
      expect((await world.send(order()).got).isWhole).toBe(true)
      await expectNew(world, {})
      await expectNew(world, { retry: 0 })
      for (const count of ['-1', '1.5', 'one', ''])
        await expectNew(world, { headers: { 'x-stainless-retry-count': count } })
    })
  })

  it('is not given to a retry of something else', async () => {
    await inWorld({}, async (world) => {
      await leftBehind(world)
      await expectNew(world, { retry: 1 }, order({ prompt: 'another boat' }))
      await expectNew(world, { retry: 1, headers: { 'x-gateway-parameter-policy': 'drop' } })
      const spaced = { ...order(), body: `${String(order().body)} ` }
      await expectNew(world, { retry: 1 }, spaced) // other bytes
    })
  })

  it('is given to one retry only; the next one with the same count is a new order', async () => {
    await inWorld({}, async (world) => {
      await leftBehind(world)
      const client = new Client(world.gateway.url)
      expect((await client.send(order(), { retry: 1 }).got).headers['x-gateway-adopted']).toMatch(/^gen_/)
      expect((await client.send(order(), { retry: 0 }).got).headers['x-gateway-adopted']).toBeUndefined()
      client.close()
      expect(world.upstream.purchases).toHaveLength(2)
    })
  })

  it('costs its retry no rate limit', async () => {
    await inWorld({ environment: { ...KEYS, RATE_LIMIT_RPM: '2' } }, async (world) => {
      world.upstream.before.close()
      await world.sendAndLeave(order(), { headers: ALICE })
      for (let retry = 1; retry <= 4; retry++) await adoptAndLeave(world, { headers: ALICE, retry })
      world.upstream.before.open()
      const last = await world.send(order(), { headers: ALICE, retry: 5 }).got
      expect(last.headers['x-gateway-adopted']).toMatch(/^gen_/)
      expect((await world.send(order({ prompt: 'b' }), { headers: ALICE }).got).status).toBe(200)
      const third = await world.send(order({ prompt: 'c' }), { headers: ALICE }).got
      expect([third.status, errorIn(third).code]).toEqual([429, 'rate_limit_exceeded'])
      expect(await world.sum('comet_adoptions_total')).toBe(5)
    })
  })
})

describe.concurrent('a retry', () => {
  it('that leaves too is followed by the next one: one purchase', async () => {
    await inWorld({}, async (world) => {
      world.upstream.before.close()
      await world.sendAndLeave()
      for (const retry of [1, 2]) await adoptAndLeave(world, { retry })
      world.upstream.before.open()
      const got = await world.send(order(), { retry: 3 }).got
      expect(got.body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('gets the answer while the connections of all its predecessors look open', async () => {
    await inWorld({}, async (world) => {
      world.upstream.before.close()
      const sent = [world.send(order(), { retry: 0 })]
      await eventually('the order arrives upstream', () => world.upstream.arrivals === 1)
      for (const retry of [1, 2]) {
        sent.push(world.send(order(), { retry }))
        await world.adopted(retry)
      }
      world.upstream.before.open()
      for (const { got } of sent)
        expect((await got).body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('gets the answer also when that comes while the gateway waits for the first connection to close', async () => {
    await inWorld({ clock: new ManualClock() }, async (world) => {
      world.upstream.before.close()
      const first = world.send()
      await eventually('the order arrives upstream', () => world.upstream.arrivals === 1)
      const retry = world.send(order(), { retry: 1 })
      await eventually('the retry waits', () => world.upstream.clock.timers === 2)
      world.upstream.before.open()
      const one = await first.got
      await world.pass(LEAVING_MS)
      expect((await retry.got).body.equals(one.body)).toBe(true)
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('gets an answer again whose connection was closed right after its last byte', async () => {
    await inWorld({}, async (world) => {
      const client = new Client(world.gateway.url)
      const one = await client.send(order()).got
      await world.closes(client)
      const other = await world.send(order(), { retry: 1 }).got
      expect(other.headers['x-gateway-adopted']).toMatch(/^gen_/)
      expect(other.body.equals(one.body)).toBe(true)
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('gets a failure again that may not have been read', async () => {
    await inWorld({ act: ({ socket }) => void socket.resetAndDestroy() }, async (world) => {
      const client = new Client(world.gateway.url)
      expect((await client.send(order()).got).status).toBe(502)
      await world.closes(client)
      const other = await world.send(order(), { retry: 1 }).got
      expect([other.status, other.headers['x-should-retry']]).toEqual([502, 'false'])
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('that leaves while it waits for its predecessor to leave does not keep the answer for ever', async () => {
    const act = answers((purchase) => imageAnswer(purchase, 18_000_000))
    await inWorld({ act, clock: new ManualClock() }, async (world) => {
      world.upstream.before.close()
      const first = world.send()
      await eventually('the order arrives upstream', () => world.upstream.arrivals === 1)
      const retry = world.send(undefined, { retry: 1 })
      await eventually('the retry waits', () => world.upstream.clock.timers === 2)
      retry.leave()
      await world.ended('client_left', 1)
      await world.pass(LEAVING_MS)
      first.leave()
      await eventually('the gateway notices that nobody is left', async () => (await world.gauges()).orphans === 1)
      world.upstream.before.open()
      await world.idle() // and at the end no spool file is left
    })
  })
})
