import { GatewayError } from '../../../src/errors/gateway-error.ts'

/** The GatewayError that a piece of work must end in. */
export function refusalOf(work: () => unknown): GatewayError {
  let result: unknown
  try {
    result = work()
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
  throw new Error(`it was not refused, and gave ${String(result)}`)
}
