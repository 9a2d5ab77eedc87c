import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import {
  DAY,
  FakeProcesses,
  HOUR,
  LedgerVerbs,
  NOON,
  cost,
  createKey,
  held,
  orderOf,
} from '../../helpers/store/store.ts'
import type { Budget } from '../../../src/accounting/budget.ts'
import type { PendingAlert } from '../../../src/accounting/alerts/alert.ts'
import type { VirtualKey } from '../../../src/access/keys/virtual-key.ts'

let directory: ReturnType<typeof temporaryDirectory>
let store: Store
let recorded: number
const processes = new FakeProcesses()

beforeEach(() => {
  directory = temporaryDirectory()
  store = Store.forServing(directory.path)
  recorded = 0
})
afterEach(() => {
  store.close()
  directory.remove()
})

const ledgerOf = (on = store, spendLimit?: Budget): LedgerVerbs => {
  const instance = on.register({
    onAbandoned: () => {},
    onHeartbeatFailed: () => {},
    alerts: { thresholds: [50, 80, 100], onRecorded: () => recorded++ },
    spendLimit,
    now: () => NOON,
    processes: processes.next(),
  })
  return new LedgerVerbs(instance.ledger)
}
const spend = (ledger: LedgerVerbs, key: VirtualKey | undefined, micros: number, at = NOON): void => {
  const order = orderOf(key, { highestMicros: micros, heldAt: at })
  ledger.settle(held(ledger.hold(order)), cost(micros, { endedAt: at }))
}
/** Every alert that is to be sent, taken one after the other. */
const claimed = (on = store, now = NOON + 10 * DAY): PendingAlert[] => {
  const alerts: PendingAlert[] = []
  for (let alert = on.alerts.claim(now, HOUR); alert !== undefined; alert = on.alerts.claim(now, HOUR))
    alerts.push(alert)
  return alerts
}
const thresholds = (on = store): unknown[] => claimed(on).map(({ keyName, budget }) => [keyName, budget?.threshold])
const budgetOf = (limitMicros: number, period: Budget['period'] = 'month'): { budget: Budget } => ({
  budget: { limitMicros, period },
})

describe('a booking that reaches a threshold of its budget', () => {
  it('records one alert per threshold and period', () => {
    const ledger = ledgerOf()
    const alice = createKey(store, { name: 'alice', ...budgetOf(1000, 'day') })
    for (let i = 0; i < 9; i++) spend(ledger, alice, 100)
    expect(thresholds()).toEqual([
      ['alice', 50],
      ['alice', 80],
    ])
    expect(recorded).toBe(2)
    spend(ledger, alice, 100)
    for (let i = 0; i < 5; i++) spend(ledger, alice, 100, NOON + DAY)
    expect(thresholds()).toEqual([
      ['alice', 100],
      ['alice', 50],
    ])
  })

  it('sends the highest alone of those that it reaches at once', () => {
    spend(ledgerOf(), createKey(store, { name: 'alice', ...budgetOf(1000) }), 850)
    expect(claimed()).toMatchObject([
      {
        kind: 'budget',
        keyName: 'alice',
        budget: { limitMicros: 1000, period: 'month', spentMicros: 850, threshold: 80 },
        attempts: 1,
      },
    ])
  })

  it('counts what is booked, and not what is held or was given back', () => {
    const ledger = ledgerOf()
    const alice = createKey(store, { name: 'alice', ...budgetOf(1000) })
    held(ledger.hold(orderOf(alice, { highestMicros: 500 })))
    ledger.cancel(held(ledger.hold(orderOf(alice, { highestMicros: 400 }))))
    spend(ledger, alice, 100)
    expect(claimed()).toEqual([])
  })

  it('tells a budget that was lowered below what is spent, and a raised one as a new one', () => {
    const ledger = ledgerOf()
    const alice = createKey(store, { name: 'alice', ...budgetOf(10_000) })
    spend(ledger, alice, 600)
    store.keys.update('alice', budgetOf(1000), NOON)
    spend(ledger, alice, 1)
    store.keys.update('alice', budgetOf(1200), NOON)
    spend(ledger, alice, 1)
    expect(thresholds()).toEqual([
      ['alice', 50],
      ['alice', 50],
    ])
  })

  it('records nothing for a key without a budget', () => {
    spend(ledgerOf(), createKey(store, { name: 'bob' }), 1e9)
    expect(claimed()).toEqual([])
  })

  it('records the spend limit, whoever spends', () => {
    const ledger = ledgerOf(store, { limitMicros: 1000, period: 'week' })
    spend(ledger, createKey(store, { name: 'bob' }), 300)
    spend(ledger, undefined, 300)
    expect(claimed()).toMatchObject([{ kind: 'spend_limit', keyName: '', budget: { threshold: 50, spentMicros: 600 } }])
  })

  it('records a rejected key and an exhausted quota once a day', () => {
    const ledger = ledgerOf()
    const fail = (errorCode: string, at: number): void =>
      void ledger.release(held(ledger.hold(orderOf(undefined, { heldAt: at }))), { endedAt: at, errorCode })
    for (const at of [NOON, NOON + HOUR, NOON + DAY]) fail('upstream_rejected_key', at)
    fail('upstream_quota_exhausted', NOON)
    fail('upstream_failed', NOON)
    const alerts = claimed()
    expect(alerts.map(({ kind }) => kind).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'upstream_quota_exhausted',
      'upstream_rejected_key',
      'upstream_rejected_key',
    ])
    expect(alerts.map(({ budget }) => budget)).toEqual([undefined, undefined, undefined])
  })

  it('records one where two processes reach it at once', () => {
    const other = Store.forServing(directory.path)
    const [here, there] = [ledgerOf(), ledgerOf(other)]
    const alice = createKey(store, { name: 'alice', ...budgetOf(1000) })
    spend(here, alice, 800)
    for (const ledger of [here, there, here]) spend(ledger, alice, 1)
    expect(recorded).toBe(1)
    expect([...thresholds(), ...thresholds(other)]).toEqual([['alice', 80]])
    other.close()
  })
})

describe('an alert that waits', () => {
  beforeEach(() => {
    spend(ledgerOf(), createKey(store, { name: 'alice', ...budgetOf(1000) }), 600)
  })

  it('is claimed by one process, until its lease ends', () => {
    const other = Store.forServing(directory.path)
    expect(store.alerts.claim(NOON, 60_000)?.attempts).toBe(1)
    expect(other.alerts.claim(NOON + 59_999, 60_000)).toBeUndefined()
    expect(other.alerts.claim(NOON + 60_000, 60_000)?.attempts).toBe(2)
    other.close()
  })

  it('is due again when it was postponed, and never when it was delivered', () => {
    const { id = 0, messageId } = store.alerts.claim(NOON, 60_000) ?? {}
    store.alerts.postpone(id, NOON + 5000)
    expect(store.alerts.claim(NOON + 4999, 60_000)).toBeUndefined()
    expect(store.alerts.claim(NOON + 5000, 60_000)).toMatchObject({ id, messageId, attempts: 2 })
    store.alerts.finish(id, 'delivered', NOON + 5001)
    expect(claimed()).toEqual([])
  })
})
