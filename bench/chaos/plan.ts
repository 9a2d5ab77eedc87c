import { between, chance, pick } from './chance.ts'
import { subjectOf } from './kinds.ts'
import type { Subject } from './kinds.ts'

/** How a client behaves. */
const MANNERS = [
  /** The SDK with a long timeout. */
  { name: 'waits', share: 30 },
  /** The SDK with a short timeout and its own two retries. */
  { name: 'hasty', share: 20 },
  /** The SDK, aborted by its caller: it does not come back. */
  { name: 'aborts', share: 7 },
  /** A client that loses its connection at some moment and comes back, as SDKs in other languages do. */
  { name: 'returns', share: 18 },
  /** A client without marks of a retry, which sends the same again when its time is up or the answer is a 5xx. */
  { name: 'plain', share: 10 },
  /** A client that is gone for good. */
  { name: 'vanishes', share: 8 },
  /** Two requests with one Idempotency-Key. */
  { name: 'keyed', share: 7 },
] as const
export type Manner = (typeof MANNERS)[number]['name']

/** One client's wish for one picture. */
export interface Order {
  readonly subject: Subject
  readonly manner: Manner
  /** 0, or 1 for the second of two equal orders. */
  readonly twin: number
  /** An outage of the upstream that begins with this order, in milliseconds. */
  readonly outageMs: number | undefined
}

/** Whether the client waits for its answer to the end. */
export function staysFor({ manner }: Order): boolean {
  return manner !== 'aborts' && manner !== 'vanishes'
}

const TWINS_SHARE = 0.04
const OUTAGE_SHARE = 0.004
/** Early enough for a short run to have an outage too. */
const FIRST_OUTAGE = 150

/** All orders in sequence; some are equal to the one before on purpose. */
export function planOf(seed: number, count: number): Order[] {
  const orders: Order[] = []
  for (let id = 1; orders.length < count; id++) {
    const subject = subjectOf(seed, id)
    const isDown = chance(seed, id, 'outage') < OUTAGE_SHARE || id === FIRST_OUTAGE
    const outageMs = isDown ? between(chance(seed, id, 'outage length'), 150, 600) : undefined
    if (chance(seed, id, 'twins') < TWINS_SHARE) {
      for (const twin of [0, 1]) {
        const manner = chance(seed, id, twin, 'manner') < 0.5 ? 'waits' : 'hasty'
        orders.push({ subject, manner, twin, outageMs: twin === 0 ? outageMs : undefined })
      }
    } else {
      const manner = pick(chance(seed, id, 'manner'), MANNERS, ({ share }) => share).name
      orders.push({ subject, manner, twin: 0, outageMs })
    }
  }
  return orders
}

/** A number from 0 up to 1 for a decision about an order, or about one of its attempts. */
export function rollOf({ subject, twin }: Order, ...about: readonly (string | number)[]): number {
  return chance(subject.seed, subject.id, twin, ...about)
}
