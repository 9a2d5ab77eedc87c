import { MinuteWindows } from './minute-windows.ts'
import { WINDOW_MS } from './minute-window.ts'

/** Addresses that are counted at once; beyond it the least recently seen are forgotten. */
const MAX_COUNTED = 50_000

/** How often a name was counted in the last minute, this time included. `ttl`: milliseconds until there is room again. */
interface Count {
  readonly current: number
  readonly ttl: number
}
type Answer = (error: Error | null, count?: Count) => void

/**
 * A store of @fastify/rate-limit over the sliding window that callers have, so that a minute means the same everywhere.
 * A refused request is not counted, as there: a client that waits as it was told is served.
 */
export class WindowStore {
  readonly #windows = new MinuteWindows({ max: MAX_COUNTED })
  readonly #now: () => number

  /** @param options those of the plugin; `now` must never go back, default the process's own clock */
  constructor(options: { readonly now?: () => number } = {}) {
    this.#now = options.now ?? (() => performance.now())
  }

  /** Counts once, where that is within `max`; else says `max + 1`, which the plugin takes for exceeded. */
  incr(name: string, answer: Answer, timeWindowMs: number, max: number): void {
    if (timeWindowMs !== WINDOW_MS) return answer(new RangeError('this store counts by the minute'))
    const now = this.#now()
    const window = this.#windows.use(name, now)
    if (window.at(now).requests >= max)
      return answer(null, { current: max + 1, ttl: window.waitMs('requests', max - 1, now) })
    window.add({ requests: 1, images: 0 }, now)
    answer(null, { current: window.at(now).requests, ttl: window.clearMs('requests', now) })
  }

  /** The same without counting. */
  read(name: string, answer: Answer, _timeWindowMs: number, max: number): void {
    const now = this.#now()
    const window = this.#windows.peek(name)
    const current = window.at(now).requests
    const ttl = current < max ? window.clearMs('requests', now) : window.waitMs('requests', max - 1, now)
    answer(null, { current, ttl })
  }

  /** Each counter has windows of its own. */
  child(): WindowStore {
    return new WindowStore({ now: this.#now })
  }
}
