import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { MemoryOrderKeys } from '../../src/accounting/memory-order-keys.ts'
import { CallerLimits } from '../../src/access/limits/caller-limits.ts'
import { GatewayError } from '../../src/errors/gateway-error.ts'
import { Adoptions } from '../../src/gateway/adoption/adoptions.ts'
import { NO_MARKS } from '../../src/gateway/adoption/order-identity.ts'
import { Exchange } from '../../src/gateway/exchange.ts'
import { Generations } from '../../src/gateway/generations.ts'
import { imagesGenerations } from '../../src/gateway/requests/images-generations.ts'
import { UpstreamPauses } from '../../src/upstream/pauses.ts'
import { Catalogue } from '../../src/models/catalogue.ts'
import { SpoolDirectory } from '../../src/spool/spool-file.ts'
import { Metrics } from '../../src/telemetry/metrics.ts'
import { temporaryDirectory } from '../helpers/directory.ts'
import { ManualClock } from '../helpers/time/manual-clock.ts'
import { seriesIn } from '../helpers/gateways/metrics.ts'
import { orderOf } from '../helpers/store/store.ts'
import { image, PretendedUpstream } from './generation/pretended-upstream.ts'
import type { LedgerWriter } from '../../src/accounting/ledger-writer.ts'
import type { Hold, OrderedGeneration } from '../../src/accounting/ledger.ts'
import type { Settlement } from '../../src/accounting/settlement.ts'
import type { GenerationsOptions } from '../../src/gateway/generations.ts'
import type { Marks } from '../../src/gateway/adoption/order-identity.ts'
import type { Order } from '../../src/gateway/requests/order.ts'
import type { UpstreamRequest } from '../../src/upstream/upstream.ts'

const { path, remove } = temporaryDirectory()
afterAll(remove)
const models = new Catalogue({ unknownModels: 'allow' })

/** A ledger that notes holds and their ends, and refuses or waits as a test says. */
class PretendedLedger {
  readonly held: Hold[] = []
  readonly cancelled: Hold[] = []
  readonly settled: [Hold, Settlement][] = []
  beforeHold: () => Promise<void> | void = () => {}

  async hold(asked: OrderedGeneration): Promise<Hold> {
    await this.beforeHold()
    const hold = {
      id: this.held.length + 1,
      order: { ...orderOf(undefined), ...asked },
      heldMicros: 1,
      budget: undefined,
    }
    this.held.push(hold)
    return hold
  }

  cancel(hold: Hold): void {
    this.cancelled.push(hold)
  }

  settle(hold: Hold, settlement: Settlement): void {
    this.settled.push([hold, settlement])
  }
}

let discarded: number
let clock: ManualClock
let upstream: PretendedUpstream
let ledger: PretendedLedger
let limits: CallerLimits
let metrics: Metrics

beforeEach(() => {
  discarded = 0
  clock = new ManualClock()
  upstream = new PretendedUpstream()
  ledger = new PretendedLedger()
  limits = new CallerLimits({ requestsPerMinute: 10, now: () => clock.now() })
  metrics = new Metrics('0')
})

function generations(more: Partial<GenerationsOptions> = {}): Generations {
  return new Generations({
    upstream: { post: (_request: UpstreamRequest, receiver) => upstream.send(receiver) },
    metrics,
    adoptions: new Adoptions({ directory: new SpoolDirectory(path), ttlMs: 600_000, maxDiskBytes: 1e9, clock }),
    clock,
    limits,
    pauses: new UpstreamPauses(() => clock.now()),
    ledger: ledger as unknown as LedgerWriter,
    orderKeys: new MemoryOrderKeys(),
    idempotencyTtlMs: 86_400_000,
    everythingCosts: true,
    allowUnpriced: false,
    priceMultiplier: 1,
    timeoutMs: 60_000,
    maxInFlight: 0,
    maxRetries: 0,
    redact: (text) => text,
    onOrphanSettled: () => {},
    ...more,
  })
}

function order(prompt = 'a boat'): Order {
  const parameters = new Map(Object.entries({ model: 'gpt-image-2', prompt }))
  const body = Buffer.from(JSON.stringify({ model: 'gpt-image-2', prompt }))
  const call = {
    ruleSet: 'images.generations' as const,
    parameters,
    isForm: false,
    digest: () => prompt,
    body,
    contentType: 'application/json',
    rewrite: () => body,
    discard: () => void discarded++,
  }
  const model = models.resolve('gpt-image-2')
  return {
    endpoint: imagesGenerations,
    call,
    model,
    policy: 'strict',
    body,
    parameters,
    filled: new Map(),
    dropped: [],
    isModelSet: false,
  }
}

const connection = { destroyed: false, readableEnded: false }

function exchange(marks: Partial<Marks> = {}, socket = connection): Exchange {
  const made = new Exchange('images.generations', socket)
  made.caller = { name: 'alice' }
  made.marks = { ...NO_MARKS, ...marks }
  return made
}

async function metric(name: string): Promise<number> {
  return seriesIn(await metrics.exposition(), name)
}

