import { GatewayError } from '../errors/gateway-error.ts'
import { systemCode } from '../errors/system-error.ts'
import type { Origin } from '../errors/gateway-error.ts'

/** Ends the message of every failure after which the image may exist. */
export const NOT_AGAIN =
  'It was not sent again, because the image may exist and be billed. An equal order within 15 s gets this answer, ' +
  'unless it has an Idempotency-Key of its own.'

/** There is no connection: nothing has been sent, so that sending again is safe. */
export function unreachable(cause: Error): GatewayError {
  const message = `CometAPI cannot be reached (${systemCode(cause) ?? cause.name}). Nothing was sent; trying again is safe.`
  return new GatewayError('upstream_unreachable', message, { cause })
}

/** The client left while the connection upstream was still being made. */
export function leftBeforeSending(): GatewayError {
  return new GatewayError('client_closed_request', 'The client left before the request was sent upstream.')
}

/** The connection broke after the request was sent. */
export function brokenOff(cause: Error): GatewayError {
  const message = `The connection to CometAPI broke before the answer was complete. ${NOT_AGAIN}`
  return new GatewayError('upstream_failed', message, { cause })
}

/**
 * The generation has used up its time.
 * @param timeoutMs all of it, retries included
 */
export function timedOut(timeoutMs: number): GatewayError {
  return new GatewayError('upstream_timeout', `CometAPI did not finish within ${timeoutMs / 1000} s. ${NOT_AGAIN}`)
}

/**
 * The answer holds no images.
 * @param what e.g. `an HTML page`
 * @param isAmbiguous the work may have been done all the same
 */
export function invalidAnswer(what: string, origin: Origin | undefined, isAmbiguous: boolean): GatewayError {
  const message = `CometAPI answered with ${what} instead of images.`
  return new GatewayError('upstream_invalid_response', message, { origin, isAmbiguous })
}
