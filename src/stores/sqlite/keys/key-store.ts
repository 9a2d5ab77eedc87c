import { KeyError } from '../../../access/keys/virtual-key.ts'
import { columnsOf, keyOfRow } from './key-rows.ts'
import type {
  FoundKey,
  KeySecretInfo,
  KeySettings,
  KeyStore,
  NewSecret,
  VirtualKey,
} from '../../../access/keys/virtual-key.ts'
import type { SqliteDatabase } from '../database.ts'
import type { KeyRow } from './key-rows.ts'
import type { KeysMarker } from './keys-marker.ts'

const SQL = {
  revision: `SELECT revision FROM key_revision`,
  find: `SELECT k.*, s.digest, s.valid_until FROM secrets s JOIN keys k ON k.id = s.key_id WHERE s.digest = ?`,
  named: `SELECT * FROM keys WHERE name = ?`,
  any: `SELECT 1 FROM keys LIMIT 1`,
  list: `SELECT * FROM keys ORDER BY name`,
  secrets: `SELECT hint, created_at, valid_until FROM secrets WHERE key_id = ? ORDER BY created_at DESC, hint`,
  create: `INSERT INTO keys (name, note, models, defaults, requests_per_minute, images_per_minute, max_in_flight,
      budget_micros, budget_period, max_cost_micros, expires_at, is_disabled, created_at, updated_at)
    VALUES ($name, $note, $models, $defaults, $requests_per_minute, $images_per_minute, $max_in_flight, $budget_micros,
      $budget_period, $max_cost_micros, $expires_at, $is_disabled, $now, $now) RETURNING *`,
  update: `UPDATE keys SET name = $name, note = $note, models = $models, defaults = $defaults,
      requests_per_minute = $requests_per_minute,
      images_per_minute = $images_per_minute, max_in_flight = $max_in_flight, budget_micros = $budget_micros,
      budget_period = $budget_period, max_cost_micros = $max_cost_micros, expires_at = $expires_at, is_disabled = $is_disabled, updated_at = $now
    WHERE id = $id RETURNING *`,
  addSecret: `INSERT INTO secrets (digest, key_id, hint, created_at) VALUES (?, ?, ?, ?)`,
  // A secret that was replaced before keeps its earlier end.
  endSecrets: `UPDATE secrets SET valid_until = min($end, coalesce(valid_until, $end)) WHERE key_id = $id`,
  forgetSecrets: `DELETE FROM secrets WHERE key_id = $id AND valid_until <= $before`,
  revoke: `UPDATE keys SET revoked_at = $now, updated_at = $now WHERE id = $id RETURNING *`,
} as const

/** The time for which the digest of a replaced secret is kept, to answer "replaced" instead of "unknown". */
const KEEP_REPLACED_MS = 90 * 86_400_000

interface FoundRow extends KeyRow {
  readonly digest: Uint8Array
  readonly valid_until: number | null
}

interface SecretRow {
  readonly hint: string
  readonly created_at: number
  readonly valid_until: number | null
}

/**
 * Virtual keys in SQLite. Keys that were found are cached until any process changes any key: reading the revision takes
 * 3 µs, reading the row 5, and parsing it more. It is read once in a turn of the event loop: each read is a transaction,
 * with two locks of the file (decision 31). (`PRAGMA data_version` would change with every ledger row that another process
 * writes.)
 */
