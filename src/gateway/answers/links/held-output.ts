import { GatheredBytes } from '../../../spool/gathered-bytes.ts'

/** Bytes beside the pictures that wait until it is known how these reach the client. An answer has a few hundred. */
const MAX_HELD_BYTES = 262_144

/** Takes the converted answer. */
export interface ConvertedOutput {
  /** The client can have its status: nothing more is found out about the answer as a whole. */
  ready(): void
  write(chunk: Buffer): void
  /** `holdsBack` may have changed. */
  changed(): void
  /** A picture could neither be kept nor given back. */
  failed(error: Error): void
}

export interface HeldOutputOptions {
  /** The bytes that follow are not held. */
  readonly onRelease: () => void
  readonly write: (chunk: Buffer) => void
}

/** An output that holds what it is given until it is released. */
export class HeldOutput {
  readonly #options: HeldOutputOptions
  readonly #held = new GatheredBytes()
  isReleased = false

  constructor(options: HeldOutputOptions) {
    this.#options = options
  }

  write(bytes: Buffer): void {
    if (this.isReleased) return this.#options.write(bytes)
    this.#held.append(bytes)
    if (this.#held.length > MAX_HELD_BYTES) this.release()
  }

  release(): void {
    if (this.isReleased) return
    this.isReleased = true
    this.#options.onRelease()
    if (this.#held.length > 0) this.#options.write(Buffer.from(this.#held.bytes()))
    this.#held.clear()
  }

  /** Bytes from here on are held again. */
  hold(): void {
    this.release()
    this.isReleased = false
  }
}
