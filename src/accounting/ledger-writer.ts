import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError, storeRefusal } from '../errors/store-error.ts'
import { holdRefused } from './hold-refused.ts'
import { isRefusal } from './ledger.ts'
import type {
  Ending,
  Entry,
  EstimatedEnding,
  Hold,
  HoldOrder,
  KeyAccount,
  Ledger,
  Settlement,
  Written,
} from './ledger.ts'

const RETRY_MS = 100
/** How long a request waits for another program's transaction before it is refused. */
const HOLD_PATIENCE_MS = 5000
/** How long an ending waits for the next hold, to share its transaction. Only a crash in between makes a difference. */
const ENDING_DELAY_MS = 10
/** One transaction must not keep other processes, or this one's event loop, for long: about 10 ms. */
const MAX_BATCH = 256

export interface BooksOptions {
  readonly ledger: Ledger
  /** Endings cannot be booked now; said once until they can. They are tried until then. */
  readonly onTrouble: (error: unknown, unbooked: number) => void
}

/** An entry that waits for its transaction. */
interface Waiting {
  readonly entry: Entry
  readonly since: number
  readonly done: (written: Written) => void
  readonly failed: (error: unknown) => void
}

/**
 * The ledger as the hot path uses it: `hold` before a generation is sent, then exactly one of `settle`, `release`,
 * `bookEstimated` and `cancel`. What comes in one turn of the event loop is written in one transaction: a commit costs more than
 * what it commits. Endings never throw and never get lost while the process lives; what it takes with it is booked
 * at its hold by the next one.
 */
export class Books {
  readonly #ledger: Ledger
  readonly #onTrouble: BooksOptions['onTrouble']
  #waiting: Waiting[] = []
  #unbooked = 0
  #isWriting = false
  #isDue = false
  #delay: NodeJS.Timeout | undefined
  #isInTrouble = false
  #whenIdle: (() => void)[] = []

  constructor({ ledger, onTrouble }: BooksOptions) {
    this.#ledger = ledger
    this.#onTrouble = onTrouble
  }

  /** Endings that are not booked yet. */
  get unbooked(): number {
    return this.#unbooked
  }

  /**
   * Holds the highest cost and writes the row. Nothing may be sent upstream before this has returned.
   * @throws GatewayError 429 `insufficient_quota` or `rate_limit_exceeded` (in flight), 400 `request_exceeds_limit`, 403 `model_not_priced`, 401
   *   `invalid_api_key` (revoked since it was looked up), 503 `storage_full` or `storage_unavailable`
   */
  async hold(order: HoldOrder): Promise<Hold> {
    const written = await new Promise<Written>((done, failed) => {
      this.#enqueue({ entry: { verb: 'hold', order }, since: performance.now(), done, failed })
    })
    if (typeof written === 'boolean') throw new TypeError('a hold is no ending')
    if (isRefusal(written)) throw holdRefused(written, order)
    return written
  }

  /** It is done: books the real cost and gives the rest back. */
  settle(hold: Hold, settlement: Settlement): void {
    this.#end({ verb: 'settle', hold, settlement })
  }

  /** It cost nothing: gives all back. */
  release(hold: Hold, ending: Ending): void {
    this.#end({ verb: 'release', hold, ending })
  }

  /** It may have cost all of it: books the hold, marked as estimated. */
  bookEstimated(hold: Hold, ending: EstimatedEnding): void {
    this.#end({ verb: 'bookEstimated', hold, ending })
  }

  /** Nothing was started for it: gives all back, and there is no row of it. */
  cancel(hold: Hold): void {
    this.#end({ verb: 'cancel', hold })
  }

  /**
   * Where a virtual key stands, after all that has ended until now and can be booked; undefined where there is no
   * such key. Does not wait for a full disk.
   */
  async accountOf(keyId: number, now: number): Promise<KeyAccount | undefined> {
    if (this.#waiting.length > 0) {
      await Promise.race([this.#writeAll(), sleep(RETRY_MS, undefined, { ref: false })])
    }
    try {
      return await this.#ledger.accountOf(keyId, now)
    } catch (error) {
      throw error instanceof StoreError ? storeRefusal(error) : error
    }
  }

  /** Resolves when every ending is booked. */
  async idle(): Promise<void> {
    if (this.#unbooked > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  #end(entry: Entry): void {
    this.#unbooked++
    const over = (): void => {
      this.#unbooked--
      if (this.#unbooked === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
    }
    const failed = (error: unknown): void => {
      this.#onTrouble(error, this.#unbooked)
      over()
    }
    this.#enqueue({ entry, since: performance.now(), done: over, failed })
  }

  #enqueue(waiting: Waiting): void {
    this.#waiting.push(waiting)
    if (this.#isWriting || this.#isDue) return
    if (waiting.entry.verb === 'hold') {
      this.#isDue = true
      setImmediate(() => void this.#writeAll())
    } else this.#delay ??= setTimeout(() => void this.#writeAll(), ENDING_DELAY_MS)
  }

  async #writeAll(): Promise<void> {
    clearTimeout(this.#delay)
    this.#delay = undefined
    this.#isDue = false
    if (this.#isWriting) return
    this.#isWriting = true
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH)
      try {
        const written = await this.#ledger.write(batch.map(({ entry }) => entry))
        this.#isInTrouble = false
        for (const [index, { done }] of batch.entries()) done(written[index] ?? false)
      } catch (error) {
        if (error instanceof StoreError) await this.#tryLater(batch, error)
        else await this.#writeOneByOne(batch)
      }
    }
    this.#isWriting = false
  }

  /** Endings wait for as long as it takes, holds only for another program's transaction, and not for ever. */
  async #tryLater(batch: readonly Waiting[], error: StoreError): Promise<void> {
    const latest = error.problem === 'locked' ? performance.now() - HOLD_PATIENCE_MS : Number.POSITIVE_INFINITY
    const isRefused = ({ entry, since }: Waiting): boolean => entry.verb === 'hold' && since <= latest
    const rest = batch.filter((waiting) => !isRefused(waiting))
    this.#waiting = [...rest, ...this.#waiting]
    for (const { failed } of batch.filter(isRefused)) failed(storeRefusal(error))
    if (rest.some(({ entry }) => entry.verb !== 'hold') && !this.#isInTrouble) {
      this.#isInTrouble = true
      this.#onTrouble(error, this.#unbooked)
    }
    if (rest.length > 0) await sleep(RETRY_MS)
  }

  /** One entry has a defect: the others must not suffer from it. */
  async #writeOneByOne(batch: readonly Waiting[]): Promise<void> {
    for (const waiting of batch) {
      try {
        const [written = false] = await this.#ledger.write([waiting.entry])
        waiting.done(written)
      } catch (error) {
        if (error instanceof StoreError) await this.#tryLater([waiting], error)
        else waiting.failed(error)
      }
    }
  }
}
