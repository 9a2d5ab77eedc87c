import { dayOf } from '../../../accounting/period.ts'
import { newGenerationRow, newHoldRow, newTotalRow, truncated } from './new-ledger-rows.ts'
import { budgetOfRow, daysOf, holdOfRow } from './ledger-rows.ts'
import { Account } from './account.ts'
import { Batch } from './batch.ts'
import { Crossings } from './crossings.ts'
import { SqliteAlerts } from '../alerts.ts'
import { LEDGER_SQL } from './ledger-sql.ts'
import { SqliteOrderKeys } from './order-keys.ts'
import { Spending } from './spending.ts'
import type { Budget, BudgetState } from '../../../accounting/budget.ts'
import type {
  AbandonedHold,
  CommandResult,
  Hold,
  OrderedGeneration,
  HoldRefusal,
  KeyAccount,
  Ledger,
  LedgerCommand,
} from '../../../accounting/ledger.ts'
import type { SqliteDatabase } from '../database.ts'
import type { AccountStatements } from './account-sums.ts'
import type { BatchStatements } from './batch.ts'
import type { CrossingOptions } from './crossings.ts'
import type { BookedEnding } from './new-ledger-rows.ts'
import type { AccountRow, HoldRow } from './ledger-rows.ts'

export interface LedgerOptions {
  /** SPEND_LIMIT */
  readonly spendLimit?: Budget | undefined
  /** Undefined where nobody is alerted. */
  readonly alerts?: CrossingOptions | undefined
}

/** Ids that each instance has for its holds: they are never used again, also across instances. */
const HOLDS_PER_INSTANCE = 2 ** 32
const NO_SUCH_KEY: HoldRefusal = { refused: 'key' }

/** The ledger and the budgets in SQLite. */
export class SqliteLedger implements Ledger {
  readonly #database: SqliteDatabase
  readonly #statements
  readonly #insert
  readonly #instance: number
  readonly #orderKeys: SqliteOrderKeys
  #lastHoldId: number
  /** Key id → the day for which its account rows are known to exist. */
  readonly #accountDays = new Map<number, number>()
  readonly #spending: Spending
  /** Undefined where nobody is alerted. */
  readonly #crossings: Crossings | undefined
  readonly #ofBatch: BatchStatements

