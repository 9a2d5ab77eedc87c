import { createRedactor } from '../../src/telemetry/logging.ts'
import { readError } from '../../src/upstream/envelope.ts'
import { translateFailure } from '../../src/upstream/translate.ts'
import type { GatewayError } from '../../src/errors/gateway-error.ts'

export const PLANTED_KEY = 'sk-planted-upstream-key-0123456789'

const redact = createRedactor([PLANTED_KEY])

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly retryAfter?: string | undefined
}

/** The client's error for an answer of the upstream; a string or buffer is its body as it is. */
export function translate({ status, body, retryAfter }: Answer): GatewayError {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return translateFailure({ status, error: readError(bytes, redact), model: 'gpt-image-2' }, retryAfter)
}

/** A body in CometAPI's envelope. */
export function comet(
  code: string,
  message = 'words (request id: 20260205132859798638387SIHCnxzJ)',
  more: object = {},
): object {
  return { error: { message, type: 'comet_api_error', param: '', code, ...more } }
}

/** Status, code, type and param as the client sees them, and whether its SDK may send the request again. */
export function seen(error: GatewayError): readonly [number, string | null, string, string | null, boolean] {
  const { code, type, param } = error.toBody().error
  return [error.status, code, type, param, error.headers['x-should-retry'] !== 'false']
}
