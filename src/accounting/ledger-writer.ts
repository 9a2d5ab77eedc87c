import { setTimeout as sleep } from 'node:timers/promises'
import { StoreError, storeRefusal } from '../errors/store-error.ts'
import { leftMicros } from './budget.ts'
import { holdRefused } from './hold-refused.ts'
import { isRefusal } from './ledger.ts'
import { endingCommand } from './settlement.ts'
import type { BudgetState, CheaperOrder } from './budget.ts'
import type { CommandResult, Hold, KeyAccount, Ledger, LedgerCommand, OrderedGeneration } from './ledger.ts'
import type { Settlement } from './settlement.ts'

/** How long a batch that the store refused waits before it is written again. */
const BACKOFF_MS = 100
/** How long a hold waits for another program's transaction before its request is refused. */
const HOLD_TIMEOUT_MS = 5000
/** How long the disk counts as full: nothing else may be written meanwhile that would show that it is not. */
const FULL_MS = 5000
/** How long an ending waits for the next hold, to share its commit. Only a crash in between makes a difference. */
const ENDING_DELAY_MS = 10
/**
 * A hold waits `ms` for others, to share their commit, where the one before it came as close as that and more than
 * `size` orders are under way: with 32 clients at once it takes a tenth off the CPU of a request (decision 31). A hold
 * that comes alone, or from a single client in quick succession, waits for nothing.
 */
const CROWD = { ms: 2, size: 4 } as const
/** Commands in one transaction: about 10 ms, so that neither other processes nor this event loop wait longer. */
const MAX_BATCH = 256

export interface LedgerWriterOptions {
  readonly ledger: Ledger
  /** Endings cannot be written now; called once until they can. They are written again until then. */
  readonly onWriteFailed: (error: unknown, pendingEndings: number) => void
  /**
   * The disk is full: gives up something on it that can be done without, and resolves when that is gone. False: there is
   * nothing. A cache never stops a sale.
   */
  readonly makeRoom?: (() => Promise<boolean>) | undefined
  /** Milliseconds on a clock that only goes forward; default the process's own. */
  readonly now?: () => number
}

/** A command that waits for its transaction. */
interface QueuedCommand {
  readonly command: LedgerCommand
  readonly queuedAt: number
  readonly resolve: (result: CommandResult) => void
  readonly reject: (error: unknown) => void
}

/**
 * A write-behind queue with group commit before the ledger, as the hot path uses it: `hold` before a generation is
 * sent, then exactly one of `settle` and `cancel`. A hold is committed in the next turn of the event loop, and in a crowd
 * after 2 ms, with all that was queued until then: a commit costs more than what it commits. Endings wait up to 10 ms to
 * share a commit; they never throw, and none is lost while the process lives. After a crash, the next process books at
 * its hold what was still queued.
 */
export class LedgerWriter {
  readonly #ledger: Ledger
  readonly #onWriteFailed: LedgerWriterOptions['onWriteFailed']
  readonly #makeRoom: () => Promise<boolean>
  readonly #now: () => number
  #queue: QueuedCommand[] = []
  #pendingEndings = 0
  #isFlushing = false
  #isFlushScheduled = false
  #endingTimer: NodeJS.Timeout | undefined
  #lastHoldAt = Number.NEGATIVE_INFINITY
  /** Holds that were asked for, and neither refused nor ended. */
  #underWay = 0
  #isFailureReported = false
  #fullAt = Number.NEGATIVE_INFINITY
  #whenIdle: (() => void)[] = []
  #isClosing = false

  constructor(options: LedgerWriterOptions) {
    const { ledger, onWriteFailed, makeRoom = async () => false, now = () => performance.now() } = options
    this.#now = now
    this.#ledger = ledger
    this.#onWriteFailed = onWriteFailed
    this.#makeRoom = makeRoom
  }

  /** The last write found no room on the disk, a few seconds ago at most. */
  get isFull(): boolean {
    return this.#now() - this.#fullAt < FULL_MS
  }

