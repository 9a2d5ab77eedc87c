import { afterEach, describe, expect, it, vi } from 'vitest'
import { LedgerWriter } from '../../src/accounting/ledger-writer.ts'
import { StoreError } from '../../src/errors/store-error.ts'
import { bought, free, unknown } from '../helpers/store/settlements.ts'
import { orderOf } from '../helpers/store/store.ts'
import { eventually } from '../helpers/eventually.ts'
import type {
  CommandResult,
  EarlierOrder,
  Hold,
  HoldRefusal,
  Ledger,
  LedgerCommand,
} from '../../src/accounting/ledger.ts'

/** A ledger that records its batches, and fails where `failWith` says so. */
class FakeLedger implements Ledger {
  spending = (): undefined => undefined

  readonly batches: LedgerCommand[][] = []
  failWith: (commands: readonly LedgerCommand[]) => Error | undefined = () => undefined
  #lastId = 0

  write(commands: readonly LedgerCommand[]): readonly CommandResult[] {
    this.batches.push([...commands])
    const error = this.failWith(commands)
    if (error !== undefined) throw error
    return commands.map((command): CommandResult => {
      if (command.verb !== 'hold') return true
      return { id: ++this.#lastId, order: command.order, heldMicros: 0, budget: undefined }
    })
  }

  accountOf(): undefined {}

  get verbs(): string[] {
    return this.batches.map((batch) => batch.map(({ verb }) => verb).join(' '))
  }
}

function withWriter(makeRoom?: () => Promise<boolean>): {
  ledger: FakeLedger
  writer: LedgerWriter
  failures: unknown[]
} {
  const ledger = new FakeLedger()
  const failures: unknown[] = []
  return {
    ledger,
    failures,
    writer: new LedgerWriter({ ledger, makeRoom, onWriteFailed: (error) => failures.push(error) }),
  }
}
const order = orderOf(undefined)
const never = { 'x-should-retry': 'false' }
const full = new StoreError('full', 'the disk is full')

afterEach(() => void vi.useRealTimers())

async function aTurn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve))
}

function orderedBefore(more: Partial<EarlierOrder>): HoldRefusal {
  return {
    refused: 'ordered_before',
    earlier: { generationId: 'gen_1', isSameOrder: true, isUnderWay: false, ...more },
  }
}