describe('an order that is bought', () => {
  it('is counted and held before it is sent, and settled once', async () => {
    const all = generations()
    const client = exchange()
    const generation = await all.obtain(order(), client)
    expect([ledger.held.length, upstream.calls.length, all.running]).toEqual([1, 1, 1])
    expect(ledger.held[0]?.order.generationId).toBe(generation?.id)
    expect(client.headers['x-ratelimit-remaining-requests']).toBe('9')
    upstream.last.answers(image())
    expect(ledger.settled).toMatchObject([[ledger.held[0], { verdict: 'bought', images: 1 }]])
    expect([all.running, ledger.cancelled.length, discarded]).toEqual([0, 0, 1])
  })

  it('is not sent where its client has left while it waited for its hold: everything is given back', async () => {
    const socket = { destroyed: false, readableEnded: false }
    ledger.beforeHold = () => void (socket.destroyed = true)
    const generation = await generations().obtain(order(), exchange({}, socket))
    expect([generation, upstream.calls.length]).toEqual([undefined, 0])
    expect(ledger.cancelled).toEqual(ledger.held)
    expect(limits.stateOf({ name: 'alice' }).requests?.remaining).toBe(10)
  })

  it('gives its place in the limits back where the hold is refused', async () => {
    ledger.beforeHold = () => {
      throw new GatewayError('insufficient_quota', 'no budget')
    }
    await expect(generations().obtain(order(), exchange())).rejects.toMatchObject({ code: 'insufficient_quota' })
    expect([upstream.calls.length, limits.stateOf({ name: 'alice' }).requests?.remaining]).toEqual([0, 10])
  })

  it('gives hold and place back where too many are under way', async () => {
    const all = generations({ maxInFlight: 1 })
    await all.obtain(order(), exchange())
    await expect(all.obtain(order('another'), exchange())).rejects.toMatchObject({ code: 'rate_limit_exceeded' })
    expect([upstream.calls.length, ledger.cancelled.length]).toEqual([1, 1])
    expect(limits.stateOf({ name: 'alice' }).requests?.remaining).toBe(9)
  })
})

describe('an order that was bought before', () => {
  it('is adopted by its retry, and counts against nothing', async () => {
    const all = generations()
    const client = exchange()
    const bought = await all.obtain(order(), client)
    upstream.last.connects()
    all.exchangeEnded(client, undefined)
    expect(await metric('comet_orphans')).toBe(1)
    const retry = exchange({ retryCount: 1 })
    expect(await all.obtain(order(), retry)).toBe(bought)
    expect([ledger.held.length, upstream.calls.length, retry.isAdopter]).toEqual([1, 1, true])
    expect(retry.headers['x-gateway-adopted']).toBe(bought?.id)
    expect([await metric('comet_orphans'), await metric('comet_adoptions_total')]).toEqual([0, 1])
  })

  it('with the same Idempotency-Key while both waited is bought once, and the second gives everything back', async () => {
    const all = generations()
    const both = [exchange({ idempotencyKey: 'k' }), exchange({ idempotencyKey: 'k' })]
    const [first, second] = await Promise.all(both.map(async (one) => all.obtain(order(), one)))
    expect(first).toBe(second)
    expect([upstream.calls.length, ledger.held.length, ledger.cancelled.length]).toEqual([1, 2, 1])
    expect(limits.stateOf({ name: 'alice' }).requests?.remaining).toBe(9)
  })

  it('is shared with an order whose hold was refused because of it', async () => {
    const all = generations()
    const first = await all.obtain(order(), exchange({ idempotencyKey: 'k' }))
    const waiting = exchange({ idempotencyKey: 'k' })
    ledger.beforeHold = () => {
      throw new GatewayError('insufficient_quota', 'no budget')
    }
    expect(await all.obtain(order(), waiting)).toBe(first)
    expect(upstream.calls).toHaveLength(1)
  })
})

describe('orphans', () => {
  it('are counted while they are under way, whatever becomes of them', async () => {
    const all = generations()
    const clients = [exchange(), exchange(), exchange()]
    for (const [index, client] of clients.entries()) await all.obtain(order(`boat ${index}`), client)
    upstream.calls[1]?.connects()
    upstream.calls[2]?.connects()
    for (const client of clients) all.exchangeEnded(client, undefined)
    expect(await metric('comet_orphans')).toBe(2) // the first was never sent
    upstream.calls[1]?.begins().sends(image()).ends()
    upstream.calls[2]?.breaks()
    expect([await metric('comet_orphans'), await metric('comet_in_flight'), all.running]).toEqual([0, 0, 0])
  })

  it('are waited for', async () => {
    const all = generations()
    const client = exchange()
    await all.obtain(order(), client)
    upstream.last.connects()
    all.exchangeEnded(client, undefined)
    const waited = { isOver: false }
    const idle = all.idle().then(() => (waited.isOver = true))
    await clock.advance(1000)
    expect(waited.isOver).toBe(false)
    upstream.last.begins().sends(image()).ends()
    expect(await idle).toBe(true)
  })
})
