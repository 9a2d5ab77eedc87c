import { WINDOW_MS } from '../../access/limits/minute-window.ts'
import { tooManyFailedAuthentications } from '../../access/limits/rate-limit.ts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { GatewayError } from '../../errors/gateway-error.ts'

/** Failed authentications by address; an IPv6 address is counted by the /64 that one site has. */
export interface FailedAuthentications {
  /**
   * The refusal of an address that has failed too often, undefined for every other. It is asked before a credential is
   * looked up, so that a right guess looks like a wrong one. Counts nothing.
   */
  refusalOf(request: FastifyRequest): Promise<GatewayError | undefined>
  /** Counts one failure; gives the refusal if that is one too many. */
  count(request: FastifyRequest): Promise<GatewayError | undefined>
}

/** Counts failures per minute and address, with @fastify/rate-limit, which must be registered. */
export function failedAuthentications(server: FastifyInstance, maxPerMinute: number): FailedAuthentications {
  const limiter = server.createRateLimit({ max: maxPerMinute, timeWindow: WINDOW_MS, ipv6Subnet: 64 })
  let lastFailureAt = Number.NEGATIVE_INFINITY
  return {
    async refusalOf(request) {
      // While nobody fails, nobody is looked up: this runs before every request.
      if (performance.now() - lastFailureAt > WINDOW_MS || !hasAddress(request)) return undefined
      const state = await limiter(request, { increment: false })
      if (state.isAllowed || state.remaining > 0) return undefined
      return tooManyFailedAuthentications(state)
    },
    async count(request) {
      if (!hasAddress(request)) return undefined
      lastFailureAt = performance.now()
      const counted = await limiter(request)
      if (counted.isAllowed || !counted.isExceeded) return undefined
      return tooManyFailedAuthentications(counted)
    },
  }
}

/** A connection that is closed already has none. */
function hasAddress(request: FastifyRequest): boolean {
  return (request.ip as string | undefined) !== undefined
}
