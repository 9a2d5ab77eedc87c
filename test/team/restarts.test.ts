import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answerJson } from '../helpers/upstream.ts'
import { post, spawnGateway } from './processes.ts'
import { DALLE_MICROS, dalle, dalleAnswer, eventually, gated, openWorld, times } from './world.ts'
import type { GatewayProcess } from './processes.ts'
import type { Holder, World } from './world.ts'

const DIED = 'a process died: what it had under way is booked at its highest cost'
let world: World
let alice: Holder
let gateway: GatewayProcess
const start = async (): Promise<GatewayProcess> =>
  spawnGateway({ DATA_DIR: world.directory, COMETAPI_BASE_URL: world.upstream.url })

beforeEach(async () => {
  world = await openWorld(answerJson(dalleAnswer()))
  alice = await world.issue({ name: 'alice', budget: { limitMicros: 30 * DALLE_MICROS, period: 'total' } })
  gateway = await start()
})
afterEach(async () => {
  gateway.signal('SIGKILL')
  await gateway.ended()
  await world.close()
})

/** So many orders that are upstream and wait there. */
async function underWay(count: number): Promise<{ answers: Promise<number>[]; open: () => void }> {
  const { script, open } = gated(answerJson(dalleAnswer()))
  world.upstream.script = script
  const before = world.upstream.received.length
  const answers = times(count, async () =>
    post(gateway.url, dalle, alice.headers).then(
      ({ status }) => status,
      () => 0,
    ),
  )
  await eventually(() => world.upstream.received.length === before + count, 'all are upstream')
  return { answers, open }
}

describe('SIGTERM', () => {
  it('waits for what is under way and books it', async () => {
    const { answers, open } = await underWay(10)
    gateway.signal('SIGTERM')
    await eventually(() => gateway.output().includes('stopping'), 'it is stopping')
    open()
    expect(await Promise.all(answers)).toEqual(times(10, () => 200))
    expect(await gateway.ended()).toBe(0)
    expect(world.rows()).toHaveLength(10)
    expect(world.accountOf(alice)).toMatchObject({
      budget: { spentMicros: 10 * DALLE_MICROS, heldMicros: 0 },
      inFlight: 0,
    })
    gateway = await start()
    expect(gateway.logged(DIED)).toEqual([])
  })

  it('waits for a file that is locked', async () => {
    const { answers, open } = await underWay(3)
    const shell = new DatabaseSync(join(world.directory, 'gateway.db'))
    shell.exec('BEGIN IMMEDIATE')
    open()
    expect(await Promise.all(answers)).toEqual([200, 200, 200])
    gateway.signal('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(world.rows()).toHaveLength(0)
    shell.exec('COMMIT')
    shell.close()
    expect(await gateway.ended()).toBe(0)
    expect(world.rows().map(({ outcome }) => outcome)).toEqual(['completed', 'completed', 'completed'])
  })
})

describe('a gateway without work', () => {
  it('stops cleanly also where another program has just locked the file', async () => {
    const shell = new DatabaseSync(join(world.directory, 'gateway.db'))
    shell.exec('BEGIN IMMEDIATE')
    gateway.signal('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 400))
    shell.exec('COMMIT')
    shell.close()
    expect(await gateway.ended()).toBe(0)
  })
})

describe('SIGKILL', () => {
  it('leaves what is under way held; the next start books it, says so, and the budget is right', async () => {
    expect((await post(gateway.url, dalle, alice.headers)).status).toBe(200)
    await world.idle()
    const { open } = await underWay(10)
    gateway.signal('SIGKILL')
    await gateway.ended()
    expect(world.accountOf(alice)).toMatchObject({ budget: { heldMicros: 10 * DALLE_MICROS }, inFlight: 10 })
    open()
    gateway = await start()
    const rows = world.rows()
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
    gateway = await start()
    const second = await underWay(2)
    gateway.signal('SIGKILL')
    await gateway.ended()
    gateway = await start()
    expect(world.rows().map(({ outcome }) => outcome)).toEqual(['abandoned', 'abandoned'])
    open()
    second.open()
    expect(await Promise.all(answers)).toEqual([200, 200, 200])
    first.signal('SIGTERM')
    expect(await first.ended()).toBe(0)
    expect(world.rows()).toHaveLength(5)
    expect(world.accountOf(alice)).toMatchObject({
      budget: { spentMicros: 5 * DALLE_MICROS, heldMicros: 0 },
      inFlight: 0,
    })
  })
})
