import { setImmediate as nextTurn } from 'node:timers/promises'
import { newRequestId } from './ids.ts'
import { NO_MARKS } from './adoption/order-identity.ts'
import type { Socket } from 'node:net'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Call } from './requests/endpoint.ts'
import type { Caller } from '../access/keys/keyring.ts'
import type { CallLabels, Outcome } from '../telemetry/metrics.ts'
import type { Adoptable } from './adoption/adoptable.ts'
import type { Marks } from './adoption/order-identity.ts'
import type { Delivery } from './generation/delivery.ts'
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
  /** The answer on its way to this exchange's client. */
  delivery: Delivery | undefined
  /** Its place among those that a later request can take over; undefined where nothing is kept. */
  adoptable: Adoptable | undefined
  /** The generation was started by an earlier attempt. */
  isAdopter = false
  /** The client's marks of a retry. */
  marks: Marks = NO_MARKS
  error: GatewayError | undefined
  /** When the body had arrived and the first phase began. */
  handledAt: number | undefined
  /** When the last byte of the answer was handed over to the socket. */
  relayedAt: number | undefined
  bytesRelayed = 0
  /** Headers that phases add to the answer, an error included. */
  readonly headers: Record<string, string> = {}
  droppedParameters: readonly string[] = []
  defaultedParameters: readonly string[] = []

  readonly #connection: Pick<Socket, 'destroyed' | 'readableEnded'>

  constructor(endpoint: string, connection: Pick<Socket, 'destroyed' | 'readableEnded'>) {
    this.endpoint = endpoint
    this.#connection = connection
  }

  /** The client has closed its side of the connection, or all of it; `hasEnded` follows. */
  get isClientGone(): boolean {
    return this.#connection.destroyed || this.#connection.readableEnded
  }

  /**
   * Resolves when the end of the client's connection has been seen, if there was one when the request was read. After a pause
   * of the process, a request may lie there whose client has left since, beside its retry on another connection.
   */
  async connectionIsSeen(): Promise<void> {
    await nextTurn() // the check phase of this turn
    await nextTurn() // sockets were polled in between
  }

  /** The exchange has an answer coming. */
  isGiven(generation: Generation, delivery: Delivery, adoptable: Adoptable | undefined): void {
    this.generation = generation
    this.delivery = delivery
    this.adoptable = adoptable
  }

  /** From here on the exchange gives back what the request takes on disk, where no generation does. */
  ownsCall(call: Call): void {
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
   * Time that the gateway itself added: from the arrival of the whole request to the call upstream, and from the end of
   * the upstream's answer to the last byte handed over. Of a generation that is older than the request, only time after the request's arrival counts.
   * Undefined where nothing was sent.
   */
  get overheadMs(): number | undefined {
    const { handledAt, relayedAt, generation } = this
    if (generation?.dispatchedAt === undefined || handledAt === undefined) return undefined
    const before = Math.max(0, generation.dispatchedAt - handledAt)
    const { endedAt } = generation
    if (relayedAt === undefined || endedAt === undefined) return before
    return before + Math.max(0, relayedAt - Math.max(endedAt, handledAt))
  }
}
