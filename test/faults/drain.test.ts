import { describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { openWorld } from '../helpers/world.ts'
import { Client } from './client.ts'
import { answers, FaultyUpstream, imageAnswer } from './faulty-upstream.ts'
import { openSpoolFiles, order } from './world.ts'
import type { GatewayProcess } from '../helpers/gateways/gateway-process.ts'
import type { Act } from './faulty-upstream.ts'

interface Running {
  readonly upstream: FaultyUpstream
  readonly client: Client
  readonly gateway: GatewayProcess
  readonly dataDir: string
}

/** A test with a gateway process of its own, which is gone afterwards whatever happened. */
async function withProcess(
  body: (running: Running) => Promise<void>,
  act: Act = answers(),
  environment?: Record<string, string>,
): Promise<void> {
  const upstream = new FaultyUpstream(act)
  await upstream.listen()
  const world = openWorld(upstream)
  try {
    const gateway = await world.spawn(environment)
    const client = new Client(gateway.url)
    await body({ upstream, client, gateway, dataDir: world.directory })
    client.close()
  } finally {
    await world.close()
  }
}

/** An order whose client has left, and which is still under way. */
async function orphan({ client, upstream, gateway }: Running): Promise<void> {
  upstream.before.close()
  const sent = client.send(order())
  await eventually('the order arrives upstream', () => upstream.arrivals === 1)
  sent.leave()
  await eventually('the gateway notices', async () => expect(await gateway.metric('comet_orphans')).toBe(1))
}

/** Tells it to stop, and comes back when it takes nothing new any more. */
async function stop({ gateway }: Running, signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<void> {
  gateway.signal(signal)
  await eventually('it is stopping', () => expect(gateway.output()).toContain('stopping: no new requests'))
}

// Less than its connections and its orphans would hold it up for.
describe.concurrent('a gateway that is told to stop', { timeout: 70_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s finishes orphans before it ends with code 0', async (signal) => {
    await withProcess(async (running) => {
      await orphan(running)
      await stop(running, signal)
      expect(running.gateway.hasEnded()).toBe(false)
      running.upstream.before.open()
      expect(await running.gateway.ended()).toBe(0)
      expect(running.upstream.purchases).toHaveLength(1)
      expect(running.gateway.logged('generation settled after its client had left')).toMatchObject([{ images: 1 }])
    })
  })

  it('gives what is under way to its client, and refuses what is new', async () => {
    await withProcess(async (running) => {
      running.upstream.before.close()
      const sent = running.client.send(order())
      await eventually('the order arrives upstream', () => running.upstream.arrivals === 1)
      await stop(running)
      const late = new Client(running.gateway.url)
      expect([0, 503]).toContain((await late.send(order()).got).status) // no connection, or an answer
      late.close()
      running.upstream.before.open()
      expect((await sent.got).isWhole).toBe(true)
      expect(await running.gateway.ended()).toBe(0)
      expect(running.upstream.arrivals).toBe(1)
    })
  })

  it('is not held up by open connections, kept answers or their timers', async () => {
    const large = answers((purchase) => imageAnswer(purchase, 18_000_000))
    await withProcess(async (running) => {
      await orphan(running)
      running.upstream.before.open()
      await eventually('the answer waits on disk', () => openSpoolFiles(running.dataDir, running.gateway.pid) === 1)
      const idle = await Promise.all([1, 2, 3].map(async () => running.client.send(order({ prompt: 'b' })).got))
      expect(idle.map(({ status }) => status)).toEqual([200, 200, 200])
      running.gateway.signal('SIGTERM')
      expect(await running.gateway.ended()).toBe(0)
    }, large)
  })

  it('twice ends at once, whatever is under way', async () => {
    await withProcess(async (running) => {
      await orphan(running)
      await stop(running)
      expect(running.gateway.hasEnded()).toBe(false)
      running.gateway.signal('SIGTERM')
      // The upstream never answers: had it waited, it would be there still.
      expect(await running.gateway.ended()).not.toBe(0)
    })
  })

  it('gives up after DRAIN_TIMEOUT_MS, and says so by its exit code', async () => {
    await withProcess(
      async (running) => {
        await orphan(running)
        running.gateway.signal('SIGTERM')
        expect(await running.gateway.ended()).toBe(1)
      },
      answers(),
      { DRAIN_TIMEOUT_MS: '300' },
    )
  })
})
