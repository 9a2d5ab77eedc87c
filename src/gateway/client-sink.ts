import { usdOf } from '../accounting/money.ts'
import { GatheredBytes } from '../spool/gathered-bytes.ts'
import { slabOf } from '../spool/slab.ts'
import type { ServerResponse } from 'node:http'
import type { AnswerSink } from './answers/answer.ts'
import type { Slab } from '../spool/slab.ts'
import type { Exchange } from './exchange.ts'
import type { Generation } from './generation/generation.ts'

/**
 * How much of an answer may wait for one client before the upstream is held back: two slabs, of which one is on its way.
 * Node's own mark of 64 KiB stops the upstream at every chunk. Many answers at once share what waits.
 */
const BUFFERED_BYTES = { most: 524_288, least: 65_536, together: 6_291_456 } as const
/** Smaller chunks are written together: each write takes some hundred bytes of memory until it is out. */
const SMALL_BYTES = 4096
/** Chunks from here on do not wait for the end of the turn: the processor's cache has them now. */
const LARGE_BYTES = 32_768

/**
 * The client's connection as a sink that holds the upstream back while the client reads slowly. Chunks that arrive in one
 * turn of the event loop are written with one system call; a large one goes out before the next read.
 */
export class ClientSink implements AnswerSink {
  readonly #raw: ServerResponse
  readonly #generation: Generation
  readonly #exchange: Exchange
  readonly #small = new GatheredBytes()
  /** Slabs whose bytes the connection has yet to take, in order. */
  readonly #slabs: Slab[] = []
  #isCorked = false

  /** Resumes the exchange's delivery when the client takes more again. */
  constructor(raw: ServerResponse, generation: Generation, exchange: Exchange) {
    this.#raw = raw
    this.#generation = generation
    this.#exchange = exchange
    raw.on('drain', () => exchange.delivery?.resume())
    // Some of what waits is never reported as written where the connection closes.
    raw.once('close', () => this.#slabs.splice(0).forEach((slab) => slab.release()))
  }

  /** Nothing waits to be written. */
  get isIdle(): boolean {
    return this.#small.length === 0 && this.#raw.writableLength === 0
  }

  write(chunk: Buffer): boolean {
    this.#exchange.bytesRelayed += chunk.length
    this.#cork(chunk.length >= LARGE_BYTES)
    if (chunk.length < SMALL_BYTES) this.#small.append(chunk)
    if (chunk.length >= SMALL_BYTES || this.#small.length >= BUFFERED_BYTES.least) this.#writeSmall()
    if (chunk.length >= SMALL_BYTES) this.#writeLarge(chunk)
    return this.#raw.writableLength < this.#mayWait
  }

  end(): void {
    this.#writeSmall()
    this.#raw.end()
    this.#exchange.relayedAt = performance.now()
  }

  abort(): void {
    this.#raw.destroy()
  }

  /** Not uncorked within `write`: Node may say `drain` then, and what comes next would overtake the rest of this chunk. */
  #cork(isLarge: boolean): void {
    if (isLarge) process.nextTick(this.#uncork)
    if (this.#isCorked) return
    this.#isCorked = true
    this.#raw.cork()
    if (!isLarge) setImmediate(this.#uncork)
  }

  readonly #uncork = (): void => {
    if (!this.#isCorked) return
    this.#isCorked = false
    this.#writeSmall()
    this.#raw.uncork()
  }

  /** The slab is retained until the connection has taken the chunk. */
  #writeLarge(chunk: Buffer): void {
    const slab = slabOf(chunk)
    if (slab === undefined || this.#raw.destroyed) return void this.#raw.write(chunk)
    this.#slabs.push(slab.retain())
    this.#raw.write(chunk, this.#onTaken)
  }

  readonly #onTaken = (): void => this.#slabs.shift()?.release()

  #writeSmall(): void {
    if (this.#small.length === 0 || this.#raw.destroyed) return
    this.#raw.write(this.#small.bytes())
    this.#small.clear()
  }

  get #mayWait(): number {
    const { most, least, together } = BUFFERED_BYTES
    return Math.max(least, Math.min(most, together / this.#generation.alongside))
  }
}

/** The answer's cost in USD, where it is known by now; not for a client that gets the answer a second time. */
export function costOf({ settlement }: Generation, { isAdopter }: Exchange): string | undefined {
  const cost = isAdopter ? undefined : settlement?.cost
  return cost === undefined ? undefined : String(usdOf(cost.costMicros))
}
