import { GatewayError } from '../errors.ts'
import { ANONYMOUS, bearerToken } from '../keys/keyring.ts'
import { refuseForeignHost } from '../keys/local-host.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Keyring } from '../keys/keyring.ts'
import type { RequestCounter } from '../limits/rate-limit.ts'

export interface AuthenticateOptions {
  readonly keyring: Keyring
  /** HOST is reachable from this machine only. */
  readonly loopbackOnly: boolean
  readonly sandbox: boolean
  /** Counts one failed authentication against the client's address. */
  readonly countFailure: RequestCounter
}

/** An onRequest hook that finds out who calls, before the body is read, and refuses who may not. */
export function authenticator({ keyring, loopbackOnly, sandbox, countFailure }: AuthenticateOptions) {
  const isOpen = keyring.isEmpty && (loopbackOnly || sandbox)
  const checksHost = isOpen && loopbackOnly && !sandbox

  return function authenticate(request: FastifyRequest, _reply: FastifyReply, next: (error?: Error) => void): void {
    const key = bearerToken(request.headers.authorization)
    const caller = key === undefined ? undefined : keyring.find(key)
    if (caller === undefined && !isOpen) return void refusal(request, key !== undefined).then(next, next)
    if (caller === undefined && checksHost) refuseForeignHost(request.hostname)
    request.exchange.caller = caller ?? ANONYMOUS
    next()
  }

  async function refusal(request: FastifyRequest, hasKey: boolean): Promise<GatewayError> {
    const count = await countFailure(request)
    if (!count.isAllowed && count.isExceeded) {
      const seconds = Math.max(1, Math.ceil(count.ttl / 1000))
      return new GatewayError(
        'rate_limit_exceeded',
        `Too many failed authentications from your address. Try again in ${seconds} s.`,
        {
          headers: { 'retry-after': String(seconds) },
        },
      )
    }
    const message = hasKey
      ? 'Incorrect API key provided. Use a key that this gateway issued, not a CometAPI or OpenAI key.'
      : "You didn't provide an API key. Send it in the header Authorization: Bearer YOUR_KEY."
    return new GatewayError('invalid_api_key', message)
  }
}
