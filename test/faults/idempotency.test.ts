import { describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { times } from '../helpers/times.ts'
import { errorIn } from './client.ts'
import { answers, says, USAGE_MICROS } from './faulty-upstream.ts'
import { editOrder } from './forms.ts'
import { inWorld, order } from './world.ts'
import type { Got } from './client.ts'
import type { Act } from './faulty-upstream.ts'

const KEYS = { GATEWAY_KEYS: 'alice=sk-gw-alice-0123456789,bob=sk-gw-bobby-0123456789' }
const ALICE = { authorization: 'Bearer sk-gw-alice-0123456789' }
const BOB = { authorization: 'Bearer sk-gw-bobby-0123456789' }
const key = { idempotencyKey: 'order-4711' }

const isGeneration = expect.stringMatching(/^gen_/) as unknown

function expectSame(one: Got, other: Got): void {
  expect([one.status, other.status]).toEqual([200, 200])
  expect(one.isWhole && other.isWhole).toBe(true)
  expect(other.body.equals(one.body)).toBe(true)
  expect(other.headers['x-gateway-adopted']).toMatch(/^gen_/)
}

describe.concurrent('two requests with the same Idempotency-Key and body', () => {
  it('get the same picture while the first is still under way', async () => {
    await inWorld({}, async (world) => {
      world.upstream.before.close()
      const [first, second] = [world.send(order(), key), world.send(order(), key)]
      await eventually('the order arrives upstream', () => world.upstream.arrivals === 1)
      await world.adopted(1)
      world.upstream.before.open()
      const [one, other] = [await first.got, await second.got]
      expectSame(
        ...(one.headers['x-gateway-adopted'] === undefined ? ([one, other] as const) : ([other, one] as const)),
      )
      expect(world.upstream.purchases).toHaveLength(1)
      expect(await world.bookedMicros()).toBe(USAGE_MICROS)
    })
  })

  it('get the same picture when the first has been delivered, on the same connection', async () => {
    await inWorld({}, async (world) => {
      const one = await world.send(order(), key).got
      const other = await world.send(order(), key).got
      const third = await world.send(order(), { ...key, retry: 2 }).got
      expectSame(one, other)
      expectSame(one, third)
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('get the same failure where the image may exist, and nothing is bought again', async () => {
    const act: Act = ({ buy, socket }) => {
      buy()
      socket.resetAndDestroy()
    }
    await inWorld({ act }, async (world) => {
      const [one, other] = [await world.send(order(), key).got, await world.send(order(), key).got]
      for (const got of [one, other]) {
        expect([got.status, errorIn(got).code]).toEqual([502, 'upstream_failed'])
        expect(got.headers['x-should-retry']).toBe('false')
      }
      expect(world.upstream.arrivals).toBe(1)
      expect(await world.bookedMicros()).toBe(await world.highestMicros())
    })
  })

  it('are two orders where the first was refused: nothing was bought', async () => {
    const refuses = says(429, JSON.stringify({ error: { message: 'slow down', code: 'rate_limit_exceeded' } }))
    const act: Act = (arrival, upstream) => (arrival.number === 1 ? refuses : answers())(arrival, upstream)
    await inWorld({ act, environment: { UPSTREAM_RETRIES: '0' } }, async (world) => {
      expect((await world.send(order(), key).got).status).toBe(429)
      expect((await world.send(order(), key).got).status).toBe(200)
      expect(world.upstream.purchases).toHaveLength(1)
    })
  })

  it('are one order also as uploads, whose boundary differs', async () => {
    await inWorld({}, async (world) => {
      const one = await world.send(await editOrder({ boundary: 'one' }), key).got
      const other = await world.send(await editOrder({ boundary: 'another' }), key).got
      expectSame(one, other)
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it.each(['false', 'true'])('are one order also when its answer is kept no longer: 409 (DATABASE=%s)', async (on) => {
    await inWorld({ environment: { DATABASE: on, ORPHAN_TTL_MS: '200' } }, async (world) => {
      expect((await world.send(order(), key).got).status).toBe(200)
      await world.ended('completed', 1)
      await world.pass(200)
      const got = await world.send(order(), key).got
      expect([got.status, errorIn(got).code]).toEqual([409, 'answer_not_kept'])
      expect([got.headers['x-should-retry'], got.headers['x-gateway-generation']]).toEqual(['false', isGeneration])
      const changed = await world.send(order({ prompt: 'another boat' }), key).got
      expect([changed.status, errorIn(changed).code]).toEqual([422, 'idempotency_key_reused'])
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it.each(['false', 'true'])('are two orders when IDEMPOTENCY_TTL_MS is over (DATABASE=%s)', async (on) => {
    const environment = { DATABASE: on, ORPHAN_TTL_MS: '200', IDEMPOTENCY_TTL_MS: '500' }
    await inWorld({ environment }, async (world) => {
      expect((await world.send(order(), key).got).status).toBe(200)
      await world.ended('completed', 1)
      await world.pass(500)
      const other = await world.send(order(), key).got
      expect([other.status, other.headers['x-gateway-adopted']]).toEqual([200, undefined])
      expect(world.upstream.purchases).toHaveLength(2)
    })
  })

  it('are two orders where they come from two callers', async () => {
    await inWorld({ environment: KEYS }, async (world) => {
      const one = await world.send(order(), { ...key, headers: ALICE }).got
      const other = await world.send(order(), { ...key, headers: BOB }).got
      expect([one.status, other.status]).toEqual([200, 200])
      expect(other.body.equals(one.body)).toBe(false)
      expect(world.upstream.purchases).toHaveLength(2)
    })
  })
})

describe.concurrent.each(['false', 'true'])('ten requests at once with one Idempotency-Key (DATABASE=%s)', (on) => {
  it('are one order also where no answer is kept, and nine are told to come back', async () => {
    await inWorld({ environment: { DATABASE: on, ORPHAN_TTL_MS: '0' } }, async (world) => {
      world.upstream.before.close()
      const sent = times(10, () => world.send(order(), key))
      const refused: Got[] = []
      for (const { got } of sent) void got.then((one) => (one.status === 409 ? refused.push(one) : undefined))
      await eventually('nine are refused', () => refused.length === 9)
      for (const got of refused) {
        expect([errorIn(got).code, got.headers['retry-after']]).toEqual(['idempotency_in_progress', '5'])
        expect([got.headers['x-should-retry'], got.headers['x-gateway-generation']]).toEqual([undefined, isGeneration])
      }
      world.upstream.before.open()
      const all = await Promise.all(sent.map(async ({ got }) => got))
      expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
      await world.idle()
      const late = await world.send(order(), key).got
      expect([late.status, errorIn(late).code]).toEqual([409, 'answer_not_kept'])
      expect(world.upstream.arrivals).toBe(1)
      expect(await world.bookedMicros()).toBe(USAGE_MICROS)
    })
  })

  it('are one order and ten times its picture, and count once against the limits', async () => {
    const environment = { ...KEYS, DATABASE: on, RATE_LIMIT_RPM: '1' }
    await inWorld({ environment }, async (world) => {
      const all = await Promise.all(times(10, async () => world.send(order(), { ...key, headers: ALICE }).got))
      expect(all.map(({ status }) => status)).toEqual(times(10, () => 200))
      expect(new Set(all.map(({ body }) => body.toString()))).toHaveProperty('size', 1)
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('are one purchase after a refusal: the first one gives the key back', async () => {
    const refuses = says(429, JSON.stringify({ error: { message: 'slow down', code: 'rate_limit_exceeded' } }))
    const act: Act = (arrival, upstream) => (arrival.number === 1 ? refuses : answers())(arrival, upstream)
    const environment = { DATABASE: on, UPSTREAM_RETRIES: '0', ORPHAN_TTL_MS: '0' }
    await inWorld({ act, environment }, async (world) => {
      expect((await world.send(order(), key).got).status).toBe(429)
      expect((await world.send(order(), key).got).status).toBe(200)
      expect(world.upstream.purchases).toHaveLength(1)
    })
  })
})

describe.concurrent('an Idempotency-Key', () => {
  it('that was used for another request is a 422, and nothing is bought', async () => {
    await inWorld({}, async (world) => {
      expect((await world.send(order(), key).got).status).toBe(200)
      for (const other of [order({ prompt: 'another boat' }), order({ size: '1536x1024' }), await editOrder()]) {
        const got = await world.send(other, key).got
        expect([got.status, errorIn(got).code]).toEqual([422, 'idempotency_key_reused'])
      }
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it.each([
    ['with a space', 'two words'],
    ['of 300 characters', 'x'.repeat(300)],
    ['with a character that is not ASCII', 'sch\u00f6n'],
  ])('%s is a 400, and nothing is bought', async (_name, idempotencyKey) => {
    await inWorld({}, async (world) => {
      const got = await world.send(order(), { idempotencyKey }).got
      expect([got.status, errorIn(got).code]).toEqual([400, 'invalid_header'])
      expect(world.upstream.arrivals).toBe(0)
    })
  })

  it('makes equal requests with another key, or without one, new orders', async () => {
    await inWorld({}, async (world) => {
      const options = [key, { idempotencyKey: 'order-4712' }, {}]
      for (const one of options) expect((await world.send(order(), one).got).status).toBe(200)
      expect(world.upstream.purchases).toHaveLength(3)
    })
  })
})
