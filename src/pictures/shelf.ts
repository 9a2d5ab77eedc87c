import { GatewayError } from '../errors/gateway-error.ts'
import { Blocks } from './blocks.ts'
import { Draft } from './draft.ts'
import { newPictureId } from './picture.ts'
import type { FileHandle } from 'node:fs/promises'
import type { DiskRoom, Expendable } from '../spool/disk-room.ts'
import type { Folder } from './folder.ts'
import type { FileExtension, Picture, PictureOrigin } from './picture.ts'
import type { NewestPictures, PictureIndex, ShelfTotals } from './picture-index.ts'

/** Rows that are looked at in one go. */
const BATCH = 500
const TIDY_MS = 60_000

export interface ShelfOptions {
  readonly index: PictureIndex
  readonly folder: Folder
  readonly room: DiskRoom
  /** How long a picture is kept, in milliseconds. */
  readonly ttlMs: number
  /** The most that all pictures may take together. */
  readonly maxBytes: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** A picture was given up for want of room. */
  readonly onEvicted: (picture: Picture) => void
  /** Pictures that have expired could not be removed; it is tried again. */
  readonly onTidyFailed: (error: unknown) => void
}

/** Keeps pictures, each under an id, until they expire or have to make room: the oldest one goes first. */
export class Shelf implements Expendable {
  readonly #options: ShelfOptions
  readonly #blocks = new Blocks()
  #timer: NodeJS.Timeout | undefined
  /** The bytes that this process knows of, for the room on the disk. */
  diskBytes = 0

  constructor(options: ShelfOptions) {
    this.#options = options
  }

  /** Takes away what a process left that was killed, and from now on what expires. */
  async start(): Promise<void> {
    await this.#sweep()
    await this.tidy()
    this.diskBytes = (await this.totals()).bytes
    this.#options.room.add(this)
    this.#timer = setInterval(() => void this.tidy().catch(this.#options.onTidyFailed), TIDY_MS).unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Begins a picture; `put` or `close` ends it. @param onChange its disk has caught up, or has failed */
  draft(onChange: () => void): Draft {
    const { folder, room } = this.#options
    return new Draft({ create: async () => folder.createDraft(), room, blocks: this.#blocks, onChange })
  }

  /**
   * Puts a whole draft on the shelf.
   * @throws GatewayError `storage_full`, StoreError, or the system's error; the draft can still be read then
   */
  async put(draft: Draft, extension: FileExtension, origin: PictureOrigin): Promise<Picture> {
    const { index, folder, ttlMs, now } = this.#options
    const { path, sha256 } = await draft.whole()
    await this.#makeRoomFor(draft.bytes)
    const createdAt = now()
    const picture: Picture = {
      ...origin,
      id: newPictureId(),
      extension,
      bytes: draft.bytes,
      sha256,
      createdAt,
      expiresAt: createdAt + ttlMs,
    }
    try {
      await index.add(picture, () => folder.place(path, picture))
    } catch (error) {
      await folder.remove(picture).catch(() => {}) // the row was taken back after the file was in its place
      throw error
    }
    this.diskBytes += picture.bytes
    await draft.close(true)
    return picture
  }

  /** A picture that has not expired. */
  async find(id: string): Promise<Picture | undefined> {
    const picture = await this.#options.index.find(id)
    return picture === undefined || picture.expiresAt <= this.#options.now() ? undefined : picture
  }

  /** @returns undefined where the file is gone */
  async open(picture: Picture): Promise<FileHandle | undefined> {
    return this.#options.folder.open(picture)
  }

  /** The row goes first: a file without a row is found by the next sweep, and served to nobody. @returns whether it was there */
  async remove(picture: Picture): Promise<boolean> {
    if (!(await this.#options.index.remove(picture.id))) return false
    await this.#removeFile(picture)
    return true
  }

  /** The newest first; some may have expired since the last time that it was tidied. */
  async newest(query: NewestPictures): Promise<readonly Picture[]> {
    return this.#options.index.newest(query)
  }

  /** Removes the pictures that were made before a time, of one key or of all. @returns how many */
  async prune({ before, key }: { readonly before: number; readonly key?: string | undefined }): Promise<number> {
    let count = 0
    for (let last = ''; ;) {
      const rows = await this.#options.index.after(last, BATCH)
      for (const picture of rows) {
        const isMeant = picture.createdAt < before && (key === undefined || picture.key === key)
        if (isMeant && (await this.remove(picture))) count++
      }
      if (rows.length < BATCH) return count
      last = rows.at(-1)?.id ?? ''
    }
  }

  async totals(): Promise<ShelfTotals> {
    return this.#options.index.totals()
  }

  /** Removes pictures that have expired. @returns how many */
  async tidy(): Promise<number> {
    const { index, now } = this.#options
    let count = 0
    for (;;) {
      const expired = await index.expired(now(), BATCH)
      for (const picture of expired) if (await this.remove(picture)) count++
      if (expired.length < BATCH) return count
    }
  }

  /** Gives up the oldest picture for others who need the disk. Only an index that answers at once can do so. */
  giveUp(): boolean {
    const { index, onEvicted, onTidyFailed } = this.#options
    try {
      const oldest = index.oldest()
      if (oldest === undefined || oldest instanceof Promise || index.remove(oldest.id) !== true) return false
      onEvicted(oldest)
      this.#removeFile(oldest).catch(onTidyFailed)
      return true
    } catch (error) {
      onTidyFailed(error) // the database is locked, or full
      return false
    }
  }

  async #makeRoomFor(bytes: number): Promise<void> {
    const { index, maxBytes, onEvicted } = this.#options
    if (bytes > maxBytes) throw new GatewayError('storage_full', 'The picture is larger than PICTURES_BYTES.')
    while ((await index.totals()).bytes + bytes > maxBytes) {
      const oldest = await index.oldest()
      if (oldest === undefined) return
      if (await this.remove(oldest)) onEvicted(oldest)
    }
  }

  /** The room counts as free at once. */
  async #removeFile(picture: Picture): Promise<void> {
    const { folder, room } = this.#options
    this.diskBytes = Math.max(0, this.diskBytes - picture.bytes)
    const removed = room.closing(picture.bytes)
    try {
      await folder.remove(picture)
    } finally {
      removed()
    }
  }

  /** Drafts of dead processes, files without a row, rows without their file. */
  async #sweep(): Promise<void> {
    const { index, folder, now } = this.#options
    const files = await folder.sweepDrafts(now())
    for (const [id, name] of files) await index.unlessKnown(id, () => folder.removeNamed(name))
    for (let last = ''; ;) {
      const rows = await index.after(last, BATCH)
      for (const picture of rows) if (!(await folder.has(picture))) await this.remove(picture)
      if (rows.length < BATCH) return
      last = rows.at(-1)?.id ?? ''
    }
  }
}
