import { beforeEach, describe, expect, it } from 'vitest'
import { AlertSender } from '../../src/accounting/alerts/alert-sender.ts'
import { eventually } from '../helpers/eventually.ts'
import { ManualClock } from '../helpers/time/manual-clock.ts'
import type { AlertStore, PendingAlert } from '../../src/accounting/alerts/alert.ts'
import type { AlertMessage } from '../../src/accounting/alerts/alert-forms.ts'

let clock: ManualClock
let due: { alert: PendingAlert; at: number }[]
let posted: AlertMessage[]
let results: string[]
let answer: () => Promise<number>

const store: AlertStore = {
  claim: (now) => {
    const next = due.find(({ at }) => at <= now)
    if (next === undefined) return undefined
    next.at = now + 60_000
    next.alert = { ...next.alert, attempts: next.alert.attempts + 1 }
    return next.alert
  },
  finish: (id) => void (due = due.filter(({ alert }) => alert.id !== id)),
  postpone: (id, dueAt) => {
    for (const one of due) if (one.alert.id === id) one.at = dueAt
  },
}

function record(id: number): void {
  const at = clock.date()
  const budget = undefined
  due.push({
    alert: { id, messageId: `alert_${id}`, kind: 'upstream_rejected_key', keyName: '', budget, at, attempts: 0 },
    at,
  })
}

function senderOf(from = store): AlertSender {
  return new AlertSender({
    store: from,
    post: async (message) => {
      posted.push(message)
      return answer()
    },
    form: 'json',
    secret: undefined,
    clock,
    onAttempt: (_alert, { result }) => results.push(result),
    onStoreFailed: () => results.push('no store'),
  })
}

beforeEach(() => {
  clock = new ManualClock()
  due = []
  posted = []
  results = []
  answer = async () => 204
})

describe('alerts that were recorded', () => {
  it('are delivered in their order, each once, when the sender is woken', async () => {
    for (const id of [1, 2, 3]) record(id)
    const sender = senderOf()
    sender.wake()
    sender.wake()
    await eventually('all are delivered', () => results.length === 3)
    expect(posted.map(({ headers }) => headers['webhook-id'])).toEqual(['alert_1', 'alert_2', 'alert_3'])
    expect(results).toEqual(['delivered', 'delivered', 'delivered'])
    await sender.close()
    expect(clock.timers).toBe(0)
  })

  it('are found by a look of their own, where another process has recorded them', async () => {
    const sender = senderOf()
    sender.wake()
    await clock.advance(0)
    record(1)
    await clock.advance(15_000)
    expect(results).toEqual(['delivered'])
    await sender.close()
  })

  it('are tried again with growing pauses, under the same id, and given up after a day', async () => {
    answer = async () => 503
    record(1)
    const sender = senderOf()
    sender.wake()
    const at: number[] = []
    const began = clock.date()
    for (let minute = 0; minute < 26 * 60 * 4; minute++) {
      const before = posted.length
      await clock.advance(15_000)
      if (posted.length > before) at.push(clock.date() - began)
    }
    expect(results.at(-1)).toBe('given_up')
    expect(results.slice(0, -1)).toEqual(results.slice(0, -1).map(() => 'failed'))
    expect(posted.length).toBeLessThan(40)
    expect(new Set(posted.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(['alert_1']))
    // The first attempt is not at one of the looks, which are 15 s apart.
    const pauses = at.slice(2).map((ms, index) => ms - (at[index + 1] ?? 0))
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
    await sender.close()
  })

  it('are tried again where nobody answers', async () => {
    answer = async () => Promise.reject(new Error('ECONNREFUSED'))
    record(1)
    const sender = senderOf()
    sender.wake()
    await clock.advance(0)
    answer = async () => 200
    await clock.advance(15_000)
    expect(results).toEqual(['failed', 'delivered'])
    await sender.close()
  })

  it('wait for a store that cannot be read', async () => {
    record(1)
    let isBroken = true
    const sender = senderOf({
      ...store,
      claim: (now, leaseMs) => {
        if (isBroken) throw new Error('locked')
        return store.claim(now, leaseMs)
      },
    })
    sender.wake()
    await clock.advance(0)
    isBroken = false
    await clock.advance(15_000)
    expect(results).toEqual(['no store', 'delivered'])
    await sender.close()
  })

  it('are left to the next process by one that closes, once its attempt has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<number>()
    answer = async () => promise
    record(1)
    record(2)
    const sender = senderOf()
    sender.wake()
    await clock.advance(0)
    const closed = sender.close()
    resolve(200)
    await closed
    expect(results).toEqual(['delivered'])
    sender.wake()
    await clock.advance(60_000)
    expect(posted).toHaveLength(1)
  })
})
