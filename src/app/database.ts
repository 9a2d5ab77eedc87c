import { ConfigError } from '../config/config.ts'
import { VirtualKeys } from '../access/keys/virtual-keys.ts'
import { leftMicros } from '../accounting/budget.ts'
import { LedgerWriter } from '../accounting/ledger-writer.ts'
import { checkMarks, refuseLostDatabase, warnOfLostKeys } from './lost-keys.ts'
import { StoreError } from '../errors/store-error.ts'
import { defaultProblems } from '../models/default-problems.ts'
import { Store } from '../stores/sqlite/store.ts'
import type { Logger } from 'pino'
import type { StorageProblem } from '../http/routes/operations.ts'
import type { AlertStore } from '../accounting/alerts/alert.ts'
import type { AdminDatabase } from '../access/admin-database.ts'
import type { ParameterDefaults } from '../access/keys/parameter-defaults.ts'
import type { VirtualKey } from '../access/keys/virtual-key.ts'
import type { PictureIndex } from '../pictures/picture-index.ts'
import type { DiskRoom } from '../spool/disk-room.ts'
import type { Config } from '../config/config.ts'
import type { Clock } from '../gateway/generation/clock.ts'
import type { Catalogue } from '../models/catalogue.ts'

/** The database of a running gateway: virtual keys, budgets and the ledger. */
export interface Database {
  /** The file was moved, deleted or replaced; looks at it. */
  readonly problem: () => StoreError | undefined
  readonly virtualKeys: VirtualKeys
  readonly ledger: LedgerWriter
  readonly forAdministrators: AdminDatabase
  readonly alerts: AlertStore
  readonly pictures: PictureIndex
  /** Waits until every ending is committed, then closes the file. */
  readonly close: () => Promise<void>
}

export interface Surroundings {
  readonly logger: Logger
  readonly clock: Clock
  /** The room on its disk, which spooled uploads and kept answers use too. */
  readonly room: DiskRoom
  readonly catalogue: Catalogue
  /** An alert was recorded, and has to be sent. */
  readonly onAlert: () => void
}

/**
 * Opens the file in DATA_DIR, makes or migrates it, and books the holds that dead processes left open.
 * @returns undefined where DATABASE is off
 * @throws ConfigError where the file cannot be used, or names of GATEWAY_KEYS are those of virtual keys; StoreError where
 *   it may be used later: it is locked, or the disk is full
 */
export function openDatabase(config: Config, surroundings: Surroundings): Database | undefined {
  if (!config.DATABASE) {
    warnOfLostKeys(config, surroundings.logger)
    return undefined
  }
  refuseLostDatabase(config)
  const store = withConfigErrors(() => Store.forServing(config.DATA_DIR))
  try {
    return withConfigErrors(() => {
      const keys = store.keys.list()
      checkKeys(config, keys)
      checkMarks(config, store, keys.length, surroundings.logger)
      return register(store, config, surroundings)
    })
  } catch (error) {
    store.close()
    throw error
  }
}

/** @throws ConfigError where a name is taken twice, or where others can reach the gateway and nobody needs a key */
function checkKeys(config: Config, keys: readonly VirtualKey[]): void {
  const taken = (config.GATEWAY_KEYS ?? []).filter(({ name }) => keys.some((key) => key.name === name))
  const problems = taken.map(({ name }) => `GATEWAY_KEYS has the name ${name}, which a virtual key has already`)
  const isGuarded = config.loopbackOnly || config.SANDBOX || config.GATEWAY_KEYS !== undefined || keys.length > 0
  if (!isGuarded && config.ADMIN_KEY === undefined)
    problems.push(
      `HOST is ${config.HOST}, which others can reach: make a key (comet-gateway keys create), set GATEWAY_KEYS or ADMIN_KEY, or HOST=127.0.0.1.`,
    )
  if (problems.length > 0) throw new ConfigError(problems)
}

function register(store: Store, config: Config, { logger, clock, room, catalogue, onAlert }: Surroundings): Database {
  const { ALERT_WEBHOOK_URL, ALERT_THRESHOLDS: thresholds } = config
  const instance = store.register({
    spendLimit: config.SPEND_LIMIT,
    alerts: ALERT_WEBHOOK_URL === undefined ? undefined : { thresholds, onRecorded: onAlert },
    onAbandoned: (rows) =>
      logger.warn({ generations: rows }, 'a process died: what it had under way is booked at its highest cost'),
    onHeartbeatFailed: (err) => logger.error({ err }, 'the ledger cannot be reached'),
    onPlaceChange: (err) => placeChanged(store, logger, err),
  })
  const ledger = new LedgerWriter({
    ledger: instance.ledger,
    now: () => clock.now(),
    makeRoom: async () => room.relieve(),
    onWriteFailed: (err, unbooked) =>
      logger.error({ err, unbooked }, 'endings cannot be booked now; they are tried until they can'),
  })
  const close = async (): Promise<void> => {
    await ledger.close()
    instance.close()
    store.close()
  }
  const { keys, reports, pictures } = store
  const virtualKeys = new VirtualKeys(keys)
  const takenNames = (config.GATEWAY_KEYS ?? []).map(({ name }) => name)
  const problemsOf = (defaults: ParameterDefaults): readonly string[] =>
    defaultProblems(catalogue, Object.entries(defaults))
  const forAdministrators = { keys, virtualKeys, reports, ledger, takenNames, defaultProblems: problemsOf }
  const { alerts } = store
  return { virtualKeys, ledger, forAdministrators, alerts, pictures, problem: instance.look, close }
}

function placeChanged({ file, keys, keysMarker }: Store, logger: Logger, err: StoreError | undefined): void {
  if (err === undefined) {
    keysMarker.clearBeside()
    logger.info({ file }, 'the database is back in its place: orders are taken again')
    return
  }
  logger.error({ err }, 'the database is not in its place: no order is taken until it is back')
  if (keys.hasKeys()) keysMarker.setBeside()
}

/** Orders or uploads would be refused now, and why. */
export function storageProblem(database: Database | undefined, room: DiskRoom): StorageProblem | undefined {
  if (database?.problem() !== undefined) return 'storage_unavailable'
  return room.isEnough && database?.ledger.isFull !== true ? undefined : 'storage_full'
}

/** Nothing is left of SPEND_LIMIT; false also where the database cannot be asked, which is said elsewhere. */
export async function isSpentUp(database: Database | undefined, now: number): Promise<boolean> {
  try {
    const spending = await database?.ledger.spending(now)
    return spending !== undefined && leftMicros(spending) === 0
  } catch {
    return false
  }
}

/** Turns an error that does not pass by itself into a ConfigError, so that a supervisor need not try again. */
function withConfigErrors<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const passes = error instanceof StoreError && (error.problem === 'full' || error.problem === 'locked')
    throw error instanceof StoreError && !passes ? new ConfigError([`DATA_DIR: ${error.message}.`]) : error
  }
}
