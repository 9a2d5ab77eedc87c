import { tooManyFailedAuthentications } from '../../access/limits/rate-limit.ts'
import { WINDOW_MS } from '../../access/limits/minute-window.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { GatewayError } from '../../errors/gateway-error.ts'

/** Counts a failed authentication of an address; gives the refusal where that address has failed too often. */
export type FailureCounter = (request: FastifyRequest) => Promise<GatewayError | undefined>

/**
 * Counts failed authentications per minute and address, an IPv6 address by the /64 that one site has. The plugin
 * @fastify/rate-limit must be registered.
 */
export function failureCounter(server: FastifyInstance, maxPerMinute: number): FailureCounter {
  const count = server.createRateLimit({ max: maxPerMinute, timeWindow: WINDOW_MS, ipv6Subnet: 64 })
  return async function countFailure(request: FastifyRequest): Promise<GatewayError | undefined> {
    const counted = await count(request)
    if (counted.isAllowed || !counted.isExceeded) return undefined
    return tooManyFailedAuthentications(counted)
  }
}
