import { alertMessage } from './alert-forms.ts'
import type { Alert, AlertStore, PendingAlert } from './alert.ts'
import type { AlertForm } from './alert-form-names.ts'
import type { AlertMessage } from './alert-forms.ts'

/** No other process sends an alert meanwhile: longer than an attempt may take. */
const LEASE_MS = 60_000
/** The time between two looks for alerts of processes that have died, and for those that are due again. */
const LOOK_MS = 15_000
const FIRST_BACKOFF_MS = 5000
const LONGEST_BACKOFF_MS = 3_600_000
/** An alert that could not be delivered for so long is given up. */
const GIVE_UP_MS = 86_400_000

/** The part of a clock that it needs. */
export interface AlertClock {
  date(): number
  background(ms: number, action: () => void): object
  clear(timer: object | undefined): void
}

export interface AlertSenderOptions {
  readonly store: AlertStore
  /** Sends one message; resolves with the status of the answer. Takes no longer than half a minute. */
  readonly post: (message: AlertMessage) => Promise<number>
  readonly form: AlertForm
  readonly secret: string | undefined
  readonly clock: AlertClock
  /** Each attempt, by its result. */
  readonly onAttempt: (alert: Alert, result: AttemptResult) => void
  /** The store cannot be read now; it is tried again. */
  readonly onStoreFailed: (error: unknown) => void
}

export interface AttemptResult {
  readonly result: 'delivered' | 'failed' | 'given_up'
  /** The status of the answer, or the error that came instead. */
  readonly cause: unknown
}

/**
 * Delivers the alerts that were recorded, one after the other, in the background: no request waits for it. With several
 * processes on a store each alert is sent by the one that claims it. A process that dies between sending and noting it
 * leaves the alert to another one, which sends it a second time, under the same id.
 */
export class AlertSender {
  readonly #options: AlertSenderOptions
  #run: Promise<void> | undefined
  #timer: object | undefined
  #isWoken = false
  #isClosed = false

  constructor(options: AlertSenderOptions) {
    this.#options = options
  }

  /** Looks for alerts at once: one was recorded, or the process has started. */
  wake(): void {
    if (this.#isClosed) return
    this.#isWoken = true
    this.#run ??= this.#deliverAll().finally(() => {
      this.#run = undefined
      if (this.#isWoken) this.wake()
      else this.#lookLater()
    })
  }

  /** Resolves when the attempt under way has ended; later alerts wait for the next process. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#options.clock.clear(this.#timer)
    await this.#run
  }

  #lookLater(): void {
    const { clock } = this.#options
    clock.clear(this.#timer)
    if (!this.#isClosed) this.#timer = clock.background(LOOK_MS, () => this.wake())
  }

  async #deliverAll(): Promise<void> {
    const { store, clock, onStoreFailed } = this.#options
    await Promise.resolve() // not in the turn of the request that caused it
    this.#isWoken = false
    try {
      while (!this.#isClosed) {
        const alert = await store.claim(clock.date(), LEASE_MS)
        if (alert === undefined) return
        await this.#attempt(alert)
      }
    } catch (error) {
      this.#isWoken = false
      onStoreFailed(error)
    }
  }

  async #attempt(alert: PendingAlert): Promise<void> {
    const { post, form, secret, clock, store, onAttempt } = this.#options
    let cause: unknown
    try {
      cause = await post(alertMessage(alert, form, { secret, now: clock.date() }))
    } catch (error) {
      cause = error
    }
    const now = clock.date()
    const isDelivered = typeof cause === 'number' && cause >= 200 && cause < 300
    const isGivenUp = !isDelivered && now - alert.at >= GIVE_UP_MS
    if (isDelivered || isGivenUp) await store.finish(alert.id, isDelivered ? 'delivered' : 'given_up', now)
    else await store.postpone(alert.id, now + backoffMs(alert.attempts))
    onAttempt(alert, { result: isDelivered ? 'delivered' : isGivenUp ? 'given_up' : 'failed', cause })
  }
}

function backoffMs(attempts: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(attempts - 1, 20))
}
