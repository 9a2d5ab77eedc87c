import { describe, expect, it } from 'vitest'
import { BEHAVIOURS } from './behaviours.ts'
import { errorIn } from './client.ts'
import { USAGE_MICROS } from './faulty-upstream.ts'
import { inWorld } from './world.ts'
import type { Behaviour, Seen } from './behaviours.ts'
import type { FaultWorld, WorldOptions } from './world.ts'

/** The client gets the images. */
interface Answered {
  readonly kind: 'answered'
}

/** The client is told of a failure. */
interface Failed {
  readonly kind: 'failed'
  readonly status: number
  readonly codes: readonly string[]
  /** `never`: the client is told not to send it again; `sdk`: it may. */
  readonly retry: 'never' | 'sdk'
  /** The image may exist: booked at the highest cost, sent once. Otherwise nothing is booked. */
  readonly isAmbiguous: boolean
  /** How often the gateway sends it upstream for one client that waits; 1 where absent. */
  readonly sends?: number
}

/** The client has its status and a part of the images; its connection is cut. */
interface Cut {
  readonly kind: 'cut'
  readonly booked: 'highest' | 'usage'
}

/** One way in which the upstream behaves, and what has to come of it. */
export interface Fault extends WorldOptions {
  readonly name: string
  /** The upstream makes the image, whatever it says. */
  readonly buys: boolean
  /** The client gets the beginning of the answer before the rest is there. */
  readonly hasMiddle?: boolean
  readonly outcome: Answered | Failed | Cut
}

/** Every fault × everything a client may do: what is paid for, what is booked, what the clients get, what is left. */
export function table(title: string, faults: readonly Fault[]): void {
  describe.concurrent(title, () => {
    for (const fault of faults) {
      const behaviours = BEHAVIOURS.filter(({ needsBody }) => !needsBody || fault.hasMiddle === true)
      it.each(behaviours)(`that ${fault.name}, while the client $name`, async (behaviour) => {
        await inWorld(fault, async (world) => {
          const seen = await behaviour.run(world)
          await world.idle()
          for (const one of seen) checkAnswer(fault, world, one)
          checkPurchases(fault, world, behaviour)
          expect(await world.bookedMicros()).toBe(await bookedMicros(fault, world, behaviour))
          expectEachItsOwn(fault, seen)
        })
      })
    }
  })
}

function checkAnswer({ outcome, buys }: Fault, { upstream }: FaultWorld, { role, got }: Seen): void {
  if (outcome.kind === 'answered') {
    expect(got.status).toBe(200)
    expect(got.isWhole).toBe(true)
    expect(upstream.purchases.some((made) => made.equals(got.body))).toBe(true)
    if (role === 'retry') expect(got.headers['x-gateway-adopted']).toMatch(/^gen_[\w-]+$/)
    return
  }
  const isCut = got.status === 200 && !got.isWhole
  if (outcome.kind === 'cut') {
    if (isCut) return
    // A retry may be told; the first client has had its status.
    expect(role).toBe('retry')
    expect([got.status, errorIn(got).code, got.headers['x-should-retry']]).toEqual([
      outcome.kind === 'cut' && errorIn(got).code === 'upstream_timeout' ? 504 : 502,
      expect.stringMatching(/^upstream_(failed|timeout)$/),
      'false',
    ])
    return
  }
  expect(got.status).toBe(outcome.status)
  expect(outcome.codes).toContain(errorIn(got).code)
  expect(got.headers['x-should-retry']).toBe(outcome.retry === 'never' ? 'false' : undefined)
  if (outcome.isAmbiguous || buys || got.headers['retry-after'] === undefined) return
  expect(Number(got.headers['retry-after'])).toBeLessThanOrEqual(60)
  expect(Number(got.headers['retry-after-ms'])).toBeGreaterThan(0)
}

function checkPurchases({ outcome, buys }: Fault, { upstream, isReachable }: FaultWorld, behaviour: Behaviour): void {
  expect(upstream.purchases).toHaveLength(buys ? behaviour.orders : 0)
  if (!isReachable) return
  const mayBeDone = outcome.kind !== 'failed' || outcome.isAmbiguous
  if (mayBeDone) expect(upstream.arrivals).toBe(behaviour.orders)
  else if (behaviour.name === 'waits') expect(upstream.arrivals).toBe(outcome.sends ?? 1)
}

/** Of the one order that all cases place. */
let highest: number | undefined

async function bookedMicros({ outcome }: Fault, world: FaultWorld, { orders }: Behaviour): Promise<number> {
  if (outcome.kind === 'answered' || (outcome.kind === 'cut' && outcome.booked === 'usage'))
    return orders * USAGE_MICROS
  if (outcome.kind === 'failed' && !outcome.isAmbiguous) return 0
  return orders * (highest ??= await world.highestMicros())
}

/** Two that asked for two pictures do not get the same one. */
function expectEachItsOwn({ outcome }: Fault, seen: readonly Seen[]): void {
  if (outcome.kind !== 'answered') return
  const retries = seen.filter(({ role }) => role === 'retry').map(({ got }) => got.body.toString('latin1'))
  expect(new Set(retries).size).toBe(retries.length)
}