export class SqliteKeyStore implements KeyStore {
  readonly #database: SqliteDatabase
  readonly #marker: Pick<KeysMarker, 'set'>
  readonly #statements
  readonly #found = new Map<string, FoundKey>()
  #revision: unknown
  #isRevisionFresh = false
  #hasKeys: boolean | undefined
  readonly #endOfTurn = (): void => {
    this.#isRevisionFresh = false
  }

  constructor(database: SqliteDatabase, marker: Pick<KeysMarker, 'set'>) {
    this.#database = database
    this.#marker = marker
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      revision: prepare(SQL.revision),
      find: prepare(SQL.find),
      named: prepare(SQL.named),
      any: prepare(SQL.any),
      list: prepare(SQL.list),
      secrets: prepare(SQL.secrets),
      create: prepare(SQL.create),
      update: prepare(SQL.update),
      addSecret: prepare(SQL.addSecret),
      endSecrets: prepare(SQL.endSecrets),
      forgetSecrets: prepare(SQL.forgetSecrets),
      revoke: prepare(SQL.revoke),
    }
  }

  hasKeys(): boolean {
    this.#dropStaleCache()
    return (this.#hasKeys ??= this.#database.run(() => this.#statements.any.get()) !== undefined)
  }

  find(digest: Buffer): FoundKey | undefined {
    this.#dropStaleCache()
    const name = digest.toString('latin1')
    const known = this.#found.get(name)
    if (known !== undefined) return known
    const found = this.#read(digest)
    if (found !== undefined) this.#found.set(name, found)
    return found
  }

  #dropStaleCache(): void {
    if (this.#isRevisionFresh) return
    const revision = this.#database.run(() => this.#statements.revision.get())?.['revision']
    this.#isRevisionFresh = true
    setImmediate(this.#endOfTurn)
    if (revision === this.#revision) return
    this.#found.clear()
    this.#hasKeys = undefined
    this.#revision = revision
  }

  create(settings: KeySettings, { digest, hint }: NewSecret, now: number): VirtualKey {
    return this.#change(() => {
      this.#refuseTaken(settings.name)
      const row = this.#statements.create.get({ ...columnsOf(settings), now }) as unknown as KeyRow
      this.#statements.addSecret.run(digest, row.id, hint, now)
      this.#marker.set() // before the commit: no key without a marker
      return keyOfRow(row)
    })
  }

  list(): readonly VirtualKey[] {
    return (this.#database.run(() => this.#statements.list.all()) as unknown as KeyRow[]).map(keyOfRow)
  }

  named(name: string): VirtualKey {
    const row = this.#database.run(() => this.#statements.named.get(name)) as KeyRow | undefined
    if (row === undefined) throw new KeyError('no_such_key', `there is no key named '${name}'`)
    return keyOfRow(row)
  }

  secretsOf(id: number): readonly KeySecretInfo[] {
    const rows = this.#database.run(() => this.#statements.secrets.all(id)) as unknown as SecretRow[]
    return rows.map(({ hint, created_at: createdAt, valid_until: until }) => ({
      hint,
      createdAt,
      validUntil: until ?? undefined,
    }))
  }

  update(name: string, changes: Partial<KeySettings>, now: number): VirtualKey {
    return this.#change(() => {
      const before = this.#usable(name)
      const after = { ...before, ...changes }
      if (after.name !== name)
        throw new KeyError('invalid_settings', 'a key keeps its name: the ledger is labelled with it')
      const row = this.#statements.update.get({ ...columnsOf(after), id: before.id, now })
      return keyOfRow(row as unknown as KeyRow)
    })
  }

  rotate(name: string, { digest, hint }: NewSecret, graceEndsAt: number, now: number): VirtualKey {
    return this.#change(() => {
      const key = this.#usable(name)
      this.#statements.forgetSecrets.run({ id: key.id, before: now - KEEP_REPLACED_MS })
      this.#statements.endSecrets.run({ id: key.id, end: graceEndsAt })
      this.#statements.addSecret.run(digest, key.id, hint, now)
      const row = this.#statements.update.get({ ...columnsOf(key), id: key.id, now })
      return keyOfRow(row as unknown as KeyRow)
    })
  }

  revoke(name: string, now: number): VirtualKey {
    return this.#change(() => {
      const key = this.#usable(name)
      return keyOfRow(this.#statements.revoke.get({ id: key.id, now }) as unknown as KeyRow)
    })
  }

  /** A `find` of this process sees the change in the same turn already. */
  #change<T>(work: () => T): T {
    this.#isRevisionFresh = false
    return this.#database.transaction(work)
  }

  /** Reads the key after the revision, so that a change in between is seen early at worst. */
  #read(digest: Buffer): FoundKey | undefined {
    const row = this.#database.run(() => this.#statements.find.get(digest)) as FoundRow | undefined
    if (row === undefined) return undefined
    return { key: keyOfRow(row), digest: Buffer.from(row.digest), validUntil: row.valid_until ?? undefined }
  }

  #usable(name: string): VirtualKey {
    const key = this.named(name)
    if (key.revokedAt === undefined) return key
    throw new KeyError(
      'key_is_revoked',
      `the key '${name}' is revoked, which is for ever: create one with another name`,
    )
  }

  #refuseTaken(name: string): void {
    const row = this.#statements.named.get(name) as KeyRow | undefined
    if (row === undefined) return
    const why = row.revoked_at === null ? '' : ' by a revoked key, and the ledger is labelled with names'
    throw new KeyError('name_taken', `the name '${name}' is taken${why}: choose another`)
  }
}
