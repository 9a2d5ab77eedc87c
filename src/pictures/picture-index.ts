import type { Picture } from './picture.ts'

/** A database in the same process answers at once, one on a server later. */
export type Promised<T> = T | Promise<T>

/** The pictures that a list has. */
export interface NewestPictures {
  readonly key?: string | undefined
  readonly limit: number
}

/** The sums over all pictures on the shelf. */
export interface ShelfTotals {
  readonly pictures: number
  readonly bytes: number
}

/**
 * The rows of the pictures, in the database. A row is written in one transaction with the file's last step, so that no
 * process ever sees one without the other.
 */
export interface PictureIndex {
  /** @param place puts the file in its place, after the row was written and before it is committed @throws StoreError, or what `place` throws */
  add(picture: Picture, place: () => void): Promised<void>
  /** Whether it has expired is for the caller to ask. */
  find(id: string): Promised<Picture | undefined>
  /** @returns whether there was such a row */
  remove(id: string): Promised<boolean>
  /** The newest first, of one key or of all. */
  newest(query: NewestPictures): Promised<readonly Picture[]>
  oldest(): Promised<Picture | undefined>
  expired(now: number, limit: number): Promised<readonly Picture[]>
  totals(): Promised<ShelfTotals>
  /** The next rows in the order of their ids. */
  after(id: string, limit: number): Promised<readonly Picture[]>
  /** Runs work where there is no such row, and none can be written meanwhile. */
  unlessKnown(id: string, work: () => void): Promised<void>
  /** The secret that links are signed with; 32 random bytes, the same for all processes. */
  linkSecret(): Promised<Buffer>
}
