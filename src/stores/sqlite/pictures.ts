import type { Picture } from '../../pictures/picture.ts'
import { isExtension } from '../../pictures/picture.ts'
import type { NewestPictures, PictureIndex, ShelfTotals } from '../../pictures/picture-index.ts'
import type { SqliteDatabase } from './database.ts'

const COLUMNS = `id, extension, key_name, generation_id, model, size, bytes, sha256, created_at, expires_at`

interface PictureRow {
  readonly id: string
  readonly extension: string
  readonly key_name: string
  readonly generation_id: string
  readonly model: string
  readonly size: string
  readonly bytes: number
  readonly sha256: string
  readonly created_at: number
  readonly expires_at: number
}

/** The index of the pictures, in SQLite. */
export class SqlitePictures implements PictureIndex {
  readonly #database: SqliteDatabase
  readonly #insert
  readonly #statements

  constructor(database: SqliteDatabase) {
    this.#database = database
    this.#insert = database.insertInto('pictures')
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      find: prepare(`SELECT ${COLUMNS} FROM pictures WHERE id = ?`),
      remove: prepare(`DELETE FROM pictures WHERE id = ?`),
      oldest: prepare(`SELECT ${COLUMNS} FROM pictures ORDER BY created_at, id LIMIT 1`),
      newest: prepare(
        `SELECT ${COLUMNS} FROM pictures WHERE key_name = coalesce(?, key_name) ORDER BY created_at DESC, id DESC LIMIT ?`,
      ),
      expired: prepare(`SELECT ${COLUMNS} FROM pictures WHERE expires_at <= ? ORDER BY expires_at LIMIT ?`),
      after: prepare(`SELECT ${COLUMNS} FROM pictures WHERE id > ? ORDER BY id LIMIT ?`),
      totals: prepare(`SELECT pictures, bytes FROM shelf`),
      secret: prepare(`SELECT link_secret FROM shelf`),
    }
  }

  add(picture: Picture, place: () => void): void {
    this.#database.transaction(() => {
      this.#insert(rowOf(picture))
      place()
    })
  }

  find(id: string): Picture | undefined {
    return pictureOf(this.#database.run(() => this.#statements.find.get(id)))
  }

  remove(id: string): boolean {
    return this.#database.transaction(() => this.#statements.remove.run(id).changes === 1)
  }

  oldest(): Picture | undefined {
    return pictureOf(this.#database.run(() => this.#statements.oldest.get()))
  }

  newest({ key, limit }: NewestPictures): readonly Picture[] {
    return this.#database
      .run(() => this.#statements.newest.all(key ?? null, limit))
      .flatMap((row) => pictureOf(row) ?? [])
  }

  expired(now: number, limit: number): readonly Picture[] {
    return this.#database.run(() => this.#statements.expired.all(now, limit)).flatMap((row) => pictureOf(row) ?? [])
  }

  after(id: string, limit: number): readonly Picture[] {
    return this.#database.run(() => this.#statements.after.all(id, limit)).flatMap((row) => pictureOf(row) ?? [])
  }

  totals(): ShelfTotals {
    const row = this.#database.run(() => this.#statements.totals.get())
    return { pictures: Number(row?.['pictures']), bytes: Number(row?.['bytes']) }
  }

  unlessKnown(id: string, work: () => void): void {
    this.#database.transaction(() => {
      if (this.#statements.find.get(id) === undefined) work()
    })
  }

  linkSecret(): Buffer {
    const row = this.#database.run(() => this.#statements.secret.get())
    return Buffer.from(row?.['link_secret'] as Uint8Array)
  }
}

function rowOf(picture: Picture) {
  return {
    id: picture.id,
    extension: picture.extension,
    key_name: picture.key,
    generation_id: picture.generationId,
    model: picture.model,
    size: picture.size,
    bytes: picture.bytes,
    sha256: picture.sha256,
    created_at: picture.createdAt,
    expires_at: picture.expiresAt,
  } satisfies PictureRow
}

function pictureOf(found: unknown): Picture | undefined {
  if (found === undefined) return undefined
  const row = found as PictureRow
  return {
    id: row.id,
    extension: isExtension(row.extension) ? row.extension : 'bin',
    key: row.key_name,
    generationId: row.generation_id,
    model: row.model,
    size: row.size,
    bytes: row.bytes,
    sha256: row.sha256,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}
