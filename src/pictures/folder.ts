import { randomUUID } from 'node:crypto'
import { constants, renameSync, rmSync } from 'node:fs'
import { lstat, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemCode } from '../errors/system-error.ts'
import { makeOneDirectory } from '../spool/make-directory.ts'
import { fileName, parseFileName } from './picture.ts'
import type { FileHandle } from 'node:fs/promises'
import type { DraftFile } from './draft.ts'
import type { Picture } from './picture.ts'

const PREFIX = 'draft-'
const OWNER_ONLY = 0o600
/** The file must not exist yet, nor be somebody's link. */
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)
/** A draft that no process of this machine has is another machine's until it is so old. */
const DRAFT_MS = 3_600_000

/** The folder of the pictures, `DATA_DIR/pictures`: files named by id, and drafts that name their process. */
export class Folder {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** @throws the system's error */
  async createDraft(): Promise<DraftFile> {
    makeOneDirectory(this.#path)
    const path = join(this.#path, `${PREFIX}${process.pid}-${randomUUID()}`)
    return { path, handle: await open(path, CREATE, OWNER_ONLY) }
  }

  /** Gives a draft the name of its picture. @throws the system's error */
  place(draft: string, picture: Picture): void {
    renameSync(draft, this.#pathOf(picture))
  }

  /** @returns undefined where there is no such file */
  async open(picture: Picture): Promise<FileHandle | undefined> {
    try {
      return await open(this.#pathOf(picture), READ)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** Any number of calls. */
  async remove(picture: Picture): Promise<void> {
    await rm(this.#pathOf(picture), { force: true })
  }

  /** The file is there, and has as many bytes as its row says. */
  async has(picture: Picture): Promise<boolean> {
    const stats = await lstat(this.#pathOf(picture)).catch(() => undefined)
    return stats?.isFile() === true && stats.size === picture.bytes
  }

  /** Removes drafts of processes that are gone. @returns the pictures' files by id */
  async sweepDrafts(now: number): Promise<ReadonlyMap<string, string>> {
    // A link is not followed: the files at its other end may be anybody's.
    const isFolder = await lstat(this.#path).then(
      (stats) => stats.isDirectory(),
      () => false,
    )
    const names = isFolder ? await readdir(this.#path) : []
    for (const name of names.filter((one) => one.startsWith(PREFIX)))
      if (await this.#isAbandoned(name, now)) await rm(join(this.#path, name), { force: true })
    const named = names.map((name) => [parseFileName(name)?.id, name] as const)
    return new Map(named.filter((pair): pair is [string, string] => pair[0] !== undefined))
  }

  removeNamed(name: string): void {
    rmSync(join(this.#path, name), { force: true })
  }

  async #isAbandoned(name: string, now: number): Promise<boolean> {
    const pid = Number(name.slice(PREFIX.length).split('-', 1)[0])
    if (pid === process.pid) return true // of an earlier process: it is asked before this one has drafts
    if (!isRunning(pid)) return true
    const stats = await lstat(join(this.#path, name)).catch(() => undefined)
    return stats !== undefined && now - stats.mtimeMs > DRAFT_MS
  }

  #pathOf(picture: Picture): string {
    return join(this.#path, fileName(picture))
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}
