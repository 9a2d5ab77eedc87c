import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { NOON, createKey } from '../../helpers/store/store.ts'
import { startStoreProcess } from '../../helpers/store/store-processes.ts'

/** The number of kills; KILLS=1000 is the long run. */
const KILLS = Number(process.env['KILLS'] ?? 6)
let directory: ReturnType<typeof temporaryDirectory>
let store: Store

beforeEach(() => {
  directory = temporaryDirectory()
  store = Store.forServing(directory.path)
})
afterEach(() => {
  store.close()
  directory.remove()
})

/** Ids of the generations that a process printed as sent before it was killed in the middle of its work. */
async function killed(command: object, count: number): Promise<string[]> {
  const started = await startStoreProcess(directory.path)
  started.tell(command)
  const printed: string[] = []
  while (printed.length < count) printed.push(await started.next())
  return [...printed, ...(await started.kill())].filter((line) => line.startsWith('gen_'))
}

describe('a process that is killed at any moment', () => {
  it(
    'leaves a row for every generation that it had sent, and a budget that adds up',
    { timeout: KILLS * 20_000 },
    async () => {
      const key = createKey(store, { name: 'alice', budget: { limitMicros: 1e9, period: 'total' } })
      const sent: string[] = []
      for (let kill = 0; kill < KILLS; kill++) {
        sent.push(...(await killed({ do: 'work', id: key.id, name: key.name }, 1 + Math.random() * 40)))
      }
      const { close } = store.register({ onAbandoned: () => {}, onHeartbeatFailed: () => {} })
      const rows = store.reports.generations({ limit: 1_000_000 })
      const booked = new Set(rows.map(({ id }) => id))
      expect(sent.length).toBeGreaterThan(KILLS)
      expect(sent.filter((id) => !booked.has(id))).toEqual([])
      expect(booked.size).toBe(rows.length)

      const spent = rows.reduce((sum, { costMicros = 0 }) => sum + costMicros, 0)
      const account = store.accounts.accountOf(key.id, NOON)
      expect(account).toMatchObject({ budget: { spentMicros: spent, heldMicros: 0 }, inFlight: 0 })
      expect(rows.some(({ outcome }) => outcome === 'abandoned')).toBe(true)
      close()
    },
  )
})
