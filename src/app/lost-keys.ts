import { resolve } from 'node:path'
import { ConfigError } from '../config/config.ts'
import { hasDatabase } from '../stores/sqlite/database.ts'
import { KeysMarker } from '../stores/sqlite/keys/keys-marker.ts'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { Store } from '../stores/sqlite/store.ts'

type Settings = Pick<Config, 'DATA_DIR' | 'GATEWAY_KEYS' | 'SANDBOX' | 'loopbackOnly'>

/**
 * The sentence about a data directory that had virtual keys and has none any more; undefined where that is not so.
 * @param keys how many virtual keys its database has
 */
export function lostKeysIn({ DATA_DIR }: Pick<Config, 'DATA_DIR'>, keys: number): string | undefined {
  const marks = keys > 0 ? [] : new KeysMarker(DATA_DIR).found
  if (marks.length === 0) return undefined
  return (
    `DATA_DIR (${resolve(DATA_DIR)}) had virtual keys, and they are gone. Put its gateway.db back, with its -wal and -shm, ` +
    'or restore a backup of it; or make keys again (comet-gateway keys create NAME); or, if nobody is to need a key any ' +
    `more, delete ${marks.join(' and ')}`
  )
}

/** Whether callers need no key where there are no virtual keys. */
export function isOpenWithoutKeys({ GATEWAY_KEYS = [], loopbackOnly, SANDBOX }: Settings): boolean {
  return GATEWAY_KEYS.length === 0 && (loopbackOnly || SANDBOX)
}

/**
 * Before the database is opened, which would make a new one: then the old one could not be moved back.
 * @throws ConfigError where everybody could call from now on who needed a key before
 */
export function refuseLostDatabase(config: Settings): void {
  const lost = hasDatabase(config.DATA_DIR) ? undefined : lostKeysIn(config, 0)
  if (lost !== undefined && isOpenWithoutKeys(config)) throw new ConfigError([openNow(lost)])
}

/** Compares the virtual keys with the marks outside of the database. @throws ConfigError as refuseLostDatabase */
export function checkMarks(config: Settings, { file, isNew, keysMarker }: Store, keys: number, logger: Logger): void {
  const lost = lostKeysIn(config, keys)
  const isOpen = isOpenWithoutKeys(config) && keys === 0
  if (lost !== undefined && isOpen) throw new ConfigError([openNow(lost)])
  if (keys > 0) {
    keysMarker.set() // a directory from before there were marks
    keysMarker.clearBeside()
  }
  if (lost !== undefined) logger.warn(lost)
  if (isNew) logger.info({ file }, 'a new database was made')
  if (isOpen) logger.info('there are no keys: anyone on this machine may call')
}

/** Without a database nobody is asked for a virtual key: the operator has said so, and is told what it means. */
export function warnOfLostKeys(config: Settings, logger: Logger): void {
  if (isOpenWithoutKeys(config) && new KeysMarker(config.DATA_DIR).found.length > 0)
    logger.warn('DATABASE=false: the virtual keys in DATA_DIR are not asked for, and anyone on this machine may call')
}

function openNow(lost: string): string {
  return `anyone on this machine could call: ${lost}.`
}
