import { GatewayError } from '../../errors/gateway-error.ts'
import { ANONYMOUS } from '../keys/keyring.ts'
import { MinuteWindows } from './minute-windows.ts'
import { rateLimitExceeded, rateLimitHeaders } from './rate-limit.ts'
import type { Caller } from '../keys/keyring.ts'
import type { VirtualKey } from '../keys/virtual-key.ts'
import type { MinuteWindow } from './minute-window.ts'
import type { Counted, LimitState } from './rate-limit.ts'

/** The two limits, by the setting of a virtual key that has the number. */
const LIMITS = { requests: 'requestsPerMinute', images: 'imagesPerMinute' } as const
const COUNTED = Object.keys(LIMITS) as Counted[]

/** The part of a caller that limits need: its name, and the numbers of its virtual key. */
export interface LimitedCaller extends Pick<Caller, 'name'> {
  readonly key?: Pick<VirtualKey, (typeof LIMITS)[Counted]>
}

/** A request that was counted. */
export interface CountedRequest {
  /** OpenAI's `x-ratelimit-*` headers, for the limits that the caller has. */
  readonly headers: Readonly<Record<string, string>>
  /** Takes the request back, because nothing was bought: its hold was refused, for example. At most once. */
  readonly giveBack: () => void
}

export interface CallerLimitsOptions {
  /** RATE_LIMIT_RPM: requests per minute of each caller without a virtual key; 0 is no limit. */
  readonly requestsPerMinute?: number
  /** Must never go back; default the process's own clock. */
  readonly now?: () => number
}

const NOT_LIMITED: CountedRequest = Object.freeze({ headers: Object.freeze({}), giveBack: () => {} })

/**
 * Requests and images per minute of every caller, over a sliding window, in the memory of this process: several
 * processes on one file allow each their own. Generations in flight and budgets are the ledger's.
 */
export class CallerLimits {
  readonly #now: () => number
  readonly #requestsPerMinute: number | undefined
  readonly #windows = new MinuteWindows()

  constructor({ requestsPerMinute = 0, now = () => performance.now() }: CallerLimitsOptions = {}) {
    this.#requestsPerMinute = requestsPerMinute === 0 ? undefined : requestsPerMinute
    this.#now = now
  }

  /** Callers that are remembered; those that did nothing for a minute are forgotten. */
  get size(): number {
    return this.#windows.size
  }

  /**
   * Counts one request of so many images against both limits, or refuses it and counts nothing.
   * @throws GatewayError 429 `rate_limit_exceeded` with `retry-after`; 400 `request_exceeds_limit` where the limit is
   *   smaller than the request, so that no waiting helps
   */
  count(caller: LimitedCaller = ANONYMOUS, images = 1): CountedRequest {
    if (!this.#isLimited(caller)) return NOT_LIMITED
    const most = this.#maxOf(caller, 'images')
    if (most !== undefined && images > most) throw tooManyImages(caller, images, most)
    const now = this.#now()
    const window = this.#windows.use(caller.name, now)
    const asked = { requests: 1, images }
    const refusal = this.#refusal(caller, window, asked, now)
    if (refusal !== undefined) throw refusal
    const giveBack = window.add(asked, now)
    return { headers: this.#headersOf(caller, window, now), giveBack }
  }

  /** The caller's place in each window; undefined where it has no such limit. Counts nothing. */
  stateOf(caller: LimitedCaller): Readonly<Record<Counted, LimitState | undefined>> {
    const now = this.#now()
    const window = this.#windows.peek(caller.name)
    const of = (counted: Counted): LimitState | undefined => this.#stateOf(caller, counted, window, now)
    return { requests: of('requests'), images: of('images') }
  }

  /** The refusal that a request of the caller would meet now, if it asked for one image. Counts nothing. */
  foreseenRefusal(caller: LimitedCaller = ANONYMOUS): GatewayError | undefined {
    if (!this.#isLimited(caller)) return undefined
    return this.#refusal(caller, this.#windows.peek(caller.name), { requests: 1, images: 1 }, this.#now())
  }

  /** The limit that takes longer to have room again is the one that is named. */
  #refusal(
    caller: LimitedCaller,
    window: MinuteWindow,
    asked: Readonly<Record<Counted, number>>,
    now: number,
  ): GatewayError | undefined {
    const waits = COUNTED.map((counted) => {
      const max = this.#maxOf(caller, counted) ?? Number.POSITIVE_INFINITY
      return { counted, max, waitMs: window.waitMs(counted, max - asked[counted], now) }
    })
    const longest = waits.reduce((a, b) => (b.waitMs > a.waitMs ? b : a))
    if (longest.waitMs <= 0) return undefined
    const { counted, max, waitMs: ttl } = longest
    const { [counted]: used } = window.at(now)
    const count = { max, remaining: Math.max(0, max - used), ttl, isExceeded: true }
    return rateLimitExceeded(caller.name, count, counted, this.#headersOf(caller, window, now))
  }

  #isLimited(caller: LimitedCaller): boolean {
    return COUNTED.some((counted) => this.#maxOf(caller, counted) !== undefined)
  }

  #maxOf({ key }: LimitedCaller, counted: Counted): number | undefined {
    if (key !== undefined) return key[LIMITS[counted]]
    return counted === 'requests' ? this.#requestsPerMinute : undefined
  }

  #headersOf(caller: LimitedCaller, window: MinuteWindow, now: number): Record<string, string> {
    const headers: Record<string, string> = {}
    for (const counted of COUNTED) {
      const state = this.#stateOf(caller, counted, window, now)
      if (state !== undefined) Object.assign(headers, rateLimitHeaders(state, counted))
    }
    return headers
  }

  #stateOf(caller: LimitedCaller, counted: Counted, window: MinuteWindow, now: number): LimitState | undefined {
    const max = this.#maxOf(caller, counted)
    if (max === undefined) return undefined
    const { [counted]: used } = window.at(now)
    return { max, remaining: Math.max(0, max - used), ttl: window.clearMs(counted, now) }
  }
}

function tooManyImages({ name }: LimitedCaller, images: number, most: number): GatewayError {
  const message = `The key '${name}' may make ${most} images per minute, and this request asks for ${images}: it never can. Ask for at most ${most} at once.`
  return new GatewayError('request_exceeds_limit', message, { param: 'n' })
}
