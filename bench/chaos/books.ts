import { KINDS } from './kinds.ts'
import { costOf, requestIdOf } from './upstream.ts'
import { isUnknown } from './verdict.ts'
import { requestOf } from './wants.ts'
import type { Booking, GatewayProcess } from './gateway.ts'
import type { Attempt } from './upstream.ts'

/** What the upstream was paid for, and what the gateway must have booked; money in millionths of a USD. */
export interface Books {
  readonly purchasedMicros: number
  readonly expectedMicros: number
  /** Requests of which nobody can tell whether they were done. */
  readonly unknown: number
  /** Requests that are booked wrongly, in words. */
  readonly wrong: readonly string[]
}

/** By kind: what an order is booked at where nobody can tell. */
export async function highestCosts(gateway: GatewayProcess): Promise<ReadonlyMap<string, number>> {
  const costs = new Map<string, number>()
  for (const kind of KINDS) {
    const { path, contentType, body } = requestOf({ id: 1, seed: 1, kind }, 'check')
    costs.set(kind.name, await gateway.highestMicros(path, contentType, Buffer.from(body)))
  }
  return costs
}

/** Holds what the upstream has done against what the gateway's log says about it. */
export function compareBooks(
  attempts: readonly Attempt[],
  bookings: Iterable<Booking>,
  highest: ReadonlyMap<string, number>,
): Books {
  const byRequest = new Map(Array.from(bookings, (booking) => [booking.upstreamRequestId, booking]))
  const wrong: string[] = []
  let expectedMicros = 0
  for (const attempt of attempts) {
    const micros = bookingOf(attempt, highest.get(attempt.subject.kind.name) ?? 0)
    expectedMicros += micros
    const booked = byRequest.get(requestIdOf(attempt))?.costMicros
    if (booked === undefined || booked === micros) continue
    wrong.push(
      `request ${attempt.number} of order ${attempt.subject.id} (${attempt.fault.name}): ${booked}, not ${micros}`,
    )
  }
  const purchasedMicros = attempts.reduce((sum, attempt) => sum + costOf(attempt), 0)
  return { purchasedMicros, expectedMicros, unknown: attempts.filter(isUnknown).length, wrong }
}

function bookingOf(attempt: Attempt, highestMicros: number): number {
  if (attempt.fault.meaning === 'refusal') return 0
  return isUnknown(attempt) ? highestMicros : costOf(attempt)
}
