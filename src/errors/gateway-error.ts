import { ERRORS } from './codes.ts'
import type { ErrorCode, ErrorKind } from './codes.ts'

/**
 * OpenAI's wire shape for every error the gateway can answer with; codes.ts has the table.
 * Shape: `{"error":{"message","type","param","code"}}`, all four always present
 * (openai-openapi, schema Error); `issues` is ours and lists every problem of a request.
 */

export { ERRORS }
export type { ErrorCode }

/** Statuses that both OpenAI SDKs send again. */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 409, 429, 500, 502, 503, 504])

/** One problem of a request, as listed in `error.issues`. */
export interface Issue {
  readonly code: ErrorCode
  readonly message: string
  /** The offending parameter, as a path: `size`, `image[3]`. */
  readonly param: string | null
}

/** The upstream's own status and code, for the log and for headers beside the gateway's own error. */
export interface Origin {
  readonly status: number
  /** Undefined where the upstream named none, or one that is not a plain word. */
  readonly code: string | undefined
  /** The upstream's own `retry-after`, 1 to 60; undefined where it sent none. */
  readonly retryAfterSeconds?: number | undefined
}

/** Facts about an error. `GatewayError.headers` alone turns them into headers, and no code reads those back. */
export interface ErrorDetails {
  readonly param?: string | null
  readonly issues?: readonly Issue[]
  /** Seconds after which the request may be sent again; 1 where nothing is said. */
  readonly retryAfterSeconds?: number
  /** Set where the error is made of an answer of the upstream. */
  readonly origin?: Origin | undefined
  /** The order may have been carried out and billed, beyond what the code's row in the table says. */
  readonly isAmbiguous?: boolean
  /** Further response headers, e.g. `x-ratelimit-limit-requests`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Set where the upstream's own status, code and type go to the client. */
  readonly wire?: { readonly status: number; readonly code: string | null; readonly type: string }
  readonly cause?: unknown
}

/** OpenAI's error body. */
export interface ErrorBody {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string | null
    readonly issues?: readonly Issue[]
  }
}

/**
 * The error that any phase throws to end an exchange.
 * `message` goes to the client and never to the log: it may quote the request.
 */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.details = details
  }

  /** HTTP status of the answer. */
  get status(): number {
    return this.details.wire?.status ?? ERRORS[this.code].status
  }

  /** Headers of the answer: the error's facts, in the one place that renders them, and its further headers. */
  get headers(): Record<string, string> {
    return { ...retryHeaders(this), ...originHeaders(this.details.origin), ...this.details.headers }
  }

  toBody(): ErrorBody {
    const { wire, param = null, issues } = this.details
    const { type } = ERRORS[this.code]
    return {
      error: {
        message: this.message,
        type: wire?.type ?? type,
        param,
        code: wire === undefined ? this.code : wire.code,
        ...(issues === undefined ? {} : { issues }),
      },
    }
  }
}

/** Whether the order may have been carried out and billed although it failed: such an order is never sent again. */
export function isAmbiguous({ code, details }: GatewayError): boolean {
  const kind: ErrorKind = ERRORS[code]
  return kind.ambiguous ?? details.isAmbiguous ?? false
}

/** `x-should-retry: false` where sending again could buy a second image or cannot help; else how long to wait. */
function retryHeaders({ code, status, details }: GatewayError): Record<string, string> {
  if (ERRORS[code].retry === 'never') return { 'x-should-retry': 'false' }
  if (!RETRIED_STATUSES.has(status)) return {}
  // The SDKs ignore more than 60 s, and wait by a rule of their own where nothing is said.
  const { retryAfterSeconds: seconds = 1 } = details
  return { 'retry-after': String(seconds), 'retry-after-ms': String(seconds * 1000) }
}

function originHeaders(origin: Origin | undefined): Record<string, string> {
  if (origin === undefined) return {}
  const { status, code } = origin
  const codeHeader = code === undefined ? {} : { 'x-gateway-upstream-code': code }
  return { 'x-gateway-upstream-status': String(status), ...codeHeader }
}

/** One error for all problems of a request: the first one's message and `param`, all of them in `issues`. */
export function issuesError(issues: readonly [Issue, ...Issue[]]): GatewayError {
  const [first] = issues
  return new GatewayError(first.code, first.message, { param: first.param, issues })
}
