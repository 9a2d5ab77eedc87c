import { describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { Client } from './client.ts'
import { turns } from '../helpers/time/turns.ts'
import { answers, hangs, largeAnswer, PART } from './faulty-upstream.ts'
import { inWorld, order } from './world.ts'
import type { Act } from './faulty-upstream.ts'

describe.concurrent('the retry of one of two equal orders', () => {
  it.each(['has closed its connection', 'keeps its connection'])(
    'gets its own picture, not the newer one of its twin that %s',
    async (what) => {
      await inWorld({}, async (world) => {
        world.upstream.before.close()
        await world.sendAndLeave()
        world.upstream.before.open()
        await world.idle()
        const twin = new Client(world.gateway.url)
        const twins = await twin.send(order(), { headers: { 'x-gateway-adopt': 'never' } }).got
        if (what === 'has closed its connection') await world.closes(twin)
        const retry = await world.send(order(), { retry: 1 }).got
        twin.close()
        expect(world.upstream.purchases).toHaveLength(2)
        expect(retry.body.equals(twins.body)).toBe(false)
        expect(retry.body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
      })
    },
  )

  it('gets its own picture, not the newer failure of its twin', async () => {
    const breaks: Act = async ({ buy, response }) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      await new Promise((resolve) => response.write(buy(largeAnswer).subarray(0, PART), resolve))
      await turns() // the bytes that were sent arrive before the connection breaks
      response.destroy()
    }
    const act: Act = (arrival, upstream) => (arrival.number === 1 ? answers() : breaks)(arrival, upstream)
    await inWorld({ act }, async (world) => {
      const client = new Client(world.gateway.url)
      expect((await client.send(order()).got).isWhole).toBe(true)
      await world.closes(client)
      expect((await world.send(order()).got).isWhole).toBe(false)
      await world.idle()
      const retry = await world.send(order(), { retry: 1 }).got
      expect([retry.status, world.upstream.arrivals]).toEqual([200, 2])
      expect(retry.body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
    })
  })

  it('gets its own picture, not a share in the one that its twin still waits for', async () => {
    const slowly: Act = (arrival, upstream) => (arrival.number === 1 ? answers()(arrival, upstream) : undefined)
    await inWorld({ act: slowly }, async (world) => {
      const client = new Client(world.gateway.url)
      expect((await client.send(order()).got).isWhole).toBe(true)
      const twin = world.send(order())
      await eventually('the twin is under way', () => world.upstream.arrivals === 2)
      await world.closes(client)
      const retry = await world.send(order(), { retry: 1 }).got
      expect(retry.status).toBe(200)
      expect(retry.body.equals(world.upstream.purchases[0] ?? Buffer.alloc(0))).toBe(true)
      await hangs(world.upstream)
      expect((await twin.got).status).toBe(504)
    })
  })
})
