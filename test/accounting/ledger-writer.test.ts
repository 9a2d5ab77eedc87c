import { describe, expect, it } from 'vitest'
import { Books } from '../../src/accounting/ledger-writer.ts'
import { StoreError } from '../../src/errors/store-error.ts'
import { cost, orderOf } from '../helpers/store.ts'
import type { Entry, Hold, Ledger, Written } from '../../src/accounting/ledger.ts'

/** A ledger that notes what it is given, and fails as it is told. */
class PretendedLedger implements Ledger {
  readonly batches: Entry[][] = []
  failWith: (entries: readonly Entry[]) => Error | undefined = () => undefined
  #lastId = 0

  write(entries: readonly Entry[]): readonly Written[] {
    this.batches.push([...entries])
    const error = this.failWith(entries)
    if (error !== undefined) throw error
    return entries.map((entry): Written => {
      if (entry.verb !== 'hold') return true
      return { id: ++this.#lastId, order: entry.order, heldMicros: 0, budget: undefined }
    })
  }

  accountOf(): undefined {}

  get verbs(): string[] {
    return this.batches.map((batch) => batch.map(({ verb }) => verb).join(' '))
  }
}

function withBooks(): { ledger: PretendedLedger; books: Books; trouble: unknown[] } {
  const ledger = new PretendedLedger()
  const trouble: unknown[] = []
  return { ledger, trouble, books: new Books({ ledger, onTrouble: (error) => trouble.push(error) }) }
}
const order = orderOf(undefined)
const ending = { endedAt: 0 }
const never = { 'x-should-retry': 'false' }
const full = new StoreError('full', 'the disk is full')

describe('the books', () => {
  it('write what comes in one turn of the event loop in one transaction', async () => {
    const { ledger, books } = withBooks()
    await Promise.all([books.hold(order), books.hold(order), books.hold(order)])
    expect(ledger.verbs).toEqual(['hold hold hold'])
  })

  it('write an ending with the next hold, in the order in which they came', async () => {
    const { ledger, books } = withBooks()
    const first = await books.hold(order)
    books.settle(first, cost(1))
    await books.hold(order)
    expect(ledger.verbs).toEqual(['hold', 'settle hold'])
  })

  it('write an ending by itself where no hold comes', async () => {
    const { ledger, books } = withBooks()
    const hold = await books.hold(order)
    books.release(hold, ending)
    expect(books.unbooked).toBe(1)
    await books.idle()
    expect([ledger.verbs, books.unbooked]).toEqual([['hold', 'release'], 0])
  })

  it('say where a key stands after all that has ended', async () => {
    const { ledger, books } = withBooks()
    books.bookEstimated(await books.hold(order), { ...ending, images: 1 })
    await books.accountOf(1, 0)
    expect(ledger.verbs).toEqual(['hold', 'bookEstimated'])
  })

  it('let one entry with a defect fail alone', async () => {
    const { ledger, books, trouble } = withBooks()
    const isBad = (entry: Entry): boolean => entry.verb === 'hold' && entry.order.n === 13
    ledger.failWith = (entries) => (entries.some(isBad) ? new RangeError('a defect') : undefined)
    const holds = [1, 13, 2].map(async (n) => books.hold({ ...order, n }))
    const results = await Promise.allSettled(holds)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(trouble).toEqual([])
  })

  it('keep an ending until it can be booked, and say so once', async () => {
    const { ledger, books, trouble } = withBooks()
    const holds: Hold[] = [await books.hold(order), await books.hold(order)]
    ledger.failWith = () => full
    for (const hold of holds) books.settle(hold, cost(1))
    await expect(books.hold(order)).rejects.toMatchObject({ code: 'storage_full', headers: { 'retry-after': '5' } })
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect([books.unbooked, trouble]).toEqual([2, [full]])
    ledger.failWith = () => undefined
    await books.idle()
    expect(ledger.verbs.at(-1)).toBe('settle settle')
  })

  it('tell where a key stands also while nothing can be booked', async () => {
    const { ledger, books } = withBooks()
    const hold = await books.hold(order)
    ledger.failWith = () => full
    books.settle(hold, cost(1))
    expect(await books.accountOf(1, 0)).toBeUndefined()
    expect(books.unbooked).toBe(1)
    ledger.failWith = () => undefined
    await books.idle()
  })

  it('give up an ending that has a defect, and report it', async () => {
    const { ledger, books, trouble } = withBooks()
    const hold = await books.hold(order)
    ledger.failWith = () => new RangeError('a defect')
    books.settle(hold, cost(1))
    await books.idle()
    expect(trouble).toMatchObject([{ message: 'a defect' }])
  })

  it.each([
    [{ refused: 'in_flight', limit: 3 }, 'rate_limit_exceeded', 429, 'may have 3 generations in flight'],
    [{ refused: 'unpriced' }, 'model_not_priced', 403, "the price of the model 'gpt-image-2' is not known"],
    [{ refused: 'key' }, 'invalid_api_key', 401, 'revoked'],
    [
      { refused: 'budget', budget: { limitMicros: 25e6, period: 'month', spentMicros: 24e6, heldMicros: 900_000 } },
      'insufficient_quota',
      429,
      "The budget of the key 'anonymous' is $25.00 per month; $0.10 is left ($0.90 is held for generations under way), " +
        'and this request can cost up to $0.4215. It resets at 2026-12-01T00:00Z.',
    ],
    [
      { refused: 'budget', budget: { limitMicros: 421_499, period: 'total', spentMicros: 0, heldMicros: 0 } },
      'request_exceeds_limit',
      400,
      "This request can cost up to $0.4215, and the budget of the key 'anonymous' is $0.421499 in total: it never",
    ],
  ] as const)('turn the refusal %j into %s', async (refusal, code, status, words) => {
    const { ledger, books } = withBooks()
    ledger.write = () => [refusal]
    const refused = books.hold({ ...order, highestMicros: 421_500 })
    await expect(refused).rejects.toMatchObject({ code, status, message: expect.stringContaining(words) as unknown })
  })

  it.each([
    [{ refused: 'in_flight', limit: 3 }, { 'retry-after': '1' }],
    [{ refused: 'budget', budget: { limitMicros: 1, period: 'day', spentMicros: 1, heldMicros: 0 } }, never],
    [{ refused: 'budget', budget: { limitMicros: 0, period: 'day', spentMicros: 0, heldMicros: 0 } }, never],
  ] as const)('tell an SDK with the refusal %j whether to come back', async (refusal, headers) => {
    const { ledger, books } = withBooks()
    ledger.write = () => [refusal]
    await expect(books.hold({ ...order, highestMicros: 1 })).rejects.toMatchObject({ headers })
  })
})
