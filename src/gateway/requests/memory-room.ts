import { GatewayError } from '../../errors/gateway-error.ts'
import type { BodyShare } from './body-share.ts'

/** The memory that all bodies share which are received into it: those that arrive, and those whose generation is under way. */
export class MemoryRoom {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  open(): BodyShare {
    let taken = 0
    return {
      take: (bytes) => {
        if (this.#bytes + bytes > this.#maxBytes) throw tooMuch()
        taken += bytes
        this.#bytes += bytes
      },
      giveBack: () => {
        this.#bytes -= taken
        taken = 0
      },
    }
  }
}

function tooMuch(): GatewayError {
  const message = 'The gateway has too many large bodies in memory at once. Wait for one of them to end.'
  return new GatewayError('rate_limit_exceeded', message, { retryAfterSeconds: 2 })
}