describe('the ledger writer', () => {
  it('writes what comes in one turn of the event loop in one transaction', async () => {
    const { ledger, writer } = withWriter()
    await Promise.all([writer.hold(order), writer.hold(order), writer.hold(order)])
    expect(ledger.verbs).toEqual(['hold hold hold'])
  })

  it('lets the holds of a crowd wait 2 ms for each other, and no others', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    let now = 0
    const ledger = new FakeLedger()
    const writer = new LedgerWriter({ ledger, onWriteFailed: () => {}, now: () => now })
    for (let count = 0; count < 20; count++) writer.cancel(await writer.hold(order)) // one client, in quick succession
    await Promise.all([1, 2, 3, 4].map(async () => writer.hold(order)))
    const before = ledger.batches.length
    const first = writer.hold(order)
    await aTurn()
    now = 1
    const second = writer.hold(order)
    await aTurn()
    expect(ledger.batches.length).toBe(before)
    vi.advanceTimersByTime(2)
    await Promise.all([first, second])
    expect(ledger.verbs.slice(before)).toEqual(['hold hold'])
    now = 3
    await writer.hold(order) // two milliseconds later
    expect(ledger.verbs.slice(before)).toEqual(['hold hold', 'hold'])
  })

  it('writes an ending with the next hold, in the order in which they came', async () => {
    const { ledger, writer } = withWriter()
    const first = await writer.hold(order)
    writer.settle(first, bought(1))
    await writer.hold(order)
    expect(ledger.verbs).toEqual(['hold', 'settle hold'])
  })

  it('writes an ending by itself where no hold comes', async () => {
    const { ledger, writer } = withWriter()
    const hold = await writer.hold(order)
    writer.settle(hold, free())
    expect(writer.pendingEndings).toBe(1)
    await writer.idle()
    expect([ledger.verbs, writer.pendingEndings]).toEqual([['hold', 'release'], 0])
  })

  it('says where a key stands after all that has ended', async () => {
    const { ledger, writer } = withWriter()
    writer.settle(await writer.hold(order), unknown())
    await writer.accountOf(1, 0)
    expect(ledger.verbs).toEqual(['hold', 'bookEstimated'])
  })

  it('lets one command with a defect fail alone', async () => {
    const { ledger, writer, failures } = withWriter()
    const isBad = (command: LedgerCommand): boolean => command.verb === 'hold' && command.order.n === 13
    ledger.failWith = (commands) => (commands.some(isBad) ? new RangeError('a defect') : undefined)
    const holds = [1, 13, 2].map(async (n) => writer.hold({ ...order, n }))
    const results = await Promise.allSettled(holds)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(failures).toEqual([])
  })

  it('keeps an ending until it can be booked, and says so once', async () => {
    const { ledger, writer, failures } = withWriter()
    const holds: Hold[] = [await writer.hold(order), await writer.hold(order)]
    ledger.failWith = () => full
    for (const hold of holds) writer.settle(hold, bought(1))
    await expect(writer.hold(order)).rejects.toMatchObject({ code: 'storage_full', headers: { 'retry-after': '5' } })
    const { length } = ledger.batches
    await eventually('it is tried again and again', () => ledger.batches.length >= length + 2)
    expect([writer.pendingEndings, failures]).toEqual([2, [full]])
    ledger.failWith = () => undefined
    await writer.idle()
    expect(ledger.verbs.at(-1)).toBe('settle settle')
  })

  it('tells where a key stands also while nothing can be booked', async () => {
    const { ledger, writer } = withWriter()
    const hold = await writer.hold(order)
    ledger.failWith = () => full
    writer.settle(hold, bought(1))
    expect(await writer.accountOf(1, 0)).toBeUndefined()
    expect(writer.pendingEndings).toBe(1)
    ledger.failWith = () => undefined
    await writer.idle()
  })

  it('gives up an ending that has a defect, and reports it', async () => {
    const { ledger, writer, failures } = withWriter()
    const hold = await writer.hold(order)
    ledger.failWith = () => new RangeError('a defect')
    writer.settle(hold, bought(1))
    await writer.idle()
    expect(failures).toMatchObject([{ message: 'a defect' }])
  })

  it('has something else on a full disk given up, and writes again at once, as long as there is something', async () => {
    let left = 3
    const { ledger, writer, failures } = withWriter(async () => left-- > 0)
    ledger.failWith = () => (left > 1 ? full : undefined)
    expect((await writer.hold(order)).order).toEqual(order)
    expect(ledger.verbs).toEqual(['hold', 'hold', 'hold'])
    expect(writer.isFull).toBe(false)
    ledger.failWith = () => full
    await expect(writer.hold(order)).rejects.toMatchObject({ code: 'storage_full' })
    expect(ledger.verbs).toHaveLength(5)
    expect([writer.isFull, failures]).toEqual([true, []])
    ledger.failWith = () => undefined
    await writer.hold(order)
    expect(writer.isFull).toBe(false)
  })

  it.each([
    [{ refused: 'in_flight', limit: 3 }, 'rate_limit_exceeded', 429, 'may have 3 generations in flight'],
    [{ refused: 'unpriced' }, 'model_not_priced', 403, "the price of the model 'gpt-image-2' is not known"],
    [{ refused: 'key' }, 'invalid_api_key', 401, 'revoked'],
    [orderedBefore({ isSameOrder: false }), 'idempotency_key_reused', 422, 'was used for another request'],
    [orderedBefore({ isUnderWay: true }), 'idempotency_in_progress', 409, 'is under way as generation gen_1'],
    [orderedBefore({}), 'answer_not_kept', 409, 'was bought before as generation gen_1, or may have been'],
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
  ] as const)('turns the refusal %j into %s', async (refusal, code, status, words) => {
    const { ledger, writer } = withWriter()
    ledger.write = () => [refusal]
    const refused = writer.hold({ ...order, highestMicros: 421_500 })
    await expect(refused).rejects.toMatchObject({ code, status, message: expect.stringContaining(words) as unknown })
  })

  it.each([
    [{ refused: 'in_flight', limit: 3 }, { 'retry-after': '1' }],
    [orderedBefore({ isSameOrder: false }), never],
    [orderedBefore({ isUnderWay: true }), { 'retry-after': '5', 'x-gateway-generation': 'gen_1' }],
    [orderedBefore({}), { ...never, 'x-gateway-generation': 'gen_1' }],
    [{ refused: 'budget', budget: { limitMicros: 1, period: 'day', spentMicros: 1, heldMicros: 0 } }, never],
    [{ refused: 'budget', budget: { limitMicros: 0, period: 'day', spentMicros: 0, heldMicros: 0 } }, never],
  ] as const)('tells an SDK with the refusal %j whether to come back', async (refusal, headers) => {
    const { ledger, writer } = withWriter()
    ledger.write = () => [refusal]
    await expect(writer.hold({ ...order, highestMicros: 1 })).rejects.toMatchObject({ headers })
  })
})
