import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemCode } from '../../../errors/system-error.ts'

/** In the data directory: virtual keys were made here. */
const INSIDE = 'VIRTUAL-KEYS.txt'
/** Beside the data directory, after its name: it had virtual keys, and was moved or deleted under a running gateway. */
const BESIDE = '.VIRTUAL-KEYS.txt'

/**
 * Remembers, outside of the database, that a data directory has virtual keys: without them, everybody on the machine
 * may call. A database that was lost must not have that effect unnoticed.
 */
export class KeysMarker {
  readonly #inside: string
  readonly #beside: string
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = resolve(directory)
    this.#inside = join(this.#directory, INSIDE)
    this.#beside = this.#directory + BESIDE
  }

  /** The marks that are there. */
  get found(): readonly string[] {
    return [this.#inside, this.#beside].filter((path) => existsSync(path))
  }

  /** Virtual keys are made here. @throws the system's error */
  set(): void {
    this.#write(this.#inside)
  }

  /** The database is not in its place any more. Where nothing can be written, nothing is marked. */
  setBeside(): void {
    try {
      this.#write(this.#beside)
    } catch {
      // the log says it all the same
    }
  }

  /** The database is in its place. */
  clearBeside(): void {
    rmSync(this.#beside, { force: true })
  }

  /** Never through a link: others may be able to put one there. */
  #write(path: string): void {
    try {
      writeFileSync(path, words(this.#directory), { flag: 'wx', mode: 0o600 })
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
    }
  }
}

function words(directory: string): string {
  return `The comet-gateway of ${directory} has virtual keys, which are in its gateway.db.

If that file is gone, the gateway does not start: without keys, everybody who reaches it could call at your expense.
Put gateway.db back with its -wal and -shm, or restore a backup of it, or make keys again (comet-gateway keys create).
If nobody is to need a key any more, delete this file.
`
}
