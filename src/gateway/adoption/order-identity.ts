import { GatewayError } from '../../errors/gateway-error.ts'
import type { Call } from '../requests/endpoint.ts'

/** The signs of a retry in a request's headers. */
export interface Marks {
  /** `x-stainless-retry-count`, which both OpenAI SDKs send; 0 where it is absent. */
  readonly retryCount: number
  readonly idempotencyKey: string | undefined
  /** The client sends failed requests again by itself, and neither says so nor heeds `x-should-retry`. */
  readonly retriesSilently: boolean
}

export const NO_MARKS: Marks = Object.freeze({ retryCount: 0, idempotencyKey: undefined, retriesSilently: false })

/** The AI SDK (`ai`, `@ai-sdk/…`): 408, 409, 429 and 5xx again after 2 and 4 s. */
const SILENT_RETRIER = /\bai-sdk[-/]/

/** @throws GatewayError `invalid_header` */
export function marksOf(headers: Readonly<Record<string, string | string[] | undefined>>): Marks {
  const count = headers['x-stainless-retry-count']
  const idempotencyKey = headers['idempotency-key']
  if (
    idempotencyKey !== undefined &&
    (typeof idempotencyKey !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey))
  )
    throw new GatewayError('invalid_header', 'The Idempotency-Key must have 1 to 255 visible ASCII characters.')
  const agent = headers['user-agent']
  const retriesSilently = typeof agent === 'string' && SILENT_RETRIER.test(agent)
  return {
    retriesSilently,
    retryCount: typeof count === 'string' && /^\d{1,3}$/.test(count) ? Number(count) : 0,
    idempotencyKey,
  }
}

/** Caller, endpoint, policy and content: equal for a request and its retry. The digest is computed at the first comparison. */
export class OrderIdentity {
  readonly caller: string
  readonly retryCount: number
  readonly idempotencyKey: string | undefined
  readonly retriesSilently: boolean
  /** Path and parameter policy: they decide about the order beside its body. */
  readonly #terms: string
  #call: Call | undefined
  #digest = ''

  constructor(caller: string, terms: string, call: Call, { retryCount, idempotencyKey, retriesSilently }: Marks) {
    this.retriesSilently = retriesSilently
    this.caller = caller
    this.#terms = terms
    this.#call = call
    this.retryCount = retryCount
    this.idempotencyKey = idempotencyKey
  }

  equals(other: OrderIdentity): boolean {
    return this.caller === other.caller && this.#terms === other.#terms && this.digest === other.digest
  }

  get digest(): string {
    if (this.#call !== undefined) this.#digest = this.#call.digest()
    this.#call = undefined // with it goes the body
    return this.#digest
  }
}
