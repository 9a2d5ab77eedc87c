import { isLoopback } from '../../config/loopback.ts'
import { GatewayError } from '../../errors/gateway-error.ts'

/**
 * Refuses a request that names another host than this machine. A page in a browser can have its own name point to
 * 127.0.0.1 (DNS rebinding), and would reach whatever is open there; it cannot forge the Host.
 * @throws GatewayError `host_not_allowed`
 */
export function refuseForeignHost(hostname: string): void {
  if (hostname === '' || isLoopback(hostname)) return
  throw new GatewayError(
    'host_not_allowed',
    `The request names ${shown(hostname)}. Without a key, this gateway answers only to local names, such as localhost. Set GATEWAY_KEYS to use others.`,
  )
}

/** A name from the request, where it is one. */
function shown(hostname: string): string {
  return /^[\w.:[\]-]{1,253}$/.test(hostname) ? `the host '${hostname}'` : 'another host'
}
