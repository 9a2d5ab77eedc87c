import { HEARTBEAT_MS, Instances } from './instances.ts'
import { localProcesses } from './process-identity.ts'
import { SqliteLedger } from './ledger/ledger.ts'
import type { Budget } from '../../accounting/budget.ts'
import type { AbandonedHold } from '../../accounting/ledger.ts'
import type { StoreError } from '../../errors/store-error.ts'
import type { CrossingOptions } from './ledger/crossings.ts'
import type { SqliteDatabase } from './database.ts'
import type { Processes } from './process-identity.ts'

/** The time between two looks at the place of the files, where no order looks. */
const LOOK_MS = 1000

export interface RegisterOptions {
  /** Holds that dead instances left open were booked: at the start, or at a later heartbeat. */
  readonly onAbandoned: (rows: readonly AbandonedHold[]) => void
  /** A heartbeat could not be written; the next one comes in 10 s. */
  readonly onHeartbeatFailed: (error: unknown) => void
  /** The files were moved, deleted or replaced, called once; with undefined: they are back. */
  readonly onPlaceChange?: (problem: StoreError | undefined) => void
  /** The money that everybody together may spend. */
  readonly spendLimit?: Budget | undefined
  /** Undefined where nobody is alerted. */
  readonly alerts?: CrossingOptions | undefined
  readonly now?: () => number
  readonly processes?: Processes
}

/** A running gateway on the file, from its registration to `close`. */
export interface Instance {
  readonly ledger: SqliteLedger
  /** Writes a heartbeat, and books the holds that dead instances left open. A timer calls it every 10 s. */
  readonly heartbeat: () => void
  /** Looks whether the files still stand at their paths; undefined where they do. A timer calls it every second. */
  readonly look: () => StoreError | undefined
  readonly close: () => void
  /** No heartbeats any more, as if the process had ended. */
  readonly stop: () => void
}

/** Registers this process, and books the holds that dead instances left open. @throws StoreError */
export function startInstance(database: SqliteDatabase, options: RegisterOptions): Instance {
  const {
    onAbandoned,
    onHeartbeatFailed,
    onPlaceChange,
    spendLimit,
    alerts,
    now = Date.now,
    processes = localProcesses(),
  } = options
  const instances = new Instances(database, processes)
  const own = database.withLongTimeout(() => instances.register(now()))
  const ledger = new SqliteLedger(database, own, { spendLimit, alerts })
  let lastHeartbeatAt = now()
  if (onPlaceChange !== undefined) database.onPlaceChange = onPlaceChange

  const recover = (): void => {
    const abandoned = instances.dead(own, now()).flatMap((id) => {
      const rows = ledger.bookAbandoned(id, now())
      instances.remove(id)
      return rows
    })
    if (abandoned.length > 0) onAbandoned(abandoned)
  }
  const heartbeat = (): void => {
    if (database.look() !== undefined) return
    // After a pause of the whole machine, the heartbeats of all are late: the others get time to write theirs first.
    const hasPaused = now() - lastHeartbeatAt > 3 * HEARTBEAT_MS
    lastHeartbeatAt = now()
    try {
      instances.heartbeat(own, lastHeartbeatAt)
      ledger.pruneOrderKeys(lastHeartbeatAt)
      if (!hasPaused) recover()
    } catch (error) {
      onHeartbeatFailed(error)
    }
  }
  database.withLongTimeout(recover)
  database.watchBytes()
  const timers = [setInterval(heartbeat, HEARTBEAT_MS).unref(), setInterval(() => database.look(), LOOK_MS).unref()]
  const stop = (): void => {
    for (const timer of timers) clearInterval(timer)
  }
  const close = (): void => {
    stop()
    database.look()
    if (database.isMixed) return // the next one on the file will find this one dead
    try {
      database.withLongTimeout(() => instances.remove(own))
      database.look()
    } catch (error) {
      onHeartbeatFailed(error) // another instance will find this one dead, with no holds open
    }
  }
  return { ledger, heartbeat, look: () => database.look(), close, stop }
}