  /** Endings that are not committed yet. */
  get pendingEndings(): number {
    return this.#pendingEndings
  }

  /**
   * Holds the highest cost, takes the order's key and writes the row, in one transaction. Nothing may be sent upstream
   * before this has returned.
   * @param cheaper asked where the budget does not cover the order
   * @throws GatewayError 429 `insufficient_quota` or `rate_limit_exceeded` (in flight), 400 `request_exceeds_limit`,
   *   403 `model_not_priced`, 401 `invalid_api_key` (revoked since it was looked up), 409 `idempotency_in_progress`
   *   or `answer_not_kept`, 422 `idempotency_key_reused` (another order has the key), 503 `storage_full` or
   *   `storage_unavailable`
   */
  async hold(order: OrderedGeneration, cheaper: CheaperOrder = () => undefined): Promise<Hold> {
    this.#underWay++
    try {
      const result = await new Promise<CommandResult>((resolve, reject) => {
        this.#enqueue({ command: { verb: 'hold', order }, queuedAt: this.#now(), resolve, reject })
      })
      if (typeof result === 'boolean') throw new TypeError('a hold is no ending')
      if (isRefusal(result)) throw holdRefused(result, order, cheaper)
      return result
    } catch (error) {
      this.#underWay--
      throw error
    }
  }

  /** The generation has ended: books what it came to, and gives the rest of the hold back. */
  settle(hold: Hold, settlement: Settlement): void {
    this.#enqueueEnding(endingCommand(hold, settlement))
  }

  /** No generation was started: gives all back, and leaves no row. */
  cancel(hold: Hold): void {
    this.#enqueueEnding({ verb: 'cancel', hold })
  }

