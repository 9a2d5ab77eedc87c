import { describe, expect, it } from 'vitest'
import { completed, partial } from '../gateway/answers/recorded-streams.ts'
import { eventually } from '../helpers/eventually.ts'
import { turns } from '../helpers/time/turns.ts'
import { errorIn } from './client.ts'
import { pictureOf } from './faulty-upstream.ts'
import { inWorld, order } from './world.ts'
import type { Got } from './client.ts'
import type { Act, Arrival } from './faulty-upstream.ts'

const STREAM = order({ stream: true, partial_images: 2 })
/** 10 text and 40 image tokens in, 50 out: what the recorded stream reports. */
const STREAM_MICROS = 10 * 5 + 40 * 8 + 50 * 30

/** The events of one purchase; the last one has the usage. */
function eventsOf(purchase: number, bytes: number): string[] {
  const image = (part: number): string => pictureOf(purchase * 10 + part, bytes)
  return [partial(0, image(0)), partial(1, image(1)), completed(image(2))]
}

/** Sends an event, waits at the second gate, and goes on. */
function streams(goesOn: (arrival: Arrival, rest: string) => void, bytes = 2000): Act {
  return async (arrival, { before, middle, purchases }) => {
    const events = eventsOf(purchases.length + 1, bytes)
    arrival.buy(() => Buffer.from(events.join('')))
    await before.passed()
    arrival.response.writeHead(200, { 'content-type': 'text/event-stream' })
    arrival.response.write(events[0])
    await middle.passed()
    goesOn(arrival, events.slice(1).join(''))
  }
}

const completes = ({ response }: Arrival, rest: string): void => void response.end(rest)
const resets = ({ socket }: Arrival): void => void turns().then(() => socket.resetAndDestroy())

/** A stream as its client has it, without heartbeat comments. */
const eventsIn = ({ body }: Got): string => body.toString().replaceAll(': keep-alive\n\n', '')

describe.concurrent('a stream whose client leaves', () => {
  it.each([
    ['small', 2000],
    ['large', 400_000],
  ])(
    'after its first event is given to the retry from its first event on, while it runs (%s)',
    async (_name, bytes) => {
      await inWorld({ act: streams(completes, bytes) }, async (world) => {
        world.upstream.middle.close()
        const first = world.send(STREAM)
        await first.someBytes
        first.leave()
        await eventually('the gateway notices', async () => (await world.gauges()).orphans === 1)
        const retry = world.send(STREAM, { retry: 1 })
        await retry.someBytes // its first event comes before the rest is there
        world.upstream.middle.open()
        const got = await retry.got
        expect(got.headers['x-gateway-adopted']).toMatch(/^gen_/)
        expect(got.headers['content-type']).toContain('text/event-stream')
        expect(eventsIn(got)).toBe(String(world.upstream.purchases[0]))
        expect(world.upstream.arrivals).toBe(1)
        expect(await world.bookedMicros()).toBe(STREAM_MICROS)
      })
    },
  )

  it('is given to the retry when it is over', async () => {
    await inWorld({ act: streams(completes) }, async (world) => {
      world.upstream.before.close()
      await world.sendAndLeave(STREAM)
      world.upstream.before.open()
      await world.idle()
      const got = await world.send(STREAM, { retry: 1 }).got
      expect(eventsIn(got)).toBe(String(world.upstream.purchases[0]))
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('is given to two retries, one after the other and both at once', async () => {
    await inWorld({ act: streams(completes) }, async (world) => {
      world.upstream.middle.close()
      await world.sendAndLeave(STREAM)
      const second = world.send(STREAM, { retry: 1 })
      await second.someBytes
      second.leave()
      await eventually('the gateway notices', async () => (await world.gauges()).orphans === 1)
      const third = world.send(STREAM, { retry: 2 })
      await third.someBytes
      world.upstream.middle.open()
      expect(eventsIn(await third.got)).toBe(String(world.upstream.purchases[0]))
      expect(world.upstream.arrivals).toBe(1)
    })
  })

  it('is still an error where it broke off, and is not bought again', async () => {
    await inWorld({ act: streams(resets) }, async (world) => {
      world.upstream.middle.close()
      await world.sendAndLeave(STREAM)
      world.upstream.middle.open()
      await world.idle()
      const got = await world.send(STREAM, { retry: 1 }).got
      const said = got.status === 200 ? eventsIn(got) : String(errorIn(got).code)
      expect(said).toContain('upstream_failed')
      expect(said).not.toContain('image_generation.completed')
      expect(world.upstream.arrivals).toBe(1)
      expect(await world.bookedMicros()).toBe(await world.highestMicros(STREAM))
    })
  })

  it('does not hold its upstream up, nor the one that reads slowly', async () => {
    await inWorld({ act: streams(completes, 3_000_000) }, async (world) => {
      world.upstream.middle.close()
      await world.sendAndLeave(STREAM)
      world.upstream.middle.open()
      await world.idle()
      expect(await world.bookedMicros()).toBe(STREAM_MICROS)
      const got = await world.send(STREAM, { retry: 1 }).got
      expect(eventsIn(got)).toBe(String(world.upstream.purchases[0]))
    })
  })
})

it('a stream and a plain request for the same picture are two orders', async () => {
  await inWorld({ act: streams(completes) }, async (world) => {
    world.upstream.before.close()
    await world.sendAndLeave(STREAM)
    const plain = world.send(order({ partial_images: 0 }), { retry: 1 })
    await eventually('it is another order', () => world.upstream.arrivals === 2)
    world.upstream.before.open()
    await plain.got
    await world.idle()
    expect(world.upstream.arrivals).toBe(2)
  })
})
