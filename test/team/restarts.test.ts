import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../helpers/eventually.ts'
import { times } from '../helpers/times.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { DALLE_MICROS, dalle, dalleAnswer, openTeam } from './world.ts'
import type { GatewayProcess } from '../helpers/gateways/gateway-process.ts'
import type { Holder, TeamWorld } from './world.ts'

const DIED = 'a process died: what it had under way is booked at its highest cost'
let world: TeamWorld
let alice: Holder
let gateway: GatewayProcess

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
  alice = await world.issue({ name: 'alice', budget: { limitMicros: 30 * DALLE_MICROS, period: 'total' } })
  gateway = await world.spawn()
})
afterEach(async () => world.close())

/** So many orders that are upstream and wait there. */
async function underWay(count: number): Promise<{ answers: Promise<number>[]; open: () => void }> {
  const { script, open } = gated(answerJson(dalleAnswer()))
  world.upstream.script = script
  const before = world.upstream.received.length
  const answers = times(count, async () =>
    gateway.post(dalle, alice.headers).then(
      ({ status }) => status,
      () => 0,
    ),
  )
  await eventually('all are upstream', () => world.upstream.received.length === before + count)
  return { answers, open }
}

describe('SIGTERM', () => {
  it('waits for what is under way and books it', async () => {
    const { answers, open } = await underWay(10)
    gateway.signal('SIGTERM')
    await eventually('it is stopping', () => expect(gateway.output()).toContain('stopping'))
    open()
    expect(await Promise.all(answers)).toEqual(times(10, () => 200))
    expect(await gateway.ended()).toBe(0)
    expect(await world.rows()).toHaveLength(10)
    expect(world.accountOf(alice)).toMatchObject({
      budget: { spentMicros: 10 * DALLE_MICROS, heldMicros: 0 },
      inFlight: 0,
    })
    gateway = await world.spawn()
    expect(gateway.logged(DIED)).toEqual([])
  })

  it('waits for a file that is locked', async () => {
    const { answers, open } = await underWay(3)
    const shell = new DatabaseSync(join(world.directory, 'gateway.db'))
    shell.exec('BEGIN IMMEDIATE')
    open()
    expect(await Promise.all(answers)).toEqual([200, 200, 200])
    gateway.signal('SIGTERM')
    await eventually('it is stopping', () => expect(gateway.output()).toContain('stopping'))
    expect([world.rowsNow().length, gateway.hasEnded()]).toEqual([0, false])
    shell.exec('COMMIT')
    shell.close()
    expect(await gateway.ended()).toBe(0)
    expect((await world.rows()).map(({ outcome }) => outcome)).toEqual(['completed', 'completed', 'completed'])
  })
})

describe('a gateway without work', () => {
  it('stops cleanly also where another program has just locked the file', async () => {
    const shell = new DatabaseSync(join(world.directory, 'gateway.db'))
    shell.exec('BEGIN IMMEDIATE')
    gateway.signal('SIGTERM')
    await eventually('it is stopping', () => expect(gateway.output()).toContain('stopping'))
    shell.exec('COMMIT')
    shell.close()
    expect(await gateway.ended()).toBe(0)
  })
})

describe('SIGKILL', () => {
  it('leaves what is under way held; the next start books it, says so, and the budget is right', async () => {
    expect((await gateway.post(dalle, alice.headers)).status).toBe(200)
    await world.idle()
    const { open } = await underWay(10)
    gateway.signal('SIGKILL')
    await gateway.ended()
    expect(world.accountOf(alice)).toMatchObject({ budget: { heldMicros: 10 * DALLE_MICROS }, inFlight: 10 })
    open()
    gateway = await world.spawn()
    const rows = world.rowsNow() // booked before it listens
    const abandoned = rows.filter(({ outcome }) => outcome === 'abandoned')
    expect([rows.length, abandoned.length]).toEqual([11, 10])
    expect(abandoned.every(({ isEstimated, costMicros }) => isEstimated && costMicros === DALLE_MICROS)).toBe(true)
    expect(world.accountOf(alice)).toMatchObject({
      budget: { spentMicros: 11 * DALLE_MICROS, heldMicros: 0 },
      inFlight: 0,
    })
    const [line, ...more] = gateway.logged(DIED) as { generations: { generationId: string; bookedMicros: number }[] }[]
    expect(more).toEqual([])
    expect(line?.generations.map(({ generationId }) => generationId).toSorted()).toEqual(
      abandoned.map(({ id }) => id).toSorted(),
    )
    expect(line?.generations.every(({ bookedMicros }) => bookedMicros === DALLE_MICROS)).toBe(true)
  })

  it('of one of two gateways: the one that lives does not lose what it has under way', async () => {
    const { answers, open } = await underWay(3)
    const first = gateway
    gateway = await world.spawn()
    const second = await underWay(2)
    gateway.signal('SIGKILL')
    await gateway.ended()
    gateway = await world.spawn()
    expect(world.rowsNow().map(({ outcome }) => outcome)).toEqual(['abandoned', 'abandoned'])
    open()
    second.open()
    expect(await Promise.all(answers)).toEqual([200, 200, 200])
    first.signal('SIGTERM')
    expect(await first.ended()).toBe(0)
    expect(await world.rows()).toHaveLength(5)
    expect(world.accountOf(alice)).toMatchObject({
      budget: { spentMicros: 5 * DALLE_MICROS, heldMicros: 0 },
      inFlight: 0,
    })
  })
})
