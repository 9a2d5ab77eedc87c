import { GatewayError } from '../../errors/gateway-error.ts'
import { MinuteWindow, WINDOW_MS } from './minute-window.ts'
import { rateLimitExceeded, rateLimitHeaders } from './rate-limit.ts'
import type { VirtualKey } from '../keys/virtual-key.ts'
import type { Counted, Standing } from './rate-limit.ts'

/** What is limited, by the name under which a key has the limit. */
const LIMITS = { requests: 'requestsPerMinute', images: 'imagesPerMinute' } as const
const COUNTED = Object.keys(LIMITS) as Counted[]

/** As much of a key as its limits need. */
export type LimitedKey = Pick<VirtualKey, 'id' | 'name' | (typeof LIMITS)[Counted]>

/** A request that was counted. */
export interface CountedRequest {
  /** OpenAI's `x-ratelimit-*` headers, for the limits that the key has. */
  readonly headers: Readonly<Record<string, string>>
  /** Takes the request back, for where nothing came of it: its hold was refused. At most once. */
  readonly giveBack: () => void
}

const NOT_LIMITED: CountedRequest = Object.freeze({ headers: Object.freeze({}), giveBack: () => {} })

/**
 * Requests and images per minute of virtual keys, over a sliding window, in the memory of this process: several
 * processes on one file allow each their own. Generations in flight and budgets are the ledger's.
 */
export class KeyLimits {
  readonly #now: () => number
  readonly #windows = new Map<number, { readonly window: MinuteWindow; usedAt: number }>()
  #sweptAt = Number.NEGATIVE_INFINITY

  /** `now` must never go back; default the process's own clock. */
  constructor({ now = () => performance.now() }: { readonly now?: () => number } = {}) {
    this.#now = now
  }

  /** Keys that are remembered; those that did nothing for a minute are forgotten. */
  get size(): number {
    return this.#windows.size
  }

  /**
   * Counts one request of so many images against both limits, or refuses it and counts nothing.
   * @throws GatewayError 429 `rate_limit_exceeded` with `retry-after`; 400 `request_exceeds_limit` where the limit is
   *   smaller than the request, so that no waiting helps
   */
  count(key: LimitedKey, images: number): CountedRequest {
    if (COUNTED.every((counted) => maxOf(key, counted) === undefined)) return NOT_LIMITED
    const most = key.imagesPerMinute
    if (most !== undefined && images > most) throw tooManyImages(key, images, most)
    const now = this.#now()
    const window = this.#windowOf(key.id, now)
    const asked = { requests: 1, images }
    this.#refuse(key, window, asked, now)
    const giveBack = window.add(asked, now)
    return { headers: headersOf(key, window, now), giveBack }
  }

  /** Where a key stands, for its holder; undefined where it has no such limit. Counts nothing. */
  standing(key: LimitedKey): Readonly<Record<Counted, Standing | undefined>> {
    const now = this.#now()
    const window = this.#windows.get(key.id)?.window ?? new MinuteWindow()
    return { requests: standingOf(key, 'requests', window, now), images: standingOf(key, 'images', window, now) }
  }

  /** The limit that takes longer to have room again is the one that is named. */
  #refuse(key: LimitedKey, window: MinuteWindow, asked: Readonly<Record<Counted, number>>, now: number): void {
    const waits = COUNTED.map((counted) => {
      const max = maxOf(key, counted) ?? Number.POSITIVE_INFINITY
      return { counted, max, waitMs: window.waitMs(counted, max - asked[counted], now) }
    })
    const longest = waits.reduce((a, b) => (b.waitMs > a.waitMs ? b : a))
    if (longest.waitMs <= 0) return
    const { counted, max, waitMs: ttl } = longest
    const { [counted]: used } = window.at(now)
    const count = { max, remaining: Math.max(0, max - used), ttl, isExceeded: true }
    throw rateLimitExceeded(key.name, count, counted, headersOf(key, window, now))
  }

  #windowOf(id: number, now: number): MinuteWindow {
    this.#sweep(now)
    let entry = this.#windows.get(id)
    if (entry === undefined) this.#windows.set(id, (entry = { window: new MinuteWindow(), usedAt: now }))
    entry.usedAt = now
    return entry.window
  }

  #sweep(now: number): void {
    if (now - this.#sweptAt < WINDOW_MS) return
    this.#sweptAt = now
    for (const [id, { usedAt }] of this.#windows) if (now - usedAt >= WINDOW_MS) this.#windows.delete(id)
  }
}

function maxOf(key: LimitedKey, counted: Counted): number | undefined {
  return key[LIMITS[counted]]
}

function headersOf(key: LimitedKey, window: MinuteWindow, now: number): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const counted of COUNTED) {
    const standing = standingOf(key, counted, window, now)
    if (standing !== undefined) Object.assign(headers, rateLimitHeaders(standing, counted))
  }
  return headers
}

function standingOf(key: LimitedKey, counted: Counted, window: MinuteWindow, now: number): Standing | undefined {
  const max = maxOf(key, counted)
  if (max === undefined) return undefined
  const { [counted]: used } = window.at(now)
  return { max, remaining: Math.max(0, max - used), ttl: window.clearMs(counted, now) }
}

function tooManyImages({ name }: LimitedKey, images: number, most: number): GatewayError {
  const message = `The key '${name}' may make ${most} images per minute, and this request asks for ${images}: it never can. Ask for at most ${most} at once.`
  return new GatewayError('request_exceeds_limit', message, { param: 'n' })
}
