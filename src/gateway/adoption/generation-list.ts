import type { Generation } from '../generation/generation.ts'
import type { OrderIdentity } from './order-identity.ts'

/** A generation that can be asked for again, and its neighbours. */
export interface Entry {
  readonly generation: Generation
  readonly identity: OrderIdentity
  /**
   * `written`: all of it was given to its client, whose connection is open. `unread`: the connection was closed so soon
   * afterwards that it may not have been read. `told`: its client knows of an ambiguous failure.
   */
  delivery: 'none' | 'written' | 'unread' | 'told'
  /** When all of it had been written, by `performance.now()`. */
  writtenAt: number
  /** The retry count of the last attempt that it was given to. */
  retryCount: number
  /** Ends the keeping. */
  timer: NodeJS.Timeout | undefined
  older: Entry | undefined
  newer: Entry | undefined
}

/**
 * The generations that can be asked for again, by age. The entries are linked to each other: a Set that is added to and
 * deleted from all the time costs a third of the throughput (docs/decisions/0003).
 */
export class GenerationList {
  #oldest: Entry | undefined
  #newest: Entry | undefined

  add(generation: Generation, identity: OrderIdentity): Entry {
    const older = this.#newest
    const { retryCount } = identity
    const entry: Entry = {
      generation,
      identity,
      delivery: 'none',
      writtenAt: 0,
      retryCount,
      timer: undefined,
      older,
      newer: undefined,
    }
    if (older === undefined) this.#oldest = entry
    else older.newer = entry
    this.#newest = entry
    return entry
  }

  remove(entry: Entry): void {
    const { older, newer } = entry
    if (older === undefined) {
      if (this.#oldest !== entry) return // it has been removed already
      this.#oldest = newer
    } else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
    entry.older = undefined
    entry.newer = undefined
  }

  *oldestFirst(): Generator<Entry> {
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) yield entry
  }

  *newestFirst(): Generator<Entry> {
    for (let entry = this.#newest; entry !== undefined; entry = entry.older) yield entry
  }
}
