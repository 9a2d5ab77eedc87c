import type { Counted } from './rate-limit.ts'

export const WINDOW_MS = 60_000
/** Counts within a tenth of a second share an entry, so that a window has at most 600 of them. */
const STEP_MS = 100

/** A number of each. */
export type Counts = Readonly<Record<Counted, number>>

interface Entry {
  readonly since: number
  requests: number
  images: number
}

/** Requests and images of one caller in the last 60 seconds: a sliding window, to a tenth of a second. */
export class MinuteWindow {
  /** The oldest first. */
  readonly #entries: Entry[] = []
  readonly #sum = { requests: 0, images: 0 }

  /** The sums over the minute before a time. */
  at(now: number): Counts {
    for (let [oldest] = this.#entries; oldest !== undefined && !isWithin(oldest, now); [oldest] = this.#entries) {
      this.#entries.shift()
      this.#subtract(oldest)
    }
    return this.#sum
  }

  /** Adds to the counts; the returned function takes it back. */
  add(counts: Counts, now: number): () => void {
    const last = this.#entries.at(-1)
    const entry =
      last !== undefined && now - last.since < STEP_MS && now >= last.since
        ? last
        : { since: now, requests: 0, images: 0 }
    if (entry !== last) this.#entries.push(entry)
    change(entry, counts, 1)
    change(this.#sum, counts, 1)
    let isBack = false
    return () => {
      if (isBack || !this.#entries.includes(entry)) return
      isBack = true
      change(entry, counts, -1)
      change(this.#sum, counts, -1)
    }
  }

  /** Milliseconds until at most `max` of them still count. */
  waitMs(counted: Counted, max: number, now: number): number {
    let left = this.at(now)[counted]
    for (const entry of this.#entries) {
      if (left <= max) return 0
      left -= entry[counted]
      if (left <= max) return leftOf(entry, now)
    }
    return 0
  }

  /** Milliseconds until none of them counts any more. */
  clearMs(counted: Counted, now: number): number {
    const last = this.#entries.findLast((entry) => entry[counted] > 0)
    return last === undefined ? 0 : Math.max(0, leftOf(last, now))
  }

  #subtract(entry: Entry): void {
    change(this.#sum, entry, -1)
  }
}

/** A clock that was set back must not make an entry stay for longer than its minute. */
function isWithin({ since }: Entry, now: number): boolean {
  return since <= now && now - since < WINDOW_MS
}

/** Subtracted in this order, the rest of a minute is never rounded to more than one. */
function leftOf({ since }: Entry, now: number): number {
  return WINDOW_MS - (now - since)
}

function change(target: { requests: number; images: number }, { requests, images }: Counts, sign: 1 | -1): void {
  target.requests += sign * requests
  target.images += sign * images
}