  /** @param instance this process's id in the table `instances` */
  constructor(database: SqliteDatabase, instance: number, { spendLimit, alerts }: LedgerOptions = {}) {
    this.#database = database
    this.#instance = instance
    this.#spending = new Spending(database, spendLimit)
    this.#crossings = alerts === undefined ? undefined : this.#crossingsOf(alerts)
    this.#ofBatch = { keys: this.#keyAccounts(), everybody: this.#spending, addTotal: (row) => this.#insert.total(row) }
    this.#orderKeys = new SqliteOrderKeys(database, instance)
    this.#lastHoldId = instance * HOLDS_PER_INSTANCE
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      openAccount: prepare(LEDGER_SQL.openAccount),
      account: prepare(LEDGER_SQL.account),
      changeAccount: prepare(LEDGER_SQL.changeAccount),
      deleteHold: prepare(LEDGER_SQL.deleteHold),
      holdsOf: prepare(LEDGER_SQL.holdsOf),
    }
    this.#insert = {
      hold: database.insertInto('holds'),
      generation: database.insertInto('generations'),
      total: database.insertInto('daily_totals', LEDGER_SQL.addToTotal),
    }
  }

  write(commands: readonly LedgerCommand[]): readonly CommandResult[] {
    // An ending belongs to where its hold is, also when that was moved.
    const where = commands.some(({ verb }) => verb === 'hold') ? 'in place' : 'anywhere'
    const results = this.#transaction((batch) => commands.map((command) => this.#execute(command, batch)), where)
    for (const result of results) if (typeof result === 'object') this.#rememberAccount(result)
    return results
  }

  accountOf(keyId: number, now: number): KeyAccount | undefined {
    const row = this.#database.run(() => this.#readAccount(keyId, daysOf(dayOf(now))))
    return row === undefined ? undefined : { budget: budgetOfRow(row), inFlight: row.open_holds }
  }

  spending(now: number): BudgetState | undefined {
    return this.#database.run(() => this.#spending.at(now))
  }

  /** Removes order keys that have expired: some of them, since no request should wait long. */
  pruneOrderKeys(now: number): void {
    this.#orderKeys.prune(now)
  }

  /** Books every hold that a dead instance left open, marked as estimated. */
  bookAbandoned(instance: number, now: number): readonly AbandonedHold[] {
    return this.#transaction((batch) => {
      const holds = (this.#statements.holdsOf.all(instance) as unknown as HoldRow[]).map(holdOfRow)
      for (const hold of holds) this.#end(hold, { ...estimateOf(hold), endedAt: now, images: hold.order.n }, batch)
      return holds.map(({ order, heldMicros: bookedMicros }) => {
        const { generationId, keyName, model, heldAt } = order
        return { generationId, keyName, model, heldAt, bookedMicros }
      })
    })
  }

  /** One transaction, with the accounts and totals that it changes. */
  #transaction<T>(work: (batch: Batch) => T, where: 'in place' | 'anywhere' = 'in place'): T {
    const result = this.#database.transaction(() => {
      const batch = new Batch(this.#ofBatch)
      this.#crossings?.begin()
      const done = work(batch)
      batch.write()
      this.#crossings?.record()
      return done
    }, where)
    this.#crossings?.committed()
    return result
  }

  #execute(command: LedgerCommand, batch: Batch): CommandResult {
    switch (command.verb) {
      case 'hold':
        return this.#hold(truncated(command.order), batch)
      case 'release': {
        const nothing = { costMicros: 0, isEstimated: false, images: 0, usage: undefined }
        const released = { ...command.ending, ...nothing, outcome: 'failed' } as const
        return this.#giveKeyBack(command.hold, this.#end(command.hold, released, batch))
      }
      case 'bookEstimated':
        return this.#end(command.hold, { ...estimateOf(command.hold), ...command.ending, outcome: 'ambiguous' }, batch)
      case 'cancel':
        return this.#giveKeyBack(command.hold, this.#cancel(command.hold, batch))
      case 'settle':
        break
    }
    return this.#end(command.hold, { ...command.ending, outcome: 'completed' }, batch)
  }

  #hold(order: OrderedGeneration, batch: Batch): Hold | HoldRefusal {
    const { keyId, heldAt, highestMicros: heldMicros = 0, orderKey } = order
    const earlier = orderKey === undefined ? undefined : this.#orderKeys.earlier(orderKey, heldAt)
    if (earlier !== undefined) return { refused: 'ordered_before', earlier }
    const day = dayOf(heldAt)
    const account = keyId === undefined ? undefined : batch.account(keyId, day)
    const everybody = batch.everybody(day)
    if (keyId !== undefined && account === undefined) return NO_SUCH_KEY
    const refusal = account?.refusalOf(order) ?? spendRefusal(everybody?.refusalOf(order))
    if (refusal !== undefined) return refusal
    batch.change(keyId, day, { heldMicros, spentMicros: 0, openHolds: 1 })
    const spending = everybody?.budget
    const budgets = { budget: account?.budget, ...(spending?.limitMicros === undefined ? {} : { spending }) }
    return { id: this.#insertHold(order), order, heldMicros, ...budgets }
  }

  #keyAccounts(): AccountStatements {
    return {
      read: (keyId, day) => {
        const row = this.#readAccount(keyId, daysOf(day))
        return row === undefined ? undefined : new Account(row, day)
      },
      open: (keyId, day) => {
        if (this.#accountDays.get(keyId) !== day) this.#statements.openAccount.run(keyId, day)
      },
      change: (keyId, day, { heldMicros, spentMicros, openHolds }) =>
        this.#statements.changeAccount.run(keyId, day, heldMicros, spentMicros, openHolds),
    }
  }

  #crossingsOf(options: CrossingOptions): Crossings {
    const ofKey = (keyId: number, day: number): BudgetState | undefined => {
      const row = this.#readAccount(keyId, daysOf(day))
      return row === undefined ? undefined : budgetOfRow(row)
    }
    const ofEverybody = (now: number): BudgetState | undefined => this.#spending.at(now)
    return new Crossings(new SqliteAlerts(this.#database), { ofKey, ofEverybody }, options)
  }

  #readAccount(keyId: number, days: readonly [day: number, week: number, month: number]): AccountRow | undefined {
    return this.#statements.account.get(keyId, ...days) as AccountRow | undefined
  }

  #insertHold(order: OrderedGeneration): number {
    const id = ++this.#lastHoldId
    this.#insert.hold(newHoldRow(id, this.#instance, order))
    if (order.orderKey !== undefined) this.#orderKeys.take(order.orderKey, order.generationId, id)
    return id
  }

  #end(hold: Hold, ending: BookedEnding, batch: Batch): boolean {
    if (this.#statements.deleteHold.run(hold.id).changes === 0) return false
    this.#insert.generation(newGenerationRow(hold, ending))
    batch.addTotal(newTotalRow(hold, ending))
    giveRestBack(hold, ending.costMicros ?? 0, batch)
    this.#crossings?.booked(hold, ending, ending.costMicros ?? 0)
    return true
  }

  /** The order was not bought: another one may have its key. */
  #giveKeyBack({ order: { orderKey, generationId } }: Hold, hasEnded: boolean): boolean {
    if (hasEnded && orderKey !== undefined) this.#orderKeys.giveBack(orderKey, generationId)
    return hasEnded
  }

  /** Removes a hold, as if it had never been made. */
  #cancel(hold: Hold, batch: Batch): boolean {
    if (this.#statements.deleteHold.run(hold.id).changes === 0) return false
    giveRestBack(hold, 0, batch)
    return true
  }

  /** Called after the commit: from then on the account rows of the hold's day exist. */
  #rememberAccount(result: Hold | HoldRefusal): void {
    if ('refused' in result) return
    const { keyId, heldAt } = result.order
    const day = dayOf(heldAt)
    this.#spending.rememberDay(day)
    if (keyId !== undefined) this.#accountDays.set(keyId, day)
  }
}

/** A hold becomes what it came to. */
function giveRestBack({ order: { keyId, heldAt }, heldMicros }: Hold, spentMicros: number, batch: Batch): void {
  batch.change(keyId, dayOf(heldAt), { heldMicros: -heldMicros, spentMicros, openHolds: -1 })
}

/** The refusal of the account of everybody, as that of an order. */
function spendRefusal(refusal: HoldRefusal | undefined): HoldRefusal | undefined {
  if (refusal?.refused === 'budget') return { refused: 'spend_limit', budget: refusal.budget }
  return refusal?.refused === 'unpriced' ? { refused: 'unpriced', isForEverybody: true } : refusal
}

/** All that is held may have been spent. */
function estimateOf({ order }: Hold) {
  return { outcome: 'abandoned', costMicros: order.highestMicros, isEstimated: true, usage: undefined } as const
}
