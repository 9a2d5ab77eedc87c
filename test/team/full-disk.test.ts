import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Store } from '../../src/stores/sqlite/store.ts'
import { errorOf } from '../helpers/answers.ts'
import { eventually } from '../helpers/eventually.ts'
import { canMount, MountedDisk } from '../helpers/mounted-disk.ts'
import { times } from '../helpers/times.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { dalle, dalleAnswer, openTeam } from './world.ts'
import type { TeamWorld } from './world.ts'

let world: TeamWorld
let disk: MountedDisk

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
  disk = new MountedDisk(world.directory)
})
afterEach(async () => {
  disk.unmount()
  await world.close()
})

describe.runIf(canMount())('a disk', () => {
  it('that fills up in the middle of work: 503, nothing forwarded, nothing lost, over by itself', async () => {
    disk.mount('size=3m')
    const gateway = await world.spawn({ DATA_DIR: disk.path })
    const { script, open } = gated(answerJson(dalleAnswer()))
    expect((await gateway.post(dalle, {})).status).toBe(200)
    world.upstream.script = script
    const underWay = times(20, async () => gateway.post(dalle, {}))
    await eventually('20 are upstream', () => world.upstream.received.length === 21)
    disk.fill()
    const codes: string[] = []
    let refused = 0
    while (refused < 5) {
      const waiting = gateway.post(dalle, {})
      const before = world.upstream.received.length
      const first = await Promise.race([waiting, eventually('sent', () => world.upstream.received.length > before)])
      if (first === true) continue // there was room for this one
      refused++
      codes.push((await errorOf(first)).code ?? '')
    }
    expect(new Set(codes)).toEqual(new Set(['storage_full']))
    const sent = world.upstream.received.length
    open()
    for (const answer of await Promise.all(underWay)) expect(answer.status).toBe(200)
    await eventually(
      'it is said',
      () => gateway.logged('endings cannot be booked now; they are tried until they can').length > 0,
    )
    disk.empty()
    world.upstream.script = answerJson(dalleAnswer())
    await eventually('it goes on', async () => (await gateway.post(dalle, {})).status === 200)
    gateway.signal('SIGTERM')
    expect(await gateway.ended()).toBe(0)
    const store = Store.forCommand(disk.path, { create: false })
    const rows = store.reports.generations({ limit: 1000 })
    store.close()
    expect(sent).toBeGreaterThanOrEqual(21)
    expect(rows).toHaveLength(world.upstream.received.length)
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['completed']))
  })

  it('that can only be read is said at the start', async () => {
    disk.mount('size=1m,ro')
    const gateway = world.launch({ DATA_DIR: disk.path })
    expect(await gateway.ended()).toBe(78)
    expect(gateway.output()).toContain('gateway.db')
    expect(gateway.output()).not.toContain('    at ')
  })

  it('that is full at the start is said, too, as something that passes', async () => {
    disk.mount('size=64k')
    disk.fill()
    const gateway = world.launch({ DATA_DIR: disk.path })
    expect(await gateway.ended()).toBe(1)
    expect(gateway.output()).toContain('the disk is full')
    expect(gateway.output()).not.toContain('    at ')
  })
})
