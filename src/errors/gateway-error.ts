import { ERRORS } from './codes.ts'
import type { ErrorCode, Retry } from './codes.ts'

/**
 * OpenAI's wire shape for every error the gateway can answer with; error-codes.ts has the table.
 * Shape: `{"error":{"message","type","param","code"}}`, all four always present
 * (openai-openapi, schema Error); `issues` is ours and lists every problem of a request.
 */

export { ERRORS }
export type { ErrorCode }

/** What both OpenAI SDKs send again. */
const RETRIED_STATUSES: ReadonlySet<number> = new Set([408, 409, 429, 500, 502, 503, 504])

/** One problem of a request, as listed in `error.issues`. */
export interface Issue {
  readonly code: ErrorCode
  readonly message: string
  /** The offending parameter, as a path: `size`, `image[3]`. */
  readonly param: string | null
}

export interface ErrorDetails {
  readonly param?: string | null
  readonly issues?: readonly Issue[]
  /** Response headers, e.g. `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Set where the upstream's own status, code and type go to the client. */
  readonly wire?: { readonly status: number; readonly code: string | null; readonly type: string }
  /** The image may exist and be billed, beyond what the code itself says. */
  readonly mayBeBilled?: boolean
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
 * What any phase throws to end an exchange.
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

  /** Headers of the answer, with `x-should-retry: false` where sending again could buy a second image or cannot help. */
  get headers(): Record<string, string> {
    const retry: Retry = ERRORS[this.code].retry
    const headers = this.details.headers ?? {}
    if (retry === 'never') return { 'x-should-retry': 'false', ...headers }
    if (!RETRIED_STATUSES.has(this.status)) return { ...headers }
    // The SDKs ignore more than 60 s, and wait by a rule of their own where nothing is said.
    const { 'retry-after': seconds = '1' } = headers
    return { 'retry-after': seconds, 'retry-after-ms': String(Number(seconds) * 1000), ...headers }
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

/** One error for all problems of a request: the first one's message and `param`, all of them in `issues`. */
export function issuesError(issues: readonly [Issue, ...Issue[]]): GatewayError {
  const [first] = issues
  return new GatewayError(first.code, first.message, { param: first.param, issues })
}
