import { GatewayError } from '../errors/gateway-error.ts'

/** Headers by which a browser says from which page a request comes. Programs that are no browsers send neither. */
export interface PageHeaders {
  readonly origin?: string | undefined
  readonly 'sec-fetch-site'?: string | undefined
  readonly host?: string | undefined
}

/** Values of Sec-Fetch-Site for the gateway's own pages, and for an address that a person typed in. */
const OWN_SITES: ReadonlySet<string | undefined> = new Set(['same-origin', 'none', undefined])
/** An origin that is repeated to the operator; anything else could be meant for the terminal that shows it. */
const SHOWABLE = /^[\x21-\x7e]{1,200}$/

/**
 * The origins of web pages that may call. A browser lets any page send forms and plain texts to any address, the
 * operator's loopback included, and adds no key, no preflight and no question: such a request must buy nothing.
 */
export class Origins {
  readonly #listed: ReadonlySet<string>

  /** @param listed CORS_ORIGINS */
  constructor(listed: readonly string[]) {
    this.#listed = new Set(listed)
  }

  get isEmpty(): boolean {
    return this.#listed.size === 0
  }

  isListed(origin: string | undefined): boolean {
    return origin !== undefined && this.#listed.has(origin)
  }

  /**
   * The 403 for a request that a page of another origin may have caused, `Origin: null` included (a sandboxed frame, a
   * file); undefined for every other request.
   */
  refusalOf({ origin, 'sec-fetch-site': site, host }: PageHeaders): GatewayError | undefined {
    if (this.isListed(origin)) return undefined
    if (origin !== undefined && !isOwn(origin, host))
      return foreign(SHOWABLE.test(origin) ? ` (Origin: ${origin})` : '')
    return OWN_SITES.has(site) ? undefined : foreign('')
  }
}

/** The scheme is not compared: a proxy in front may speak https, and the browser compares it itself (Sec-Fetch-Site). */
function isOwn(origin: string, host: string | undefined): boolean {
  const own = host?.toLowerCase()
  return own !== undefined && [`http://${own}`, `https://${own}`].includes(origin.toLowerCase())
}

function foreign(shown: string): GatewayError {
  const message = `This request comes from a web page of another origin${shown}, which may not call this gateway. CORS_ORIGINS lists the origins that may.`
  return new GatewayError('origin_not_allowed', message)
}
