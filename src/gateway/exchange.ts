import { newRequestId } from './ids.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Call } from './requests/endpoint.ts'
import type { Caller } from '../access/keys/keyring.ts'
import type { CallLabels, Outcome } from '../telemetry/metrics.ts'
import type { Generation } from './generation/generation.ts'

/** Labels before a phase has found the real ones. */
const NONE = 'none'

/**
 * One client request and its response: what the phases find out about it, for one log line and the HTTP metrics.
 * Times are milliseconds of `performance.now()`.
 */
export class Exchange {
  readonly id = newRequestId()
  readonly startedAt = performance.now()
  readonly endpoint: string
  caller: Caller | undefined
  /** The catalogue entry's id, or `other`. */
  model = NONE
  /** The request, once it has been read. */
  #call: Call | undefined
  hasEnded = false
  generation: Generation | undefined
  /** The generation was started by an earlier attempt. */
  isAdopter = false
  error: GatewayError | undefined
  /** When the body had arrived and the first phase began. */
  handledAt: number | undefined
  /** When the last byte of the answer was handed over to the socket. */
  relayedAt: number | undefined
  bytesRelayed = 0
  /** Headers that phases add to whatever answer comes. */
  readonly headers: Record<string, string> = {}
  droppedParameters: readonly string[] = []

  constructor(endpoint: string) {
    this.endpoint = endpoint
  }

  /** From here on the exchange sees to it that what the request holds on disk is given back. */
  hold(call: Call): void {
    this.#call = call
    if (this.hasEnded) call.discard()
  }

  /** The connection is done with it. A generation under way keeps the request until it has settled. */
  end(): void {
    this.hasEnded = true
    if (this.generation === undefined) this.#call?.discard()
  }

  get labels(): CallLabels {
    return { endpoint: this.endpoint, model: this.model, key: this.caller?.name ?? NONE }
  }

  /** How it ended, judged when the connection is done with it. */
  outcome(isDelivered: boolean): Outcome {
    if (this.error !== undefined) {
      return this.error.status >= 500 && this.generation?.failure !== undefined ? 'upstream_failed' : 'rejected'
    }
    const failure = this.generation?.failure
    if (failure !== undefined && failure.code !== 'client_closed_request') return 'upstream_failed'
    return isDelivered ? 'completed' : 'client_left'
  }

  /**
   * What the gateway itself added: from the whole request to the call upstream, and from the end of the upstream's
   * answer to the last byte handed over. Undefined where nothing was sent.
   */
  get overheadMs(): number | undefined {
    const { handledAt, relayedAt, generation } = this
    if (generation?.dispatchedAt === undefined || handledAt === undefined) return undefined
    const before = generation.dispatchedAt - handledAt
    const after = relayedAt === undefined || generation.endedAt === undefined ? 0 : relayedAt - generation.endedAt
    return before + Math.max(0, after)
  }
}
