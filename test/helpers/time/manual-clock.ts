import type { Clock, Timer } from '../../../src/gateway/generation/clock.ts'

interface Pending {
  readonly at: number
  readonly action: () => void
}

/** A clock that stands still until it is set forward: timers run in their order, and nothing sleeps. */
export class ManualClock implements Clock {
  #now = 1000
  #pending: Pending[] = []

  now(): number {
    return this.#now
  }

  date(): number {
    return 1_800_000_000_000 + this.#now
  }

  after(ms: number, action: () => void): Timer {
    const pending = { at: this.#now + ms, action }
    this.#pending.push(pending)
    return pending
  }

  background(ms: number, action: () => void): Timer {
    return this.after(ms, action)
  }

  clear(timer: Timer | undefined): void {
    this.#pending = this.#pending.filter((pending) => pending !== timer)
  }

  /** Timers that are set. */
  get timers(): number {
    return this.#pending.length
  }

  /** Sets the clock forward until a timer has run; not at all where it is not set any more. */
  async advanceTo(timer: Timer): Promise<void> {
    const pending = this.#pending.find((one) => one === timer)
    if (pending !== undefined) await this.advance(Math.max(0, pending.at - this.#now))
  }

  /** Sets the clock forward; promises that timers settle are let run in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      const due = this.#pending.filter(({ at }) => at <= until)
      const next = due.reduce<Pending | undefined>((a, b) => (a === undefined || b.at < a.at ? b : a), undefined)
      if (next === undefined) break
      this.clear(next)
      this.#now = Math.max(this.#now, next.at)
      next.action()
      await settled()
    }
    this.#now = Math.max(this.#now, until)
    await settled()
  }
}

/** Lets promises that are settled have their effect. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}
