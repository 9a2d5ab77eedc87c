import { GatewayError } from '../errors.ts'
import type { FastifyRequest } from 'fastify'

/** Counts a request and says where its caller stands, as @fastify/rate-limit does: allowed at once, or counted. */
export type RequestCounter = (
  request: FastifyRequest,
) => Promise<{ readonly isAllowed: true } | ({ readonly isAllowed: false } & RateLimitCount)>

/** A caller's place in the window of one minute, this request included. */
export interface RateLimitCount {
  readonly max: number
  readonly remaining: number
  /** Milliseconds until the window ends. */
  readonly ttl: number
  readonly isExceeded: boolean
}

/** OpenAI's headers for requests per minute, as its clients read them: the reset is a duration, `1m30s`. */
export function rateLimitHeaders({ max, remaining, ttl }: RateLimitCount): Record<string, string> {
  return {
    'x-ratelimit-limit-requests': String(max),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': duration(ttl),
  }
}

/** The refusal of a request over the limit. */
export function rateLimitExceeded(caller: string, count: RateLimitCount): GatewayError {
  const seconds = Math.max(1, Math.ceil(count.ttl / 1000))
  const message = `Rate limit reached for the key '${caller}': ${count.max} requests per minute. Try again in ${seconds} s.`
  return new GatewayError('rate_limit_exceeded', message, {
    headers: { ...rateLimitHeaders(count), 'retry-after': String(seconds) },
  })
}

/** `850` as `850ms`, `90000` as `1m30s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`
  const seconds = Math.ceil(ms / 1000)
  const minutes = Math.floor(seconds / 60)
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds % 60}s`
}
