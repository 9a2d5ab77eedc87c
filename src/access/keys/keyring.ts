import { hash, timingSafeEqual } from 'node:crypto'
import { looksIssued } from './key-secret.ts'
import type { VirtualKey } from './virtual-key.ts'
import type { NamedKey } from './key-name.ts'

/** The caller of a request. Its name is the metrics label; the key itself is not kept. */
export interface Caller {
  readonly name: string
  /** The virtual key of the caller, with its limits and budget; undefined for all other callers. */
  readonly key?: VirtualKey
}

/** Anyone on this machine, where no keys are configured. */
export const ANONYMOUS: Caller = Object.freeze({ name: 'anonymous' })
/** The holder of ADMIN_KEY. */
export const ADMIN: Caller = Object.freeze({ name: 'admin' })

/** Keys as SHA-256 digests: found by digest, compared in constant time. */
export class Keyring {
  readonly #callers = new Map<string, { readonly digest: Buffer; readonly caller: Caller }>()
  /** Keys of the configuration that look like virtual keys: where there are none, no virtual key need be hashed here. */
  #hasIssuedLooks = false
  /** Names of the callers, for metrics that start at 0. */
  readonly names: readonly string[]

  constructor(keys: readonly NamedKey[], adminKey: string | undefined) {
    this.names = keys.map(({ name }) => name)
    for (const { name, key } of keys) this.#add(key, Object.freeze({ name }))
    if (adminKey !== undefined) this.#add(adminKey, ADMIN)
  }

  /** Whether any caller but the administrator exists. */
  get isEmpty(): boolean {
    return this.names.length === 0
  }

  find(key: string): Caller | undefined {
    if (!this.#hasIssuedLooks && looksIssued(key)) return undefined
    const digest = digestOf(key)
    const entry = this.#callers.get(digest.toString('latin1'))
    return entry !== undefined && timingSafeEqual(entry.digest, digest) ? entry.caller : undefined
  }

  #add(key: string, caller: Caller): void {
    this.#hasIssuedLooks ||= looksIssued(key)
    const digest = digestOf(key)
    this.#callers.set(digest.toString('latin1'), { digest, caller })
  }
}

/** Compares a presented secret with the expected one without telling how much of it is right. */
export function secretsEqual(presented: string, expected: string): boolean {
  return timingSafeEqual(digestOf(presented), digestOf(expected))
}

/** The token of an `Authorization: Bearer …` header (RFC 6750, 2.1); undefined for anything else. */
export function bearerToken(header: string | undefined): string | undefined {
  const match = header === undefined ? null : /^bearer +(\S+) *$/i.exec(header)
  return match?.[1]
}

function digestOf(key: string): Buffer {
  return hash('sha256', key, 'buffer')
}
