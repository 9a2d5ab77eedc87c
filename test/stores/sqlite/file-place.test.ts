import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { StoreError } from '../../../src/errors/store-error.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { eventually } from '../../helpers/eventually.ts'
import { LOG_LOSSES, LOSSES, lostFile, standIn } from '../../helpers/store/losing.ts'
import { NOON, FakeProcesses, LedgerVerbs, cost, createKey, held, orderOf } from '../../helpers/store/store.ts'
import type { Instance } from '../../../src/stores/sqlite/store.ts'

let root: ReturnType<typeof temporaryDirectory>
let directory: string
let store: Store
let instance: Instance
let ledger: LedgerVerbs
let changes: (string | undefined)[]
const processes = new FakeProcesses()

beforeEach(() => {
  root = temporaryDirectory()
  directory = join(root.path, 'data')
  mkdirSync(directory)
  store = Store.forServing(directory)
  changes = []
  instance = store.register({
    processes: processes.next(),
    now: () => NOON,
    onAbandoned: () => {},
    onHeartbeatFailed: (error) => {
      throw error
    },
    onPlaceChange: (problem) => changes.push(problem?.problem),
  })
  ledger = new LedgerVerbs(instance.ledger)
})
afterEach(() => {
  store.close()
  root.remove()
})

function problemOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    if (error instanceof StoreError) return error.problem
    throw error
  }
}

describe.each([...LOSSES, ...LOG_LOSSES])('a database that is lost: $name', ({ lose, undo }) => {
  it('takes no hold, no key and no heartbeat, and says so once', () => {
    held(ledger.hold(orderOf(undefined)))
    lose(directory)
    instance.look()
    expect(problemOf(() => ledger.hold(orderOf(undefined)))).toBe('moved')
    expect(problemOf(() => createKey(store, { name: 'alice' }))).toBe('moved')
    instance.heartbeat()
    instance.look()
    expect(changes).toEqual(['moved'])
    instance.close()
  })

  it.runIf(undo !== undefined)('is used again, once it is back, with all that was booked', () => {
    const [first, second] = [held(ledger.hold(orderOf(undefined))), held(ledger.hold(orderOf(undefined)))]
    ledger.settle(first, cost(40))
    lose(directory)
    instance.look()
    undo?.(directory)
    instance.look()
    expect(changes).toEqual(['moved', undefined])
    for (const hold of [second, held(ledger.hold(orderOf(undefined)))]) ledger.settle(hold, cost(40))
    instance.close()
    store.close()
    store = Store.forServing(directory)
    expect(store.findDamage()).toEqual([])
    expect(store.reports.generations({ limit: 9 })).toHaveLength(3)
    expect(store.reports.underWay({ limit: 9 })).toEqual([])
  })

  it('leaves what stands in its place as it is', () => {
    for (let index = 0; index < 20; index++) ledger.settle(held(ledger.hold(orderOf(undefined))), cost(40))
    const hold = held(ledger.hold(orderOf(undefined)))
    lose(directory)
    const before = standIn(directory)
    instance.look()
    problemOf(() => ledger.settle(hold, cost(40)))
    instance.close()
    store.close()
    const isLogLost = LOG_LOSSES.some((loss) => loss.lose === lose)
    if (before !== undefined && before.length > 0 && !isLogLost) {
      expect(standIn(directory)?.equals(before)).toBe(true)
      if (!before.toString('latin1').startsWith('SQLite format 3')) return
      store = Store.forServing(directory)
      expect(store.reports.generations({ limit: 99 })).toEqual([])
      store.close()
    }
    const lost = lostFile(directory)
    if (lost === undefined) return
    // The file that went away has all that was booked, without the log that was left behind.
    store = Store.forServing(dirname(lost))
    expect(store.findDamage()).toEqual([])
    const [booked, open] = [store.reports.generations({ limit: 99 }), store.reports.underWay({ limit: 99 })]
    expect(booked.length + open.length).toBe(21)
    expect(booked.length).toBeGreaterThanOrEqual(20)
  })
})

describe('an order right after the loss', () => {
  it.each(LOSSES)('is refused without waiting for a look: $name', async ({ lose }) => {
    instance.stop()
    held(ledger.hold(orderOf(undefined)))
    lose(directory)
    await eventually('the order looks', () => problemOf(() => ledger.hold(orderOf(undefined))) === 'moved')
    expect(changes).toEqual(['moved'])
  })
})

describe('an ending whose database was moved', () => {
  it('is booked where its hold is', () => {
    const hold = held(ledger.hold(orderOf(undefined)))
    LOSSES.find(({ name }) => name === 'moved')?.lose(directory)
    instance.look()
    expect(ledger.settle(hold, cost(40))).toBe(true)
    instance.close()
    store.close()
    store = Store.forServing(dirname(lostFile(directory) ?? ''))
    expect(store.reports.generations({ limit: 9 })).toMatchObject([{ costMicros: 40 }])
    expect(store.reports.underWay({ limit: 9 })).toEqual([])
  })

  it("waits where another gateway's stands beside its log", () => {
    const hold = held(ledger.hold(orderOf(undefined)))
    const loss = LOSSES.find(({ name }) => name === "replaced by another gateway's")
    loss?.lose(directory)
    instance.look()
    expect(problemOf(() => ledger.settle(hold, cost(40)))).toBe('moved')
    loss?.undo?.(directory)
    instance.look()
    expect(ledger.settle(hold, cost(40))).toBe(true)
  })
})

describe('an older copy of a database that is copied onto it', () => {
  it('is noticed by the next order, and is as it was when the process has ended', async () => {
    const copy = join(root.path, 'copy.db')
    await store.backup(copy)
    instance.close()
    store.close()
    store = Store.forServing(directory)
    instance = store.register({ onAbandoned: () => {}, onHeartbeatFailed: () => {} })
    ledger = new LedgerVerbs(instance.ledger)
    ledger.settle(held(ledger.hold(orderOf(undefined))), cost(40))
    copyFileSync(copy, join(directory, 'gateway.db'))
    await eventually('the order looks', () => problemOf(() => ledger.hold(orderOf(undefined))) === 'moved')
    instance.close()
    store.close()
    expect(standIn(directory)?.equals(readFileSync(copy))).toBe(true)
    store = Store.forServing(directory)
    expect([store.findDamage(), store.reports.generations({ limit: 9 })]).toEqual([[], []])
  })
})

describe('a database in its place', () => {
  it('is taken for nothing else, whoever writes its log back, compacts it or copies it', async () => {
    const other = new DatabaseSync(join(directory, 'gateway.db'))
    const processNext = processes.next()
    for (let round = 0; round < 30; round++) {
      ledger.settle(held(ledger.hold(orderOf(undefined))), cost(40))
      other.exec(['PRAGMA wal_checkpoint(TRUNCATE)', 'PRAGMA wal_checkpoint(PASSIVE)', 'VACUUM'][round % 3] ?? '')
      if (round % 10 === 0)
        store.register({ processes: processNext, onAbandoned: () => {}, onHeartbeatFailed: () => {} })
      expect(instance.look()).toBeUndefined()
    }
    await store.backup(join(root.path, 'copy.db'))
    other.close()
    expect(instance.look()).toBeUndefined()
    expect(changes).toEqual([])
  })
})
