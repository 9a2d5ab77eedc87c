import { GatewayError } from '../../errors/gateway-error.ts'

/** The two things that are limited per minute. */
export type Counted = 'requests' | 'images'

/** A caller's place in its window of one minute. */
export interface LimitState {
  readonly max: number
  readonly remaining: number
  /** Milliseconds until all of the limit is there again; in a refusal, until there is room for the request. */
  readonly ttl: number
}

/** A place with this request counted in. */
export interface RateLimitCount extends LimitState {
  readonly isExceeded: boolean
}

/** OpenAI's headers for each of the two. Names that are put together anew make slow objects: 1 % of a small request. */
const HEADERS = {
  requests: ['x-ratelimit-limit-requests', 'x-ratelimit-remaining-requests', 'x-ratelimit-reset-requests'],
  images: ['x-ratelimit-limit-images', 'x-ratelimit-remaining-images', 'x-ratelimit-reset-images'],
} as const

/** The headers of a limit per minute, as OpenAI's clients read them: the reset is a duration, `1m30s`. */
export function rateLimitHeaders(
  { max, remaining, ttl }: LimitState | RateLimitCount,
  counted: Counted = 'requests',
): Record<string, string> {
  const [limitHeader, remainingHeader, resetHeader] = HEADERS[counted]
  return { [limitHeader]: String(max), [remainingHeader]: String(remaining), [resetHeader]: duration(ttl) }
}

/** The refusal of a request over the limit. `headers`: those of the caller's other limits. */
export function rateLimitExceeded(
  caller: string,
  count: RateLimitCount,
  counted: Counted = 'requests',
  headers: Readonly<Record<string, string>> = {},
): GatewayError {
  const seconds = secondsToWait(count)
  const message = `Rate limit reached for the key '${caller}': ${count.max} ${counted} per minute. Try again in ${seconds} s.`
  return new GatewayError('rate_limit_exceeded', message, {
    retryAfterSeconds: seconds,
    headers: { ...rateLimitHeaders(count, counted), ...headers },
  })
}

/** The refusal of a check over the limit of checks. */
export function tooManyChecks(caller: string, count: RateLimitCount): GatewayError {
  const seconds = secondsToWait(count)
  const message = `Rate limit reached for checks by the key '${caller}': ${count.max} per minute. Try again in ${seconds} s.`
  return new GatewayError('rate_limit_exceeded', message, { retryAfterSeconds: seconds })
}

/** The refusal of an address that failed to authenticate too often; it hides what was wrong this time. */
export function tooManyFailedAuthentications(count: RateLimitCount): GatewayError {
  const seconds = secondsToWait(count)
  const message = `Too many failed authentications from your address. Try again in ${seconds} s.`
  return new GatewayError('rate_limit_exceeded', message, { retryAfterSeconds: seconds })
}

function secondsToWait({ ttl }: RateLimitCount): number {
  return Math.max(1, Math.ceil(ttl / 1000))
}

/** `850` as `850ms`, `90000` as `1m30s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`
  const seconds = Math.ceil(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`
}
