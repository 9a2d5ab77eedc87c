import { GatewayError } from './gateway-error.ts'

/** Problems of the database, and whether each can pass by itself. */
const KINDS = {
  full: { passes: true },
  locked: { passes: true },
  unavailable: { passes: true },
  read_only: { passes: false },
  corrupt: { passes: false },
  not_ours: { passes: false },
  too_new: { passes: false },
  missing: { passes: false },
  /** Moved, deleted or replaced while it was open. */
  moved: { passes: true },
} as const
export type StoreProblem = keyof typeof KINDS

/** The database cannot do what was asked. The message is a sentence for the operator. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly problem: StoreProblem

  constructor(problem: StoreProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.problem = problem
  }

  /** Whether trying again later can succeed. */
  get passes(): boolean {
    return KINDS[this.problem].passes
  }
}

/**
 * The 503 for a request that cannot be booked, and therefore is not sent. The message tells the client nothing of
 * the machine; the log has the StoreError.
 */
export function storeRefusal(error: StoreError): GatewayError {
  const details = { retryAfterSeconds: 5, cause: error }
  if (error.problem === 'full') {
    const message = 'The gateway has no room left to book this request; nothing was sent.'
    return new GatewayError('storage_full', message, details)
  }
  const message = 'The gateway cannot reach its ledger now; nothing was sent.'
  return new GatewayError('storage_unavailable', message, details)
}
