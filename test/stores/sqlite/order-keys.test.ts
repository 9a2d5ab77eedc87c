import { afterEach, beforeEach, describe, expect, it } from 'vitest'
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
  orderOf,
  registered,
} from '../../helpers/store/store.ts'
import type { HoldRefusal, OrderedGeneration } from '../../../src/accounting/ledger.ts'
import type { RegisteredInstance } from '../../helpers/store/store.ts'

let directory: ReturnType<typeof temporaryDirectory>
let store: Store
let processes: FakeProcesses
let one: RegisteredInstance
let other: RegisteredInstance
let now: number

beforeEach(() => {
  now = NOON
  directory = temporaryDirectory()
  store = Store.forServing(directory.path)
  processes = new FakeProcesses()
  one = registered(store, processes.next(), () => now)
  other = registered(store, processes.next(), () => now)
})
afterEach(() => {
  store.close()
  directory.remove()
})

/** An order with the key `k`, valid for a day. */
function keyed(generationId: string, more: { key?: string; digest?: string } = {}): OrderedGeneration {
  const orderKey = { key: 'k', digest: 'a boat', expiresAt: now + DAY, ...more }
  return orderOf(undefined, { generationId, orderKey, heldAt: now })
}

function orderedBefore(generationId: string, more: { isSameOrder?: boolean; isUnderWay?: boolean } = {}): HoldRefusal {
  return { refused: 'ordered_before', earlier: { generationId, isSameOrder: true, isUnderWay: true, ...more } }
}

describe('an order with a key', () => {
  it('is held once, by whichever process is first, while the generation is under way', () => {
    held(one.ledger.hold(keyed('gen_first')))
    expect(other.ledger.hold(keyed('gen_second'))).toEqual(orderedBefore('gen_first'))
    expect(one.ledger.hold(keyed('gen_third'))).toEqual(orderedBefore('gen_first'))
    expect(store.reports.underWay({ limit: 9 }).map(({ id }) => id)).toEqual(['gen_first'])
  })

  it('is told from another order with the same key', () => {
    held(one.ledger.hold(keyed('gen_first')))
    const refusal = orderedBefore('gen_first', { isSameOrder: false })
    expect(other.ledger.hold(keyed('gen_second', { digest: 'a ship' }))).toEqual(refusal)
  })

  it('keeps its key when it was bought, or may have been', () => {
    one.ledger.settle(held(one.ledger.hold(keyed('gen_bought'))), cost(40))
    const unknown = held(one.ledger.hold(keyed('gen_unknown', { key: 'another' })))
    one.ledger.bookEstimated(unknown, { endedAt: now, images: 1 })
    expect(other.ledger.hold(keyed('gen_x'))).toEqual(orderedBefore('gen_bought', { isUnderWay: false }))
    const refusal = orderedBefore('gen_unknown', { isUnderWay: false })
    expect(other.ledger.hold(keyed('gen_y', { key: 'another' }))).toEqual(refusal)
  })

  it('gives its key back when nothing was bought', () => {
    one.ledger.release(held(one.ledger.hold(keyed('gen_free'))), { endedAt: now })
    one.ledger.cancel(held(one.ledger.hold(keyed('gen_cancelled'))))
    held(other.ledger.hold(keyed('gen_bought')))
  })

  it('that ended before another one had its key does not take the key from that one', () => {
    const first = held(one.ledger.hold(keyed('gen_first')))
    one.ledger.release(first, { endedAt: now })
    held(other.ledger.hold(keyed('gen_second')))
    one.ledger.release(first, { endedAt: now })
    one.ledger.cancel(first)
    expect(one.ledger.hold(keyed('gen_third'))).toEqual(orderedBefore('gen_second'))
  })

  it('takes no key where its hold is refused', () => {
    const alice = createKey(store, { name: 'alice', budget: { limitMicros: 10, period: 'total' } })
    const { orderKey } = keyed('gen_first')
    const order = orderOf(alice, { orderKey, heldAt: now, highestMicros: 100 })
    expect(one.ledger.hold(order)).toMatchObject({ refused: 'budget' })
    held(one.ledger.hold({ ...order, highestMicros: 1 }))
  })

  it('is told of the earlier one before its budget is looked at', () => {
    const alice = createKey(store, { name: 'alice', budget: { limitMicros: 100, period: 'total' } })
    const { orderKey } = keyed('gen_first')
    held(one.ledger.hold(orderOf(alice, { orderKey, heldAt: now, generationId: 'gen_first' })))
    expect(other.ledger.hold(orderOf(alice, { orderKey, heldAt: now }))).toEqual(orderedBefore('gen_first'))
  })

  it('whose process died has its key for as long as any other', () => {
    const dead = processes.next()
    held(registered(store, dead).ledger.hold(keyed('gen_lost')))
    processes.kill(dead)
    expect(one.ledger.hold(keyed('gen_again'))).toEqual(orderedBefore('gen_lost'))
    one.heartbeat()
    expect(one.recovered).toMatchObject([{ generationId: 'gen_lost' }])
    expect(one.ledger.hold(keyed('gen_again'))).toEqual(orderedBefore('gen_lost', { isUnderWay: false }))
  })

  it('is a new order when its key has expired, unless the earlier one is still under way', () => {
    const first = held(one.ledger.hold(keyed('gen_first')))
    now += DAY - 1
    expect(one.ledger.hold(keyed('gen_second'))).toEqual(orderedBefore('gen_first'))
    now += 1
    expect(one.ledger.hold(keyed('gen_second'))).toEqual(orderedBefore('gen_first'))
    one.ledger.settle(first, cost(40))
    held(one.ledger.hold(keyed('gen_second')))
    expect(one.ledger.hold(keyed('gen_third'))).toEqual(orderedBefore('gen_second'))
  })
})

describe('a heartbeat', () => {
  it('removes keys that have expired, and none whose generation is under way', () => {
    one.ledger.settle(held(one.ledger.hold(keyed('gen_old'))), cost(40))
    held(one.ledger.hold(keyed('gen_slow', { key: 'slow' })))
    now += HOUR
    one.ledger.settle(held(one.ledger.hold(keyed('gen_young', { key: 'young' }))), cost(40))
    one.heartbeat()
    expect(store.keptOrderKeys()).toBe(3)
    now = NOON + DAY
    one.heartbeat()
    one.heartbeat() // the first one after a pause lets the others go first
    expect(store.keptOrderKeys()).toBe(2)
    now += HOUR
    one.heartbeat()
    one.heartbeat()
    expect(store.keptOrderKeys()).toBe(1)
  })
})
