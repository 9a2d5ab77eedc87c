import type { Budget } from '../../accounting/budget.ts'
import type { ParameterDefaults } from './parameter-defaults.ts'

/** A key that this gateway issued. The secret itself is shown once and not kept. */
export interface VirtualKey {
  readonly id: number
  /** Unique for ever, also after revocation: the ledger goes by it. The metrics label. */
  readonly name: string
  readonly note: string
  /** Model ids and `*` patterns. */
  readonly models: readonly string[]
  /** Filled in where its holder leaves them out, before those of the gateway. */
  readonly defaults: ParameterDefaults
  readonly requestsPerMinute: number | undefined
  readonly imagesPerMinute: number | undefined
  readonly maxInFlight: number | undefined
  readonly budget: Budget | undefined
  /** The most that one request may cost. */
  readonly maxCostMicros: number | undefined
  /** Milliseconds since 1970, as all times here. */
  readonly expiresAt: number | undefined
  readonly isDisabled: boolean
  readonly revokedAt: number | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

/** The members of a key that the administrator chooses. */
export type KeySettings = Pick<
  VirtualKey,
  | 'name'
  | 'note'
  | 'models'
  | 'defaults'
  | 'requestsPerMinute'
  | 'imagesPerMinute'
  | 'maxInFlight'
  | 'budget'
  | 'maxCostMicros'
  | 'expiresAt'
  | 'isDisabled'
>

/** One secret of a key; after a rotation there are two for a while. */
export interface KeySecretInfo {
  readonly hint: string
  readonly createdAt: number
  /** The end of the grace period of a secret that was replaced. */
  readonly validUntil: number | undefined
}

/** A key that was found by the digest of one of its secrets. */
export interface FoundKey {
  readonly key: VirtualKey
  readonly digest: Buffer
  readonly validUntil: number | undefined
}

export interface NewSecret {
  readonly digest: Buffer
  readonly hint: string
}

/**
 * The store of virtual keys; engines other than SQLite may answer with promises. Each verb is atomic for all processes on
 * the store. The next `find` in this process sees its effect, and so does every `find` in others from their next turn of
 * the event loop on.
 * Verbs about a name throw KeyError `no_such_key` or `key_is_revoked`.
 */
export interface KeyStore {
  /** Whether any key was ever made. */
  hasKeys(): boolean | Promise<boolean>
  find(digest: Buffer): FoundKey | undefined | Promise<FoundKey | undefined>
  /** @throws KeyError `name_taken` */
  create(settings: KeySettings, secret: NewSecret, now: number): VirtualKey | Promise<VirtualKey>
  /** All of them, revoked ones too, by name. */
  list(): readonly VirtualKey[] | Promise<readonly VirtualKey[]>
  named(name: string): VirtualKey | Promise<VirtualKey>
  secretsOf(id: number): readonly KeySecretInfo[] | Promise<readonly KeySecretInfo[]>
  /** Sets what `changes` names; undefined takes a limit away. */
  update(name: string, changes: Partial<KeySettings>, now: number): VirtualKey | Promise<VirtualKey>
  /** A new secret; the ones before it work until `graceEndsAt`. */
  rotate(name: string, secret: NewSecret, graceEndsAt: number, now: number): VirtualKey | Promise<VirtualKey>
  /** For ever. */
  revoke(name: string, now: number): VirtualKey | Promise<VirtualKey>
}

/** The refusal of an administrator's verb on a key. */
export class KeyError extends Error {
  override readonly name = 'KeyError'
  readonly code: 'no_such_key' | 'key_is_revoked' | 'name_taken' | 'invalid_settings'

  constructor(code: KeyError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** Why a key that exists cannot be used now; undefined where it can. */
export function whyUnusable(key: VirtualKey, now: number): 'revoked' | 'disabled' | 'expired' | undefined {
  if (key.revokedAt !== undefined) return 'revoked'
  if (key.isDisabled) return 'disabled'
  return key.expiresAt !== undefined && key.expiresAt <= now ? 'expired' : undefined
}