  /**
   * The budget and the load of a virtual key, after every ending until now that can be written; undefined where there
   * is no such key. Does not wait for a full disk.
   * @throws StoreError
   */
  async accountOf(keyId: number, now: number): Promise<KeyAccount | undefined> {
    if (this.#queue.length > 0) await this.#written()
    return this.#ledger.accountOf(keyId, now)
  }

  /** The same as it is in the ledger, without the endings that are about to be written. @throws StoreError */
  async writtenAccountOf(keyId: number, now: number): Promise<KeyAccount | undefined> {
    return this.#ledger.accountOf(keyId, now)
  }

  /**
   * The spending of everybody together; undefined where there is no limit. Where nothing is left, endings that are about to
   * be written may have made room, and are waited for.
   * @throws StoreError
   */
  async spending(now: number): Promise<BudgetState | undefined> {
    const written = await this.#ledger.spending(now)
    if (written === undefined || leftMicros(written) !== 0 || this.#queue.length === 0) return written
    await this.#written()
    return this.#ledger.spending(now)
  }

  /** Writes the queue, as far as that can be done at once. */
  async #written(): Promise<void> {
    await Promise.race([this.#flush(), sleep(BACKOFF_MS, undefined, { ref: false })])
  }

  /** Resolves when every ending is committed. */
  async idle(): Promise<void> {
    if (this.#pendingEndings > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  /**
   * Resolves when every ending is committed. Endings that belong to a database which was replaced meanwhile are given up:
   * the next process that has that one books their holds.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    await this.idle()
  }

  #enqueueEnding(command: LedgerCommand): void {
    this.#pendingEndings++
    this.#underWay--
    const resolve = (): void => {
      this.#pendingEndings--
      if (this.#pendingEndings === 0) for (const wake of this.#whenIdle.splice(0)) wake()
    }
    const reject = (error: unknown): void => {
      this.#onWriteFailed(error, this.#pendingEndings)
      resolve()
    }
    this.#enqueue({ command, queuedAt: this.#now(), resolve, reject })
  }

  #enqueue(queued: QueuedCommand): void {
    this.#queue.push(queued)
    const isOfHold = isHold(queued)
    const isCrowded = queued.queuedAt - this.#lastHoldAt < CROWD.ms && this.#underWay > CROWD.size
    if (isOfHold) this.#lastHoldAt = queued.queuedAt
    if (this.#isFlushing || this.#isFlushScheduled) return
    if (isOfHold) this.#scheduleFlush(isCrowded)
    else this.#endingTimer ??= setTimeout(() => void this.#flush(), ENDING_DELAY_MS)
  }

  #scheduleFlush(isCrowded: boolean): void {
    this.#isFlushScheduled = true
    if (isCrowded) setTimeout(() => void this.#flush(), CROWD.ms)
    else setImmediate(() => void this.#flush())
  }

  /** Writes the queue, batch by batch, until it is empty. */
  async #flush(): Promise<void> {
    clearTimeout(this.#endingTimer)
    this.#endingTimer = undefined
    this.#isFlushScheduled = false
    if (this.#isFlushing) return
    this.#isFlushing = true
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, MAX_BATCH)
      try {
        const results = await this.#ledger.write(batch.map(({ command }) => command))
        this.#isFailureReported = false
        this.#fullAt = Number.NEGATIVE_INFINITY
        for (const [index, { resolve }] of batch.entries()) resolve(results[index] ?? false)
      } catch (error) {
        if (error instanceof StoreError) await this.#requeue(batch, error)
        else await this.#writeOneByOne(batch)
      }
    }
    this.#isFlushing = false
  }

  /**
   * Puts a batch that the store refused back at the head of the queue, and backs off. On a full disk it is written again
   * at once, as long as something else there can be given up. Endings stay until they can be written. Holds stay only
   * while another program has a transaction open, and not beyond their timeout: the rest is refused.
   */
  async #requeue(batch: readonly QueuedCommand[], error: StoreError): Promise<void> {
    if (error.problem === 'moved') return this.#requeueMoved(batch, error)
    if (error.problem === 'full') {
      if (await this.#makeRoom()) {
        this.#queue = [...batch, ...this.#queue]
        return
      }
      this.#fullAt = this.#now()
    }
    const latest = error.problem === 'locked' ? this.#now() - HOLD_TIMEOUT_MS : Number.POSITIVE_INFINITY
    const isRefused = (queued: QueuedCommand): boolean => isHold(queued) && queued.queuedAt <= latest
    const rest = batch.filter((queued) => !isRefused(queued))
    this.#queue = [...rest, ...this.#queue]
    for (const { reject } of batch.filter(isRefused)) reject(storeRefusal(error))
    if (!rest.every(isHold)) this.#reportFailure(error)
    if (rest.length > 0) await sleep(BACKOFF_MS)
  }

  /**
   * The database does not stand in its place. Endings beside holds are tried once more without them: they may be written
   * to where their own holds are. Where they may not, they wait for the database, until the process ends.
   */
  async #requeueMoved(batch: readonly QueuedCommand[], error: StoreError): Promise<void> {
    const holds = batch.filter(isHold)
    const endings = batch.filter((queued) => !isHold(queued))
    for (const { reject } of holds) reject(storeRefusal(error))
    const isGivenUp = this.#isClosing && holds.length === 0
    if (isGivenUp) for (const { reject } of endings) reject(error)
    else this.#queue = [...endings, ...this.#queue]
    if (holds.length > 0 || isGivenUp) return
    this.#reportFailure(error)
    await sleep(BACKOFF_MS)
  }

  #reportFailure(error: StoreError): void {
    if (this.#isFailureReported) return
    this.#isFailureReported = true
    this.#onWriteFailed(error, this.#pendingEndings)
  }

  /** Writes the commands of a batch in transactions of their own, so that one with a defect fails alone. */
  async #writeOneByOne(batch: readonly QueuedCommand[]): Promise<void> {
    for (const queued of batch) {
      try {
        const [result = false] = await this.#ledger.write([queued.command])
        queued.resolve(result)
      } catch (error) {
        if (error instanceof StoreError) await this.#requeue([queued], error)
        else queued.reject(error)
      }
    }
  }
}

function isHold({ command }: QueuedCommand): boolean {
  return command.verb === 'hold'
}
