import { timingSafeEqual } from 'node:crypto'
import { GatewayError } from '../../errors/gateway-error.ts'
import { keyDigest, keyHint, keyShape, newKeySecret } from './key-secret.ts'
import { whyUnusable } from './virtual-key.ts'
import type { KeySettings, KeyStore, VirtualKey } from './virtual-key.ts'

/** A key with its secret, which is not shown again. */
export interface IssuedKey {
  readonly key: VirtualKey
  readonly secret: string
}

/** The words of a refusal. They give nothing away: a client that reads about revocation has sent the real key. */
const REFUSALS = {
  mistyped: 'Incorrect API key provided: it has a typing error, or is not complete. Copy it again.',
  foreign: 'Incorrect API key provided. Use a key that this gateway issued, not a CometAPI or OpenAI key.',
  unknown: 'Incorrect API key provided: this gateway does not know it.',
  revoked: 'This API key was revoked.',
  replaced: 'This API key was replaced by a new one, and its grace period is over.',
  disabled: 'This API key is disabled for now.',
  expired: 'This API key has expired.',
  clashing: 'This API key has the same name as an entry of GATEWAY_KEYS: its administrator must make another.',
} as const
export type KeyRefusal = keyof typeof REFUSALS

/** Keys whose digests are remembered. */
const MAX_DIGESTS = 1000

/** Issues, finds and rotates virtual keys. */
export class VirtualKeys {
  readonly #store: KeyStore
  /**
   * Digests of keys that were found, by the keys: checksum and digest take a twentieth of a small request (decision 31).
   * Whether a key may be used is asked of the store each time. A Map compares texts only where their seeded hashes are
   * equal, so that its time tells nothing about the keys in it.
   */
  readonly #digests = new Map<string, Buffer>()

  constructor(store: KeyStore) {
    this.#store = store
  }

  /**
   * The key that was presented, or why it may not be used.
   * @throws StoreError where keys cannot be looked up
   */
  async authenticate(presented: string, now: number): Promise<VirtualKey | KeyRefusal> {
    const remembered = this.#digests.get(presented)
    const shape = remembered === undefined ? keyShape(presented) : 'well_formed'
    if (shape !== 'well_formed') return shape
    const digest = remembered ?? keyDigest(presented)
    const found = await this.#store.find(digest)
    if (found === undefined || !timingSafeEqual(found.digest, digest)) return 'unknown'
    if (remembered === undefined) this.#remember(presented, digest)
    const { key, validUntil } = found
    const reason = whyUnusable(key, now)
    if (reason !== undefined) return reason
    return validUntil !== undefined && validUntil <= now ? 'replaced' : key
  }

  /** Whether any key was ever made: from then on nobody may call without one. @throws StoreError */
  async haveBeenIssued(): Promise<boolean> {
    return this.#store.hasKeys()
  }

  async create(settings: KeySettings, now: number): Promise<IssuedKey> {
    const secret = newKeySecret()
    return { key: await this.#store.create(settings, stored(secret), now), secret }
  }

  /** Gives the key a new secret; the old ones go on working for the grace period. */
  async rotate(name: string, graceMs: number, now: number): Promise<IssuedKey> {
    const secret = newKeySecret()
    return { key: await this.#store.rotate(name, stored(secret), now + graceMs, now), secret }
  }

  #remember(secret: string, digest: Buffer): void {
    if (this.#digests.size >= MAX_DIGESTS) this.#digests.clear()
    this.#digests.set(secret, digest)
  }
}

/** The 401 for a key that may not be used. */
export function keyRefused(reason: KeyRefusal): GatewayError {
  return new GatewayError('invalid_api_key', REFUSALS[reason])
}

function stored(secret: string): { digest: Buffer; hint: string } {
  return { digest: keyDigest(secret), hint: keyHint(secret) }
}
