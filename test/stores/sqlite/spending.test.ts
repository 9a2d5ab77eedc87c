import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MIGRATIONS } from '../../../src/stores/sqlite/schema.ts'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { DAY, NOON, FakeProcesses, cost, createKey, held, orderOf, registered } from '../../helpers/store/store.ts'
import type { Budget } from '../../../src/accounting/budget.ts'
import type { Period } from '../../../src/accounting/period.ts'
import type { LedgerVerbs } from '../../helpers/store/store.ts'

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

const ledgerOf = (spendLimit?: Budget): LedgerVerbs => registered(store, processes.next(), undefined, spendLimit).ledger
const limitOf = (limitMicros: number, period: Period = 'month'): Budget => ({ limitMicros, period })

describe('a spend limit', () => {
  it('counts callers with and without a key, whatever their own budgets leave', () => {
    const ledger = ledgerOf(limitOf(250))
    const [alice, bob] = ['alice', 'bob'].map((name) => createKey(store, { name, budget: limitOf(200) }))
    expect(held(ledger.hold(orderOf(alice))).spending).toEqual({ ...limitOf(250), spentMicros: 0, heldMicros: 100 })
    held(ledger.hold(orderOf(undefined)))
    expect(ledger.hold(orderOf(bob))).toEqual({
      refused: 'spend_limit',
      budget: { ...limitOf(250), spentMicros: 0, heldMicros: 200 },
    })
    expect(ledger.accountOf(bob?.id ?? 0, NOON)?.budget).toMatchObject({ heldMicros: 0 })
    held(ledger.hold(orderOf(bob, { highestMicros: 50 })))
  })

  it('gives back what was not spent, and nothing twice', () => {
    const ledger = ledgerOf(limitOf(250))
    const hold = held(ledger.hold(orderOf(undefined)))
    ledger.settle(hold, cost(40))
    ledger.settle(hold, cost(40))
    ledger.release(held(ledger.hold(orderOf(undefined))), { endedAt: NOON })
    expect(ledger.spending(NOON)).toEqual({ ...limitOf(250), spentMicros: 40, heldMicros: 0 })
  })

  it('tells a key of its own budget first', () => {
    const ledger = ledgerOf(limitOf(0))
    const key = createKey(store, { name: 'alice', budget: limitOf(0) })
    expect(ledger.hold(orderOf(key))).toMatchObject({ refused: 'budget' })
  })

  it.each<[period: Period, days: number]>([
    ['day', 1],
    ['week', 7],
    ['month', 31],
  ])('of a %s starts anew', (period, days) => {
    const ledger = ledgerOf(limitOf(100, period))
    ledger.settle(held(ledger.hold(orderOf(undefined))), cost(100))
    expect(ledger.hold(orderOf(undefined, { highestMicros: 1 }))).toMatchObject({ refused: 'spend_limit' })
    const later = NOON + days * DAY
    held(ledger.hold(orderOf(undefined, { heldAt: later })))
    expect(ledger.spending(later)).toMatchObject({ spentMicros: 0, heldMicros: 100 })
  })

  it('in total never does', () => {
    const ledger = ledgerOf(limitOf(100, 'total'))
    ledger.settle(held(ledger.hold(orderOf(undefined))), cost(100))
    const late = orderOf(undefined, { highestMicros: 1, heldAt: NOON + 4000 * DAY })
    expect(ledger.hold(late)).toMatchObject({ refused: 'spend_limit' })
  })

  it('refuses a model without a price, unless that is allowed', () => {
    const ledger = ledgerOf(limitOf(100))
    const unpriced = { highestMicros: undefined }
    expect(ledger.hold(orderOf(undefined, unpriced))).toEqual({ refused: 'unpriced', isForEverybody: true })
    held(ledger.hold(orderOf(undefined, { ...unpriced, allowUnpriced: true })))
  })

  it('that is set later counts what was spent before', () => {
    const before = ledgerOf()
    before.settle(held(before.hold(orderOf(undefined))), cost(70))
    held(before.hold(orderOf(undefined)))
    expect(before.spending(NOON)).toBeUndefined()
    expect(ledgerOf(limitOf(200)).spending(NOON)).toEqual({ ...limitOf(200), spentMicros: 70, heldMicros: 100 })
  })

  it('of a database from before counts its totals and its open holds', () => {
    const ledger = ledgerOf()
    ledger.settle(held(ledger.hold(orderOf(undefined))), cost(70))
    held(ledger.hold(orderOf(undefined)))
    store.close()
    const old = new DatabaseSync(store.file)
    const before = MIGRATIONS.findIndex((sql) => sql.includes('CREATE TABLE spending'))
    old.exec(`DROP TABLE spending; ${MIGRATIONS[before]}`)
    old.close()
    store = Store.forServing(directory.path)
    expect(store.spending(limitOf(500, 'total'), NOON)).toEqual({
      ...limitOf(500, 'total'),
      spentMicros: 70,
      heldMicros: 100,
    })
    expect(store.spending(limitOf(500), NOON)).toMatchObject({ spentMicros: 70, heldMicros: 100 })
  })
})
