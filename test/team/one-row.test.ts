import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { Gate } from '../helpers/time/gate.ts'
import { times } from '../helpers/times.ts'
import { counting, leave, say } from './behaviours.ts'
import { DALLE_MICROS, openTeam } from './world.ts'
import type { TestGateway } from '../helpers/gateway.ts'
import type { Holder, TeamWorld } from './world.ts'

const gate = new Gate()
let world: TeamWorld
let alice: Holder
let gateway: TestGateway

beforeEach(async () => {
  world = await openTeam(counting(() => world, gate))
  alice = await world.issue({ name: 'alice', budget: { limitMicros: 1e9, period: 'month' } })
  gateway = await world.start({ UPSTREAM_RETRIES: '1' })
})
afterEach(async () => {
  gate.open()
  await world.close()
})

const order = async (body: object, headers: Record<string, string> = {}): Promise<number> => {
  const answer = await gateway.post(body, { ...alice.headers, ...headers })
  await answer.arrayBuffer().catch(() => {})
  return answer.status
}

/** Sends while the file is locked, so that no request is ahead of another: each waits for its hold. */
async function atOnce<T>(requests: readonly (() => Promise<T>)[]): Promise<T[]> {
  const shell = new DatabaseSync(join(world.directory, 'gateway.db'))
  shell.exec('BEGIN IMMEDIATE')
  let arrived = 0
  gateway.app.server.server.on('request', () => arrived++)
  const answers = Promise.all(requests.map(async (send) => send()))
  await eventually('all have arrived', () => expect(arrived).toBe(requests.length))
  await gateway.get('/healthz') // after them
  shell.exec('COMMIT')
  shell.close()
  return answers
}

describe('one row a generation', () => {
  it('is written where a client left and its retry adopted what was under way', async () => {
    gate.close()
    await leave(gateway, say('gated'), alice.headers, world)
    const retry = order(say('gated'), { 'x-stainless-retry-count': '1' })
    await eventually('it is adopted', async () => expect(await gateway.metric('comet_orphans')).toBe(0))
    gate.open()
    expect(await retry).toBe(200)
    expect(await world.rows()).toMatchObject([
      { outcome: 'completed', costMicros: DALLE_MICROS, upstreamRequestId: 'up-1' },
    ])
    expect(world.upstream.received).toHaveLength(1)
    expect(await gateway.metric('comet_adoptions_total')).toBe(1)
  })

  it('is written for an idempotency key, however often it comes, at once and later', async () => {
    const headers = { 'idempotency-key': 'one-order' }
    const codes = await atOnce(times(20, () => async () => order(say('fine-dalle'), headers)))
    expect(codes).toEqual(times(20, () => 200))
    expect(await order(say('fine-dalle'), headers)).toBe(200)
    await world.idle()
    expect(world.upstream.received).toHaveLength(1)
    expect(await world.rows()).toMatchObject([{ outcome: 'completed', costMicros: DALLE_MICROS }])
    expect(world.accountOf(alice)).toMatchObject({ budget: { spentMicros: DALLE_MICROS, heldMicros: 0 }, inFlight: 0 })
  })

  it('is not written for what MAX_IN_FLIGHT refuses', async () => {
    gateway = await world.start({ MAX_IN_FLIGHT: '2' })
    gate.close()
    const codes: number[] = []
    const orders = times(10, async () => codes.push(await order(say('gated'))))
    await eventually('the others are refused', () => expect(codes).toEqual(times(8, () => 429)))
    gate.open()
    await Promise.all(orders)
    expect(codes.filter((code) => code === 200)).toHaveLength(2)
    expect(await world.rows()).toHaveLength(2)
    expect(world.accountOf(alice)).toMatchObject({ budget: { spentMicros: 2 * DALLE_MICROS, heldMicros: 0 } })
  })
})
