import { describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { Client, errorIn } from './client.ts'
import { answers, imageAnswer, largeAnswer, says, USAGE_MICROS } from './faulty-upstream.ts'
import { inWorld, openSpoolFiles, order } from './world.ts'
import type { Act } from './faulty-upstream.ts'
import type { FaultWorld } from './world.ts'

const MEGABYTES = 1_000_000
const numbered = (index: number) => order({ prompt: `boat ${index}` })

/** Orphans of so many bytes each, one after the other; their answers are there. */
async function leaveBehind(world: FaultWorld, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    world.upstream.before.close()
    await world.sendAndLeave(numbered(index))
    world.upstream.before.open()
    await world.idle()
  }
}

describe('an answer that nobody has taken', () => {
  it('is there until ORPHAN_TTL_MS is over; what comes then is a new order', async () => {
    await inWorld({ environment: { ORPHAN_TTL_MS: '500' } }, async (world) => {
      await leaveBehind(world, 2)
      expect((await world.send(numbered(0), { retry: 1 }).got).headers['x-gateway-adopted']).toMatch(/^gen_/)
      await world.pass(500)
      const late = await world.send(numbered(1), { retry: 1 }).got
      expect(late.status).toBe(200)
      expect(late.headers['x-gateway-adopted']).toBeUndefined()
      expect(world.upstream.purchases).toHaveLength(3)
    })
  })

  it('is not kept where ORPHAN_TTL_MS is 0; it is booked all the same', async () => {
    await inWorld({ environment: { ORPHAN_TTL_MS: '0' }, act: answers(largeAnswer) }, async (world) => {
      await leaveBehind(world, 1)
      expect(await world.bookedMicros()).toBe(USAGE_MICROS)
      expect(openSpoolFiles(world.dataDir)).toBe(0)
    })
  })

  it('gives way to newer ones when ORPHAN_SPOOL_BYTES is used up, oldest first, and that is said', async () => {
    const act = answers((purchase) => imageAnswer(purchase, 12 * MEGABYTES))
    const environment = { ORPHAN_SPOOL_BYTES: String(15 * MEGABYTES), UPSTREAM_TIMEOUT_MS: '20000' }
    await inWorld({ act, environment }, async (world) => {
      await leaveBehind(world, 3) // 36 MB: 16 in memory and 15 on disk are kept at most
      const retries = []
      for (let index = 0; index < 3; index++) retries.push(await world.send(numbered(index), { retry: 1 }).got)
      const statuses = retries.map(({ status }) => status)
      expect(statuses[0]).toBe(409)
      expect(statuses.at(-1)).toBe(200)
      expect(statuses).toEqual(statuses.toSorted((a, b) => b - a)) // the oldest ones are lost, none in between
      expect(world.upstream.arrivals).toBe(3)
      for (const [index, got] of retries.entries()) {
        if (got.status === 200) {
          expect(got.body.equals(world.upstream.purchases[index] ?? Buffer.alloc(0))).toBe(true)
          continue
        }
        expect(errorIn(got).code).toBe('answer_not_kept')
        expect(got.headers['x-should-retry']).toBe('false')
        expect(got.headers['x-gateway-generation']).toMatch(/^gen_/)
        expect(errorIn(got).message).toContain(String(got.headers['x-gateway-generation']))
      }
      expect(await world.bookedMicros()).toBe(3 * USAGE_MICROS)
    })
  })

  it('half delivered and too large to keep is a 409, not a second purchase; asked for again, it is bought', async () => {
    const act = answers((purchase) => imageAnswer(purchase, 18 * MEGABYTES))
    await inWorld({ act, environment: { ORPHAN_SPOOL_BYTES: '1000000' } }, async (world) => {
      const first = world.send()
      await first.someBytes
      first.leave()
      await world.idle()
      const retry = await world.send(order(), { retry: 1 }).got
      expect([retry.status, errorIn(retry).code]).toEqual([409, 'answer_not_kept'])
      expect(retry.headers['x-should-retry']).toBe('false')
      expect(world.upstream.arrivals).toBe(1)
      const again = await world.send().got
      expect(again.status).toBe(200)
      expect(again.body.equals(world.upstream.purchases[1] ?? Buffer.alloc(0))).toBe(true)
      expect(await world.bookedMicros()).toBe(2 * USAGE_MICROS)
    })
  })

  it('waits on disk when it is large, in a file without a name, for its owner only', async () => {
    const act = answers((purchase) => imageAnswer(purchase, 18 * MEGABYTES))
    await inWorld({ act }, async (world) => {
      await leaveBehind(world, 1)
      await eventually('the answer goes to disk', () => openSpoolFiles(world.dataDir) === 1)
      const got = await world.send(numbered(0), { retry: 1 }).got
      expect(got.body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
    })
  })
})

describe('an answer that was given out', () => {
  it('and may not have been read is there for a retry, also when much has been given out since', async () => {
    const act = answers((purchase) => imageAnswer(purchase, 12 * MEGABYTES))
    await inWorld({ act }, async (world) => {
      for (let index = 0; index < 4; index++) {
        const client = new Client(world.gateway.url)
        expect((await client.send(numbered(index)).got).isWhole).toBe(true)
        await world.closes(client)
      }
      const got = await world.send(numbered(0), { retry: 1 }).got
      expect(got.body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
      expect(world.upstream.arrivals).toBe(4)
    })
  })

  it('takes no room any more when it has been read, although its connection stays open', async () => {
    const act = answers((purchase) => imageAnswer(purchase, 18 * MEGABYTES))
    await inWorld({ act, environment: { ORPHAN_TTL_MS: '60000' } }, async (world) => {
      expect((await world.send().got).isWhole).toBe(true)
      await world.ended('completed', 1)
      await world.pass(3000)
      await eventually('the answer is given up', () => openSpoolFiles(world.dataDir) === 0)
    })
  })
})

it('that an answer is not kept is said to every retry: the one before may not have read it', async () => {
  const act = answers((purchase) => imageAnswer(purchase, 18 * MEGABYTES))
  await inWorld({ act, environment: { ORPHAN_SPOOL_BYTES: '1000000' } }, async (world) => {
    const first = world.send()
    await first.someBytes
    first.leave()
    await world.idle()
    for (const retry of [1, 2]) {
      const got = await world.send(order(), { retry }).got
      expect([retry, got.status, errorIn(got).code]).toEqual([retry, 409, 'answer_not_kept'])
    }
    expect(world.upstream.arrivals).toBe(1)
  })
})

it('an order that is placed again after that 409 has its own retries', async () => {
  const large = answers((purchase) => imageAnswer(purchase, 18 * MEGABYTES))
  const refuses = says(429, JSON.stringify({ error: { message: 'slow down', code: 'rate_limit_exceeded' } }))
  const act: Act = (arrival, upstream) => (arrival.number === 2 ? refuses : large)(arrival, upstream)
  await inWorld({ act, environment: { ORPHAN_SPOOL_BYTES: '1000000', UPSTREAM_RETRIES: '0' } }, async (world) => {
    const first = world.send()
    await first.someBytes
    first.leave()
    await world.idle()
    expect((await world.send(order(), { retry: 1 }).got).status).toBe(409)
    expect((await world.send(order()).got).status).toBe(429)
    expect((await world.send(order(), { retry: 1 }).got).status).toBe(200)
    expect(world.upstream.purchases).toHaveLength(2)
  })
})
