import { GatewayError } from '../../errors/gateway-error.ts'
import { ANONYMOUS, bearerToken } from '../../access/keys/keyring.ts'
import { refuseForeignHost } from './local-host.ts'
import { keyRefused } from '../../access/keys/virtual-keys.ts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller, Keyring } from '../../access/keys/keyring.ts'
import type { VirtualKeys } from '../../access/keys/virtual-keys.ts'
import type { FailedAuthentications } from './failed-authentications.ts'

export interface AuthenticateOptions {
  readonly keyring: Keyring
  /** Undefined where there is no database. */
  readonly virtualKeys: Pick<VirtualKeys, 'authenticate' | 'haveBeenIssued'> | undefined
  /** HOST is reachable from this machine only. */
  readonly loopbackOnly: boolean
  readonly sandbox: boolean
  readonly failures: FailedAuthentications
}

/** An onRequest hook that finds the caller before the body is read, and refuses those that may not call. */
export function authenticator(options: AuthenticateOptions) {
  const { keyring, virtualKeys, loopbackOnly, sandbox, failures } = options
  const mayBeOpen = keyring.isEmpty && (loopbackOnly || sandbox)
  const namesOfOthers: ReadonlySet<string> = new Set(keyring.names)

  return function authenticate(request: FastifyRequest, _reply: FastifyReply, next: (error?: Error) => void): void {
    identify(request).then(next, next)
  }

  async function identify(request: FastifyRequest): Promise<undefined> {
    request.exchange.caller = await callerOf(request)
  }

  async function callerOf(request: FastifyRequest): Promise<Caller> {
    const found = (await failures.refusalOf(request)) ?? (await holderOf(bearerToken(request.headers.authorization)))
    if (!(found instanceof GatewayError)) return found
    if (mayBeOpen && !(await virtualKeys?.haveBeenIssued())) {
      if (loopbackOnly && !sandbox) refuseForeignHost(request.hostname)
      return ANONYMOUS
    }
    throw (await failures.count(request)) ?? found
  }

  /** The holder of a key, or the reason of its refusal. */
  async function holderOf(token: string | undefined): Promise<Caller | GatewayError> {
    if (token === undefined) {
      const message = "You didn't provide an API key. Send it in the header Authorization: Bearer YOUR_KEY."
      return new GatewayError('invalid_api_key', message)
    }
    const known = keyring.find(token)
    if (known !== undefined) return known
    if (virtualKeys === undefined) return keyRefused('foreign')
    const key = await virtualKeys.authenticate(token, Date.now())
    if (typeof key === 'string') return keyRefused(key)
    // A key may be made while this gateway runs: two callers of one name would share an account and kept answers.
    return namesOfOthers.has(key.name) ? keyRefused('clashing') : { name: key.name, key }
  }
}
