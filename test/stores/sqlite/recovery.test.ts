import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { localProcesses } from '../../../src/stores/sqlite/process-identity.ts'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { NOON, FakeProcesses, cost, createKey, held, registered, orderOf } from '../../helpers/store/store.ts'
import type { ProcessIdentity } from '../../../src/stores/sqlite/process-identity.ts'

let directory: ReturnType<typeof temporaryDirectory>
let store: Store
const processes = new FakeProcesses()

beforeEach(() => {
  directory = temporaryDirectory()
  store = Store.forServing(directory.path)
})
afterEach(() => {
  store.close()
  directory.remove()
})

describe('what a dead process left open', () => {
  it('is booked at its hold by the next one, marked as estimated, and reported', () => {
    const key = createKey(store, { name: 'alice', budget: { limitMicros: 1000, period: 'month' }, maxInFlight: 1 })
    const dead = processes.next()
    registered(store, dead).ledger.hold(orderOf(key, { generationId: 'gen_lost', n: 2 }))
    processes.kill(dead)

    const { ledger, recovered } = registered(store, processes.next())
    const lost = { generationId: 'gen_lost', keyName: 'alice', model: 'gpt-image-2', heldAt: NOON, bookedMicros: 100 }
    expect(recovered).toEqual([lost])
    const account = { budget: { spentMicros: 100, heldMicros: 0 }, inFlight: 0 }
    expect(ledger.accountOf(key.id, NOON)).toMatchObject(account)
    const row = { outcome: 'abandoned', isEstimated: true, costMicros: 100, images: 2, keyName: 'alice' }
    expect(store.reports.generations({ limit: 9 })).toMatchObject([row])
  })

  it('is booked once, whoever comes next', () => {
    const dead = processes.next()
    registered(store, dead).ledger.hold(orderOf(undefined))
    processes.kill(dead)
    expect([
      registered(store, processes.next()).recovered,
      registered(store, processes.next()).recovered,
    ]).toMatchObject([[{ keyName: 'anonymous' }], []])
  })

  it('is also found by a process that runs already', () => {
    const dead = processes.next()
    const other = registered(store, processes.next())
    registered(store, dead).ledger.hold(orderOf(undefined))
    processes.kill(dead)
    other.heartbeat()
    expect(other.recovered).toHaveLength(1)
  })

  it('includes what a process gave up when it was stopped', () => {
    const stopped = registered(store, processes.next())
    stopped.ledger.hold(orderOf(undefined))
    stopped.close()
    expect(registered(store, processes.next()).recovered).toHaveLength(1)
  })

  it('is not what a living process has open', () => {
    const living = registered(store, processes.next())
    const hold = held(living.ledger.hold(orderOf(undefined)))
    expect(registered(store, processes.next()).recovered).toEqual([])
    expect(living.ledger.settle(hold, cost(40))).toBe(true)
  })

  it('leaves no doubt about a process that cannot be looked at, once it has been silent for a minute', () => {
    let now = NOON
    const elsewhere = { own: { scope: 'container', pid: 1, started: '1' }, isAlive: () => undefined }
    const here = { ...processes.next(), isAlive: (): undefined => undefined }
    const other = registered(store, elsewhere, () => now)
    other.ledger.hold(orderOf(undefined))
    const own = registered(store, here, () => now)
    for (const seconds of [10, 20, 30, 40, 50]) {
      now = NOON + seconds * 1000
      own.heartbeat()
    }
    expect(own.recovered).toEqual([])
    now = NOON + 60_000
    own.heartbeat()
    expect(own.recovered).toHaveLength(1)
  })

  it('is not booked in haste after the whole machine has slept', () => {
    let now = NOON
    const look = { isAlive: (): undefined => undefined }
    const other = registered(store, { ...processes.next(), ...look }, () => now)
    other.ledger.hold(orderOf(undefined))
    const own = registered(store, { ...processes.next(), ...look }, () => now)
    now += 8 * 3_600_000
    own.heartbeat()
    other.heartbeat()
    own.heartbeat()
    expect(own.recovered).toEqual([])
  })
})

describe('a process of this machine', () => {
  it('is alive until it has ended, also when it was killed', async () => {
    const { own, isAlive } = localProcesses()
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    await once(child, 'spawn')
    const identity: ProcessIdentity = { ...own, pid: child.pid ?? 0, started: startOf(child.pid ?? 0) }
    expect([isAlive(own), isAlive(identity)]).toEqual([true, true])
    child.kill('SIGKILL')
    await once(child, 'close')
    expect(isAlive(identity)).toBe(false)
  })

  it('is not the one that has its number now', () => {
    const { own, isAlive } = localProcesses()
    expect(isAlive({ ...own, started: `${own.started}0` })).toBe(false)
  })

  it('of another container is not judged by its number', () => {
    const { own, isAlive } = localProcesses()
    expect(isAlive({ ...own, scope: 'another' })).toBeUndefined()
  })
})

function startOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
