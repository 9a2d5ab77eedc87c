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
    'Without a key, this gateway answers only to local names, such as localhost. Set GATEWAY_KEYS to use others.',
  )
}
