import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { leftMicros } from '../../../src/accounting/budget.ts'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import {
  DAY,
  HOUR,
  NOON,
  FakeProcesses,
  cost,
  createKey,
  held,
  registered,
  orderOf,
} from '../../helpers/store/store.ts'
import type { Period } from '../../../src/accounting/period.ts'
import type { LedgerVerbs } from '../../helpers/store/store.ts'

let directory: ReturnType<typeof temporaryDirectory>
let store: Store
let ledger: LedgerVerbs

beforeEach(() => {
  directory = temporaryDirectory()
  store = Store.forServing(directory.path)
  ;({ ledger } = registered(store, new FakeProcesses().next()))
})
afterEach(() => {
  store.close()
  directory.remove()
})

const withBudget = (limitMicros: number, period: Period = 'month') =>
  createKey(store, { name: 'alice', budget: { limitMicros, period } })

describe('a budget', () => {
  it('is held in full before the call, and what was not spent is given back', () => {
    const key = withBudget(250)
    const hold = held(ledger.hold(orderOf(key)))
    expect(hold.budget).toEqual({ limitMicros: 250, period: 'month', spentMicros: 0, heldMicros: 100 })
    ledger.settle(hold, cost(40))
    expect(ledger.accountOf(key.id, NOON)).toMatchObject({ budget: { spentMicros: 40, heldMicros: 0 }, inFlight: 0 })
  })

  it('refuses what it does not cover, to the micro-dollar, and says where it stands', () => {
    const key = withBudget(250)
    ledger.hold(orderOf(key))
    expect(ledger.hold(orderOf(key, { highestMicros: 151 }))).toEqual({
      refused: 'budget',
      budget: { limitMicros: 250, period: 'month', spentMicros: 0, heldMicros: 100 },
    })
    expect(ledger.hold(orderOf(key, { highestMicros: 150 }))).toMatchObject({ heldMicros: 150 })
    expect(ledger.hold(orderOf(key, { highestMicros: 1 }))).toMatchObject({ refused: 'budget' })
  })

  it('of nothing pays for nothing', () => {
    const key = withBudget(0)
    expect(ledger.hold(orderOf(key, { highestMicros: 1 }))).toMatchObject({ refused: 'budget' })
  })

  it('gets all back of a generation that cost nothing', () => {
    const key = withBudget(100)
    ledger.release(held(ledger.hold(orderOf(key))), { endedAt: NOON })
    expect(ledger.hold(orderOf(key))).toMatchObject({ heldMicros: 100 })
  })

  it('pays for an ambiguous failure at its hold, marked as estimated', () => {
    const key = withBudget(100)
    ledger.bookEstimated(held(ledger.hold(orderOf(key))), { endedAt: NOON, images: 1 })
    expect(ledger.accountOf(key.id, NOON)?.budget).toMatchObject({ spentMicros: 100, heldMicros: 0 })
    expect(store.reports.generations({ limit: 1 })[0]).toMatchObject({
      outcome: 'ambiguous',
      isEstimated: true,
      costMicros: 100,
    })
  })

  it('books a cost above its hold as it is, and has nothing left then', () => {
    const key = withBudget(100)
    ledger.settle(held(ledger.hold(orderOf(key))), cost(130))
    const state = ledger.accountOf(key.id, NOON)?.budget
    expect(state).toMatchObject({ spentMicros: 130 })
    expect(state && leftMicros(state)).toBe(0)
    expect(ledger.hold(orderOf(key, { highestMicros: 0 }))).toMatchObject({ refused: 'budget' })
  })

  it.each([
    ['settled twice', (hold: ReturnType<typeof held>) => ledger.settle(hold, cost(40))],
    ['released afterwards', (hold: ReturnType<typeof held>) => ledger.release(hold, { endedAt: NOON })],
    [
      'estimated afterwards',
      (hold: ReturnType<typeof held>) => ledger.bookEstimated(hold, { endedAt: NOON, images: 1 }),
    ],
  ])('is charged once for a generation that is %s', (_how, again) => {
    const key = withBudget(500)
    const hold = held(ledger.hold(orderOf(key)))
    expect([ledger.settle(hold, cost(40)), again(hold)]).toEqual([true, false])
    expect(ledger.accountOf(key.id, NOON)?.budget).toMatchObject({ spentMicros: 40, heldMicros: 0 })
    expect(store.reports.usage({ by: 'key', sinceDay: 0 })).toMatchObject([{ generations: 1, costMicros: 40 }])
  })

  it.each([
    ['day', NOON + 12 * HOUR],
    ['week', NOON + 6.5 * DAY],
    ['month', Date.UTC(2026, 11, 1)],
  ] as const)('per %s starts anew when the next one begins in UTC, and not a millisecond before', (period, next) => {
    const key = withBudget(100, period)
    ledger.settle(held(ledger.hold(orderOf(key))), cost(100))
    expect(ledger.hold(orderOf(key, { heldAt: next - 1 }))).toMatchObject({ refused: 'budget' })
    expect(ledger.hold(orderOf(key, { heldAt: next }))).toMatchObject({ heldMicros: 100 })
  })

  it('in total never starts anew', () => {
    const key = withBudget(100, 'total')
    ledger.settle(held(ledger.hold(orderOf(key))), cost(100))
    expect(ledger.hold(orderOf(key, { heldAt: NOON + 4000 * DAY }))).toMatchObject({ refused: 'budget' })
  })

  it('pays in the period in which the money was held', () => {
    const key = withBudget(100, 'day')
    const hold = held(ledger.hold(orderOf(key, { heldAt: NOON })))
    ledger.settle(hold, cost(60, { endedAt: NOON + DAY }))
    expect(ledger.accountOf(key.id, NOON + DAY)?.budget).toMatchObject({ spentMicros: 0 })
    expect(ledger.accountOf(key.id, NOON)?.budget).toMatchObject({ spentMicros: 60 })
  })

  it('of another period counts what was spent in it already', () => {
    const key = withBudget(1000, 'day')
    ledger.settle(held(ledger.hold(orderOf(key, { heldAt: NOON - 2 * DAY }))), cost(70))
    const open = held(ledger.hold(orderOf(key)))
    store.keys.update('alice', { budget: { limitMicros: 200, period: 'month' } }, NOON)
    expect(ledger.accountOf(key.id, NOON)?.budget).toMatchObject({ spentMicros: 70, heldMicros: 100 })
    expect(ledger.hold(orderOf(key, { highestMicros: 31 }))).toMatchObject({ refused: 'budget' })
    ledger.settle(open, cost(50))
    expect(ledger.accountOf(key.id, NOON)?.budget).toMatchObject({ spentMicros: 120, heldMicros: 0 })
  })

  it('is not a way around an unknown price', () => {
    const key = withBudget(100)
    expect(ledger.hold(orderOf(key, { highestMicros: undefined }))).toEqual({ refused: 'unpriced' })
    expect(ledger.hold(orderOf(key, { highestMicros: undefined, allowUnpriced: true }))).toMatchObject({
      heldMicros: 0,
    })
  })
})

