import { ByteList } from './byte-list.ts'
import { buffersPassed } from './passing-buffers.ts'
import type { Readable } from 'node:stream'

/** So much is handed on at once, without waiting for what else comes in the same turn of the event loop. */
const PIECE_BYTES = 65_536
/** More than that does not wait for whoever takes the pieces: the stream is paused. */
const WAITING_BYTES = 262_144

/**
 * The bytes of a stream as they come, in pieces of a decent size: the chunks of one turn of the event loop are gathered.
 * Node keeps some hundred bytes for each chunk that waits in a stream, and runs all promises after each: in chunks of one
 * byte, that takes 400 bytes and 3 µs a byte. Whoever leaves the loop leaves the stream paused.
 * @throws what the stream fails with; Error where it was closed before its end
 */
export async function* gatheredPieces(payload: Readable): AsyncGenerator<Buffer> {
  const source = new Source(payload)
  try {
    for (;;) {
      const pieces = source.take()
      yield* pieces
      if (pieces.length > 0) continue // more may have come meanwhile
      if (source.failure !== undefined) throw source.failure
      if (source.isOver) return
      await source.change()
    }
  } finally {
    source.leave()
  }
}

/** A stream that flows into a list of bytes. */
class Source {
  isOver: boolean
  failure: Error | undefined
  readonly #payload: Readable
  readonly #waiting = new ByteList()
  #wake: (() => void) | undefined
  #turn: NodeJS.Immediate | undefined

  constructor(payload: Readable) {
    this.#payload = payload
    this.isOver = payload.readableEnded
    this.failure = payload.errored ?? (payload.destroyed && !this.isOver ? closedTooEarly() : undefined)
    payload.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onClose).on('close', this.#onClose)
  }

  /** The bytes that wait. */
  take(): readonly Buffer[] {
    const pieces = this.#waiting.pieces()
    this.#waiting.clear()
    return pieces
  }

  /** Resolves when there is something to take, or the stream is over. */
  async change(): Promise<void> {
    if (this.#waiting.bytes > 0 || this.isOver || this.failure !== undefined) return
    this.#payload.resume()
    await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  leave(): void {
    clearImmediate(this.#turn)
    this.#payload.pause()
    this.#payload.off('data', this.#onData).off('end', this.#onEnd)
    this.#payload.off('error', this.#onClose).off('close', this.#onClose)
  }

  readonly #onData = (chunk: Buffer): void => {
    buffersPassed(chunk.length)
    this.#waiting.append(chunk)
    if (this.#waiting.bytes >= WAITING_BYTES) this.#payload.pause()
    if (this.#waiting.bytes >= PIECE_BYTES) this.#notify()
    else this.#turn ??= setImmediate(this.#notify)
  }

  readonly #onEnd = (): void => {
    this.isOver = true
    this.#notify()
  }

  readonly #onClose = (error?: Error): void => {
    if (!this.isOver) this.failure ??= error ?? closedTooEarly()
    this.#notify()
  }

  readonly #notify = (): void => {
    clearImmediate(this.#turn)
    this.#turn = undefined
    this.#wake?.()
    this.#wake = undefined
  }
}

function closedTooEarly(): Error {
  return new Error('the stream was closed before its end')
}
