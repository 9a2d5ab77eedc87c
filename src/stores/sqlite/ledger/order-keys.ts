import type { EarlierOrder, OrderKey } from '../../../accounting/ledger.ts'
import type { SqliteDatabase } from '../database.ts'

/** Expired keys that one heartbeat removes at most: about a millisecond. */
const PRUNE_ROWS = 1000

const SQL = {
  /** key */
  find: `SELECT order_digest, generation_id, expires_at,
    EXISTS (SELECT 1 FROM holds WHERE id = order_keys.hold_id) AS is_under_way FROM order_keys WHERE key = ?`,
  /** The end of an INSERT: a key that is there has expired. */
  replaceExpired: `
    ON CONFLICT (key) DO UPDATE SET order_digest = excluded.order_digest, generation_id = excluded.generation_id,
      hold_id = excluded.hold_id, instance = excluded.instance, expires_at = excluded.expires_at`,
  /** key, generation id */
  giveBack: `DELETE FROM order_keys WHERE key = ? AND generation_id = ?`,
  /** now, rows */
  prune: `DELETE FROM order_keys WHERE key IN (
    SELECT key FROM order_keys WHERE expires_at <= ? AND hold_id NOT IN (SELECT id FROM holds)
    ORDER BY expires_at LIMIT ?)`,
} as const

interface OrderKeyRow {
  readonly order_digest: string
  readonly generation_id: string
  readonly expires_at: number
  readonly is_under_way: number
}

/** The table of order keys. All but `prune` is called inside of the ledger's transactions. */
export class SqliteOrderKeys {
  readonly #database: SqliteDatabase
  readonly #instance: number
  readonly #statements
  readonly #insert

  constructor(database: SqliteDatabase, instance: number) {
    this.#database = database
    this.#instance = instance
    this.#statements = {
      find: database.prepare(SQL.find),
      giveBack: database.prepare(SQL.giveBack),
      prune: database.prepare(SQL.prune),
    }
    this.#insert = database.insertInto('order_keys', SQL.replaceExpired)
  }

  /** The order that has the key; undefined where it is free. */
  earlier({ key, digest }: OrderKey, now: number): EarlierOrder | undefined {
    const row = this.#statements.find.get(key) as OrderKeyRow | undefined
    if (row === undefined) return undefined
    const isUnderWay = row.is_under_way === 1
    if (row.expires_at <= now && !isUnderWay) return undefined
    return { generationId: row.generation_id, isSameOrder: row.order_digest === digest, isUnderWay }
  }

  take({ key, digest, expiresAt }: OrderKey, generationId: string, holdId: number): void {
    this.#insert({
      key,
      order_digest: digest,
      generation_id: generationId,
      hold_id: holdId,
      instance: this.#instance,
      expires_at: expiresAt,
    })
  }

  giveBack({ key }: OrderKey, generationId: string): void {
    this.#statements.giveBack.run(key, generationId)
  }

  /** Removes keys that have expired, up to a number. Those of generations under way stay. */
  prune(now: number): void {
    this.#database.run(() => this.#statements.prune.run(now, PRUNE_ROWS))
  }
}