describe('a limit of generations in flight', () => {
  it('is kept, and freed by every kind of ending', () => {
    const key = createKey(store, { name: 'bob', maxInFlight: 2 })
    const [first] = [held(ledger.hold(orderOf(key))), held(ledger.hold(orderOf(key)))]
    expect(ledger.hold(orderOf(key))).toEqual({ refused: 'in_flight', limit: 2 })
    ledger.release(first, { endedAt: NOON })
    expect(ledger.hold(orderOf(key))).toMatchObject({ heldMicros: 100 })
  })

  it('does not hide what no waiting helps against: the whole budget is too small, or there is no price', () => {
    const key = createKey(store, { name: 'bob', maxInFlight: 1, budget: { limitMicros: 100, period: 'month' } })
    held(ledger.hold(orderOf(key, { highestMicros: 10 })))
    expect(ledger.hold(orderOf(key, { highestMicros: 101 }))).toMatchObject({ refused: 'budget' })
    expect(ledger.hold(orderOf(key, { highestMicros: undefined }))).toEqual({ refused: 'unpriced' })
    expect(ledger.hold(orderOf(key, { highestMicros: 100 }))).toEqual({ refused: 'in_flight', limit: 1 })
  })
})

describe('a key that cannot be used any more', () => {
  it.each([
    ['revoked', () => store.keys.revoke('alice', NOON)],
    ['disabled', () => store.keys.update('alice', { isDisabled: true }, NOON)],
    ['expired', () => store.keys.update('alice', { expiresAt: NOON }, NOON)],
  ])('buys nothing: %s between its lookup and the hold', (_how, end) => {
    const key = withBudget(1000)
    end()
    expect(ledger.hold(orderOf(key))).toEqual({ refused: 'key' })
  })

  it('is also one that the file has never known', () => {
    expect(ledger.hold(orderOf({ id: 4711, name: 'ghost' }))).toEqual({ refused: 'key' })
  })

  it('still has what it bought before booked', () => {
    const key = withBudget(1000)
    const hold = held(ledger.hold(orderOf(key)))
    store.keys.revoke('alice', NOON)
    expect(ledger.settle(hold, cost(30))).toBe(true)
  })
})
