import { ManualClock } from './manual-clock.ts'
import type { Timer } from '../../../src/gateway/generation/clock.ts'

/** As long as a retry waits where the upstream does not say; shorter than everything that expires. */
const LONGEST_SHORT_WAIT_MS = 1000
/** A short wait takes no longer than this. */
const REAL_MS = 20

/**
 * For gateways on real sockets: short waits, such as a backoff, end by themselves; nothing expires and nobody's patience
 * ends before the test sets the clock forward. So a test does not depend on how fast the machine is.
 */
export class PatientClock extends ManualClock {
  override after(ms: number, action: () => void): Timer {
    const timer = super.after(ms, action)
    if (ms <= LONGEST_SHORT_WAIT_MS) setTimeout(() => void this.advanceTo(timer), Math.min(ms, REAL_MS))
    return timer
  }

  override background(ms: number, action: () => void): Timer {
    return super.after(ms, action)
  }
}
