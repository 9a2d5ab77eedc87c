import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Store } from '../../src/stores/sqlite/store.ts'
import { errorOf } from '../helpers/answers.ts'
import { eventually } from '../helpers/eventually.ts'
import { times } from '../helpers/times.ts'
import { answerJson, gated } from '../helpers/upstream.ts'
import { dalle, dalleAnswer, openTeam } from './world.ts'
import type { TeamWorld } from './world.ts'

let world: TeamWorld
let disk: string

beforeEach(async () => {
  world = await openTeam(answerJson(dalleAnswer()))
  disk = join(world.directory, 'disk')
  mkdirSync(disk)
})
afterEach(async () => {
  spawnSync('umount', ['--lazy', disk]) // while the gateway may have files there
  await world.close()
})

/** Whether this user may mount: in a container, often not. */
function canMount(): boolean {
  const probe = `/tmp/comet-mount-${process.pid}`
  mkdirSync(probe)
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe]).status === 0
  if (isMounted) spawnSync('umount', [probe])
  rmSync(probe, { recursive: true })
  return isMounted
}

const mount = (options: string): unknown => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', disk])
const filler = (): string => join(disk, 'filler')

function fill(): void {
  const file = openSync(filler(), 'w')
  try {
    for (let size = 65_536; size >= 1; size = Math.floor(size / 16)) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size))
      } catch {
        // smaller pieces fit still
      }
    }
  } finally {
    closeSync(file)
  }
}

describe.runIf(process.getuid?.() === 0 && canMount())('a disk', () => {
  it('that fills up in the middle of work: 503, nothing forwarded, nothing lost, over by itself', async () => {
    mount('size=3m')
    const gateway = await world.spawn({ DATA_DIR: disk })
    const { script, open } = gated(answerJson(dalleAnswer()))
    expect((await gateway.post(dalle, {})).status).toBe(200)
    world.upstream.script = script
    const underWay = times(20, async () => gateway.post(dalle, {}))
    await eventually('20 are upstream', () => world.upstream.received.length === 21)
    fill()
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
    rmSync(filler())
    world.upstream.script = answerJson(dalleAnswer())
    await eventually('it goes on', async () => (await gateway.post(dalle, {})).status === 200)
    gateway.signal('SIGTERM')
    expect(await gateway.ended()).toBe(0)
    const store = Store.forCommand(disk, { create: false })
    const rows = store.reports.generations({ limit: 1000 })
    store.close()
    expect(sent).toBeGreaterThanOrEqual(21)
    expect(rows).toHaveLength(world.upstream.received.length)
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['completed']))
  })

  it('that can only be read is said at the start', async () => {
    mount('size=1m,ro')
    const gateway = world.launch({ DATA_DIR: disk })
    expect(await gateway.ended()).toBe(78)
    expect(gateway.output()).toContain('gateway.db')
    expect(gateway.output()).not.toContain('    at ')
  })

  it('that is full at the start is said, too, as something that passes', async () => {
    mount('size=64k')
    fill()
    const gateway = world.launch({ DATA_DIR: disk })
    expect(await gateway.ended()).toBe(1)
    expect(gateway.output()).toContain('the disk is full')
    expect(gateway.output()).not.toContain('    at ')
  })
})
