import type { Aged } from '../generation/age-list.ts'
import type { Timer } from '../generation/clock.ts'
import type { Generation } from '../generation/generation.ts'
import type { OrderIdentity } from './order-identity.ts'

/**
 * How far the last client of a generation got: `none`: it has not got all of it, as far as is known; `written`: all of it
 * was written to its connection, which is open; `unread`: the connection was closed so soon afterwards that the client
 * may not have read it; `told`: the client was told of a failure that may have been billed.
 */
export type DeliveryProgress = 'none' | 'written' | 'unread' | 'told'

/** A generation that a later request can take over. */
export interface Adoptable extends Aged<Adoptable> {
  readonly generation: Generation
  readonly identity: OrderIdentity
  delivery: DeliveryProgress
  /** When all of it had been written, on the clock that only goes forward. */
  writtenAt: number
  /** The retry count of the last attempt that it was given to. */
  retryCount: number
  /** Ends the keeping. */
  timer: Timer | undefined
  /** Its last client is gone without the answer: it stands among the gone orders. */
  isGone: boolean
  /** It cannot be taken over any more. */
  isForgotten: boolean
}

/** A generation that has just been started. */
export function adoptable(generation: Generation, identity: OrderIdentity): Adoptable {
  return {
    generation,
    identity,
    delivery: 'none',
    writtenAt: 0,
    retryCount: identity.marks.retryCount,
    timer: undefined,
    isGone: false,
    isForgotten: false,
    older: undefined,
    newer: undefined,
  }
}
