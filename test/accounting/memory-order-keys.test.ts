import { describe, expect, it } from 'vitest'
import { MemoryOrderKeys } from '../../src/accounting/memory-order-keys.ts'
import type { OrderKey } from '../../src/accounting/ledger.ts'

const DAY = 86_400_000

function orderKey(more: Partial<OrderKey> = {}): OrderKey {
  return { key: 'k', digest: 'a boat', expiresAt: DAY, ...more }
}

/** The code of the refusal; undefined where the key was free. */
function taking(keys: MemoryOrderKeys, generationId: string, key = orderKey(), now = 0): string | undefined {
  try {
    keys.take(key, generationId, now)
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('order keys of a gateway without a database', () => {
  it('are taken once: while the generation is under way, and when it was bought', () => {
    const keys = new MemoryOrderKeys()
    expect(taking(keys, 'gen_first')).toBeUndefined()
    expect(taking(keys, 'gen_second')).toBe('idempotency_in_progress')
    keys.keep(orderKey(), 'gen_first')
    expect(taking(keys, 'gen_second')).toBe('answer_not_kept')
    expect(taking(keys, 'gen_second', orderKey({ digest: 'a ship' }))).toBe('idempotency_key_reused')
    expect(taking(keys, 'gen_second', orderKey({ key: 'another' }))).toBeUndefined()
  })

  it('are free when nothing was bought, and only the order that has one gives it back', () => {
    const keys = new MemoryOrderKeys()
    taking(keys, 'gen_first')
    keys.giveBack(orderKey(), 'gen_first')
    expect(taking(keys, 'gen_second')).toBeUndefined()
    keys.giveBack(orderKey(), 'gen_first')
    keys.keep(orderKey(), 'gen_first')
    expect(taking(keys, 'gen_third')).toBe('idempotency_in_progress')
  })

  it('expire, but not while their generation is under way', () => {
    const keys = new MemoryOrderKeys()
    taking(keys, 'gen_first')
    expect(taking(keys, 'gen_second', orderKey(), DAY)).toBe('idempotency_in_progress')
    keys.keep(orderKey(), 'gen_first')
    expect(taking(keys, 'gen_second', orderKey(), DAY - 1)).toBe('answer_not_kept')
    expect(taking(keys, 'gen_second', orderKey({ expiresAt: 2 * DAY }), DAY)).toBeUndefined()
  })

  it('take no memory when they have expired', () => {
    const keys = new MemoryOrderKeys()
    for (let index = 0; index < 100; index++) {
      const key = orderKey({ key: String(index), expiresAt: DAY + index })
      taking(keys, 'gen_old', key, index)
      keys.keep(key, 'gen_old')
    }
    taking(keys, 'gen_new', orderKey({ expiresAt: 3 * DAY }), 2 * DAY)
    expect(keys.size).toBe(1)
  })
})
