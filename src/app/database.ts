import { ConfigError } from '../config/config.ts'
import { VirtualKeys } from '../access/keys/virtual-keys.ts'
import { Books } from '../accounting/ledger-writer.ts'
import { StoreError } from '../errors/store-error.ts'
import { Store } from '../stores/sqlite/store.ts'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { AdminDatabase } from '../http/routes/admin/route.ts'

/** What a team shares in one file: virtual keys, budgets, the ledger. */
export interface Team {
  readonly virtualKeys: VirtualKeys
  readonly books: Books
  /** What the admin API works with. */
  readonly forAdministrators: AdminDatabase
  /** Books what is waiting, and leaves the file to the others. */
  readonly close: () => Promise<void>
}

/**
 * Opens the file in DATA_DIR, makes or migrates it, and books what a process that died had left open.
 * @throws ConfigError where the file cannot be used, or names of GATEWAY_KEYS are those of virtual keys; StoreError where
 *   it may be used later: it is locked, or the disk is full
 */
export function openTeam(config: Config, logger: Logger): Team | undefined {
  if (!config.DATABASE) return undefined
  const store = opening(() => Store.forServing(config.DATA_DIR))
  try {
    return opening(() => join(store, config, logger))
  } catch (error) {
    store.close()
    throw error
  }
}

function join(store: Store, config: Config, logger: Logger): Team {
  const keys = store.keys.list()
  const taken = (config.GATEWAY_KEYS ?? []).filter(({ name }) => keys.some((key) => key.name === name))
  const problems = taken.map(({ name }) => `GATEWAY_KEYS has the name ${name}, which a virtual key has already`)
  const isGuarded = config.loopbackOnly || config.SANDBOX || config.GATEWAY_KEYS !== undefined || keys.length > 0
  if (!isGuarded && config.ADMIN_KEY === undefined)
    problems.push(
      `HOST is ${config.HOST}, which others can reach: make a key (comet-gateway keys create), set GATEWAY_KEYS or ADMIN_KEY, or HOST=127.0.0.1.`,
    )
  if (problems.length > 0) throw new ConfigError(problems)
  const member = store.join({
    onAbandoned: (rows) =>
      logger.warn({ generations: rows }, 'a process died: what it had under way is booked at its highest cost'),
    onTrouble: (err) => logger.error({ err }, 'the ledger cannot be reached'),
  })
  const onTrouble = (err: unknown, unbooked: number): void =>
    logger.error({ err, unbooked }, 'endings cannot be booked now; they are tried until they can')
  const books = new Books({ ledger: member.ledger, onTrouble })
  const close = async (): Promise<void> => {
    await books.idle()
    member.leave()
    store.close()
  }
  const virtualKeys = new VirtualKeys(store.keys)
  const takenNames = (config.GATEWAY_KEYS ?? []).map(({ name }) => name)
  const { reports } = store
  return { virtualKeys, books, forAdministrators: { keys: store.keys, virtualKeys, reports, books, takenNames }, close }
}

/** What does not pass by itself is a matter of the configuration: a supervisor need not try again. */
function opening<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const passes = error instanceof StoreError && (error.problem === 'full' || error.problem === 'locked')
    throw error instanceof StoreError && !passes ? new ConfigError([`DATA_DIR: ${error.message}.`]) : error
  }
}
