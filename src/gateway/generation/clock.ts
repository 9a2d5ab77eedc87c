/** A timer that was set; `clear` takes it back. */
export type Timer = object

/** Time from outside: a test sets it forward instead of sleeping. */
export interface Clock {
  /** Milliseconds on a clock that only goes forward. */
  now(): number
  /** Milliseconds since 1970. */
  date(): number
  /** Calls once, after so many milliseconds; the process stays alive for it. */
  after(ms: number, action: () => void): Timer
  /** Calls once, after so many milliseconds, unless the process ends before. */
  background(ms: number, action: () => void): Timer
  clear(timer: Timer | undefined): void
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  after: (ms, action) => setTimeout(action, ms),
  background: (ms, action) => setTimeout(action, ms).unref(),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
}
