/** The names that a key may have: safe as a metrics label, in a terminal and in a header. */
export const KEY_NAME = /^[\w.@-]{1,64}$/

/** Names that metrics and the log use for callers without a key of their own. */
export const RESERVED_NAMES: ReadonlySet<string> = new Set(['admin', 'anonymous', 'none'])

/** A key from GATEWAY_KEYS: the name is shown in logs and metrics, the key never. */
export interface NamedKey {
  readonly name: string
  readonly key: string
}
