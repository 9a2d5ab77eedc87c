import { KINDS } from './kinds.ts'
import { costOf, requestIdOf } from './upstream.ts'
import { isUnknown } from './verdict.ts'
import { requestOf } from './requests.ts'
import type { Booking, GatewayProcess } from './gateway.ts'
import type { Attempt } from './upstream.ts'

/** The upstream's account beside the gateway's bookings, in micro-USD. */
export interface BookingReport {
  /** Cost of the images that the upstream made. */
  readonly purchasedMicros: number
  /** Cost that the gateway should have booked. */
  readonly expectedMicros: number
  /** Requests without images and without a refusal: the work may have been done. */
  readonly unknown: number
  /** Requests that are booked wrongly, in words. */
  readonly wrong: readonly string[]
}

/** Kind of order → its highest cost, which is booked when the outcome is unknown. */
export async function highestCosts(gateway: GatewayProcess): Promise<ReadonlyMap<string, number>> {
  const costs = new Map<string, number>()
  for (const kind of KINDS) {
    const { path, contentType, body } = requestOf({ id: 1, seed: 1, kind }, 'check')
    costs.set(kind.name, await gateway.highestMicros(path, contentType, Buffer.from(body)))
  }
  return costs
}

/** Compares the upstream's attempts with the bookings in the gateway's log. */
export function compareBookings(
  attempts: readonly Attempt[],
  bookings: Iterable<Booking>,
  highest: ReadonlyMap<string, number>,
): BookingReport {
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
