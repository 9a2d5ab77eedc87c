import { ANONYMOUS } from '../../access/keys/keyring.ts'
import { WINDOW_MS } from '../../access/limits/minute-window.ts'
import { tooManyChecks } from '../../access/limits/rate-limit.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'

type Limiter = ReturnType<FastifyInstance['createRateLimit']>

/** Counts a check. @throws GatewayError 429 `rate_limit_exceeded` */
export type CheckLimit = (request: FastifyRequest) => Promise<void>

/**
 * Checks per minute of each caller from each address, with @fastify/rate-limit, which must be registered. They have a
 * limit of their own since they cost nothing and yet may send as much to be read as an order.
 * @param maxPerMinute 0 is no limit
 */
export function checkLimit(server: FastifyInstance, maxPerMinute: number): CheckLimit {
  if (maxPerMinute === 0) return async () => {}
  const limiters = new Map<string, Limiter>()
  // Each counts by address, an IPv6 one by the /64 that one site has.
  const limiterOf = (caller: string): Limiter => {
    const limiter =
      limiters.get(caller) ?? server.createRateLimit({ max: maxPerMinute, timeWindow: WINDOW_MS, ipv6Subnet: 64 })
    limiters.set(caller, limiter)
    return limiter
  }
  return async function countCheck(request) {
    const { caller = ANONYMOUS } = request.exchange
    const counted = await limiterOf(caller.name)(request)
    if (!counted.isAllowed && counted.isExceeded) throw tooManyChecks(caller.name, counted)
  }
}
