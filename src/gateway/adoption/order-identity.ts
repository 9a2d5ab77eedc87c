import { hash } from 'node:crypto'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Call } from '../requests/endpoint.ts'

/** The signs of a retry in a request's headers. */
export interface Marks {
  /** `x-stainless-retry-count`, which both OpenAI SDKs send; 0 where it is absent. */
  readonly retryCount: number
  /** The header is there: the client sends refused requests again by itself. */
  readonly retriesByItself: boolean
  readonly idempotencyKey: string | undefined
  /** `x-gateway-adopt: never`: the client wants a generation of its own, whatever was bought before. */
  readonly declinesAdoption: boolean
}

export const NO_MARKS: Marks = Object.freeze({
  retryCount: 0,
  retriesByItself: false,
  idempotencyKey: undefined,
  declinesAdoption: false,
})

/** @throws GatewayError `invalid_header` */
export function marksOf(headers: Readonly<Record<string, string | string[] | undefined>>): Marks {
  const count = headers['x-stainless-retry-count']
  const { 'idempotency-key': idempotencyKey, 'x-gateway-adopt': adopt } = headers
  if (idempotencyKey !== undefined && !isIdempotencyKey(idempotencyKey))
    throw new GatewayError('invalid_header', 'The Idempotency-Key must have 1 to 255 visible ASCII characters.')
  if (adopt !== undefined && adopt !== 'never')
    throw new GatewayError('invalid_header', "The header x-gateway-adopt must be 'never', or be left out.")
  return {
    retryCount: typeof count === 'string' && /^\d{1,3}$/.test(count) ? Number(count) : 0,
    retriesByItself: count !== undefined,
    idempotencyKey,
    declinesAdoption: adopt === 'never',
  }
}

function isIdempotencyKey(value: string | string[]): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value)
}

/** Caller, endpoint, policy and content: equal for a request and its retry. The digest is computed at the first comparison. */
export class OrderIdentity {
  readonly caller: string
  readonly marks: Marks
  /** Path, parameter policy and what was filled in: what decides about the order beside its body. */
  readonly #terms: string
  #call: Call | undefined
  #digest = ''

  constructor(caller: string, terms: string, call: Call, marks: Marks) {
    this.caller = caller
    this.marks = marks
    this.#terms = terms
    this.#call = call
  }

  equals(other: OrderIdentity): boolean {
    return this.caller === other.caller && this.#terms === other.#terms && this.digest === other.digest
  }

  /** Equal for equal orders: caller, path, policy and digest in one string. */
  get fingerprint(): string {
    return `${this.caller}\n${this.#terms}\n${this.digest}`
  }

  /** The Idempotency-Key, each caller's own. */
  get key(): string | undefined {
    const { idempotencyKey } = this.marks
    return idempotencyKey === undefined ? undefined : `${this.caller}\n${idempotencyKey}`
  }

  /** The key and the content as digests, for all processes and for long; undefined where it has no key. */
  get keyDigests(): { readonly key: string; readonly digest: string } | undefined {
    const { key } = this
    if (key === undefined) return undefined
    return { key: hash('sha256', key, 'base64'), digest: hash('sha256', `${this.#terms}\n${this.digest}`, 'base64') }
  }

  get digest(): string {
    if (this.#call !== undefined) this.#digest = this.#call.digest()
    this.#call = undefined // with it goes the body
    return this.#digest
  }
}
