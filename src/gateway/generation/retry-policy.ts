import type { ErrorCode, GatewayError } from '../../errors/gateway-error.ts'

/** Failures after which nothing can have been done: there was no connection, or the upstream said so itself. */
const SAFE: ReadonlySet<ErrorCode> = new Set(['upstream_unreachable', 'rate_limit_exceeded', 'upstream_overloaded'])
/** A longer wait is the client's: it may want to do something else meanwhile. */
const LONGEST_WAIT_MS = 20_000
const FIRST_WAIT_MS = 250

/**
 * How long to wait before the same order is sent again; undefined where it must not be sent again, or where the upstream
 * asks for more patience than a waiting client has.
 * @param attempts how many there were, this one included
 */
export function retryDelayMs(
  error: GatewayError,
  attempts: number,
  random: () => number = Math.random,
): number | undefined {
  if (!SAFE.has(error.code)) return undefined
  const asked = (error.details.retryAfterSeconds ?? 0) * 1000
  if (asked > LONGEST_WAIT_MS) return undefined
  const backoff = FIRST_WAIT_MS * 2 ** (attempts - 1) * (0.5 + random() / 2)
  return Math.max(backoff, asked)
}
