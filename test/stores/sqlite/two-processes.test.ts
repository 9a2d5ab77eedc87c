import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyDigest, keyHint, newKeySecret } from '../../../src/access/keys/key-secret.ts'
import { checkedSettings } from '../../../src/access/keys/key-settings.ts'
import { LedgerWriter } from '../../../src/accounting/ledger-writer.ts'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { eventually } from '../../helpers/eventually.ts'
import { createKey, orderOf } from '../../helpers/store/store.ts'
import { startStoreProcess } from '../../helpers/store/store-processes.ts'
import type { StoreProcess } from '../../helpers/store/store-processes.ts'

let directory: ReturnType<typeof temporaryDirectory>
let store: Store
const open: (() => Promise<void>)[] = []

beforeEach(() => {
  directory = temporaryDirectory()
  store = Store.forServing(directory.path)
})
afterEach(async () => {
  for (const close of open.splice(0)) await close()
  store.close()
  directory.remove()
})

/** Starts another process on the same file; the function returned sends it a command and resolves with the answer. */
async function another(): Promise<StoreProcess['ask']> {
  const started = await startStoreProcess(directory.path)
  open.push(async () => started.close())
  return async (command) => started.ask(command)
}

const budget = { limitMicros: 20 * 100 + 99, period: 'month' } as const

describe('500 requests at once against a budget that pays for 20', () => {
  it('are 20 in one process', async () => {
    const key = createKey(store, { name: 'alice', budget })
    const instance = store.register({ onAbandoned: () => {}, onHeartbeatFailed: () => {} })
    const ledger = new LedgerWriter({ ledger: instance.ledger, onWriteFailed: () => {} })
    const results = await Promise.allSettled(Array.from({ length: 500 }, () => ledger.hold(orderOf(key))))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(20)
    const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    expect(refusals[0]).toMatchObject({ code: 'insufficient_quota', status: 429 })
    expect(new Set(refusals.map(String))).toHaveProperty('size', 1)
    instance.close()
  })

  it('are 20 in two processes on one file', async () => {
    const { id, name } = createKey(store, { name: 'alice', budget })
    const [one, two] = [await another(), await another()]
    const command = { do: 'hold', id, name, times: 250 }
    const counts = (await Promise.all([one(command), two(command)])) as number[]
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20)
    expect(store.accounts.accountOf(id, Date.now())).toMatchObject({ budget: { heldMicros: 2000 }, inFlight: 20 })
  })
})

describe('200 orders with a key each, which two processes on one file place four times at once', () => {
  it('are held once each', async () => {
    const [one, two] = [await another(), await another()]
    const command = { do: 'race', times: 200 }
    const [ofOne, ofTwo] = (await Promise.all([one(command), two(command)])) as [string[], string[]]
    expect(new Set([...ofOne, ...ofTwo]).size).toBe(200)
    expect(ofOne.length + ofTwo.length).toBe(200)
    expect(store.keptOrderKeys()).toBe(200)
    await eventually('half of them are over', () => {
      const rows = store.reports.generations({ limit: 1000 }).length
      expect(store.reports.underWay({ limit: 1000 }).length + rows).toBe(200)
      expect(rows).toBeGreaterThan(0)
    })
  })
})

describe('several processes that start at once', () => {
  it('make one schema', async () => {
    store.close()
    directory.remove()
    directory = temporaryDirectory()
    const processes = await Promise.all(Array.from({ length: 5 }, another))
    store = Store.forServing(directory.path)
    const { id, name } = createKey(store, { name: 'alice', budget })
    const counts = await Promise.all(processes.map(async (send) => send({ do: 'hold', id, name, times: 10 })))
    expect((counts as number[]).reduce((sum, count) => sum + count, 0)).toBe(20)
  })
})

describe('a revocation', () => {
  it('is seen by the next lookup of another process', async () => {
    const secret = newKeySecret()
    const stored = { digest: keyDigest(secret), hint: keyHint(secret) }
    store.keys.create(checkedSettings({ name: 'alice' }), stored, 0)
    const find = await another()
    expect(await find({ do: 'find', secret })).toBe(true)
    store.keys.revoke('alice', 1)
    expect(await find({ do: 'find', secret })).toBe(false)
  })
})
