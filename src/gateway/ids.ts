import { randomUUID } from 'node:crypto'

/** An id for `x-request-id`, always ours: a client's own could forge a log. */
export function newRequestId(): string {
  return `req_${randomUUID()}`
}

/** A generation's id, in the log, the ledger and `x-gateway-adopted`. */
export function newGenerationId(): string {
  return `gen_${randomUUID()}`
}
