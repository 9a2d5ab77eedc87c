import { dayOf } from '../../accounting/period.ts'
import { newGenerationRow, newHoldRow, newTotalRow, truncated } from './new-ledger-rows.ts'
import { budgetOfRow, daysOf, holdOfRow } from './ledger-rows.ts'
import { LEDGER_SQL } from './ledger-sql.ts'
import { SqliteOrderKeys } from './order-keys.ts'
import type {
  AbandonedHold,
  CommandResult,
  Hold,
  OrderedGeneration,
  HoldRefusal,
  KeyAccount,
  Ledger,
  LedgerCommand,
} from '../../accounting/ledger.ts'
import type { SqliteDatabase } from './database.ts'
import type { BookedEnding } from './new-ledger-rows.ts'
import type { AccountRow, HoldRow } from './ledger-rows.ts'

/** Ids that each instance has for its holds: they are never used again, also across instances. */
const HOLDS_PER_INSTANCE = 2 ** 32

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

  /** `instance` is this process's id in the table `instances`. */
  constructor(database: SqliteDatabase, instance: number) {
    this.#database = database
    this.#instance = instance
    this.#orderKeys = new SqliteOrderKeys(database, instance)
    this.#lastHoldId = instance * HOLDS_PER_INSTANCE
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      openAccount: prepare(LEDGER_SQL.openAccount),
      reserve: prepare(LEDGER_SQL.reserve),
      account: prepare(LEDGER_SQL.account),
      isUsable: prepare(LEDGER_SQL.isUsable),
      deleteHold: prepare(LEDGER_SQL.deleteHold),
      book: prepare(LEDGER_SQL.book),
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
    const results = this.#database.transaction(() => commands.map((command) => this.#execute(command)), where)
    for (const result of results) if (typeof result === 'object') this.#rememberAccount(result)
    return results
  }

  accountOf(keyId: number, now: number): KeyAccount | undefined {
    const row = this.#database.run(() => this.#account(keyId, now))
    return row === undefined ? undefined : { budget: budgetOfRow(row), inFlight: row.open_holds }
  }

  /** Removes order keys that have expired: some of them, since no request should wait long. */
  pruneOrderKeys(now: number): void {
    this.#orderKeys.prune(now)
  }

  /** Books every hold that a dead instance left open, marked as estimated. */
  bookAbandoned(instance: number, now: number): readonly AbandonedHold[] {
    return this.#database.transaction(() => {
      const holds = (this.#statements.holdsOf.all(instance) as unknown as HoldRow[]).map(holdOfRow)
      for (const hold of holds) this.#end(hold, { ...estimateOf(hold), endedAt: now, images: hold.order.n })
      return holds.map(({ order, heldMicros: bookedMicros }) => {
        const { generationId, keyName, model, heldAt } = order
        return { generationId, keyName, model, heldAt, bookedMicros }
      })
    })
  }

  #execute(command: LedgerCommand): CommandResult {
    switch (command.verb) {
      case 'hold':
        return this.#hold(truncated(command.order))
      case 'release': {
        const nothing = { costMicros: 0, isEstimated: false, images: 0, usage: undefined }
        return this.#giveKeyBack(
          command.hold,
          this.#end(command.hold, { ...command.ending, ...nothing, outcome: 'failed' }),
        )
      }
      case 'bookEstimated':
        return this.#end(command.hold, { ...estimateOf(command.hold), ...command.ending, outcome: 'ambiguous' })
      case 'cancel':
        return this.#giveKeyBack(command.hold, this.#cancel(command.hold))
      case 'settle':
        break
    }
    return this.#end(command.hold, { ...command.ending, outcome: 'completed' })
  }

  #hold(order: OrderedGeneration): Hold | HoldRefusal {
    const { keyId, heldAt, highestMicros, orderKey } = order
    const earlier = orderKey === undefined ? undefined : this.#orderKeys.earlier(orderKey, heldAt)
    if (earlier !== undefined) return { refused: 'ordered_before', earlier }
    const heldMicros = highestMicros ?? 0
    if (keyId === undefined) return { id: this.#insertHold(order), order, heldMicros, budget: undefined }
    const days = daysOf(dayOf(heldAt))
    if (this.#accountDays.get(keyId) !== days[0]) this.#statements.openAccount.run(keyId, days[0])
    const isPriced = highestMicros !== undefined || order.allowUnpriced ? 1 : 0
    const { changes } = this.#statements.reserve.run(keyId, ...days, heldMicros, isPriced, heldAt)
    const account = this.#account(keyId, heldAt)
    if (changes === 0 || account === undefined) return this.#refusalOf(order, keyId, account)
    return { id: this.#insertHold(order), order, heldMicros, budget: budgetOfRow(account) }
  }

  #refusalOf(order: OrderedGeneration, keyId: number, account: AccountRow | undefined): HoldRefusal {
    const isUsable = this.#statements.isUsable.get(keyId, order.heldAt) !== undefined
    if (account === undefined || !isUsable) return { refused: 'key' }
    const budget = budgetOfRow(account)
    const { limitMicros = Number.POSITIVE_INFINITY } = budget
    // Refusals that no waiting helps against come first, so that the client learns of them at once.
    const hasNoPrice = order.highestMicros === undefined && !order.allowUnpriced
    if (hasNoPrice && budget.limitMicros !== undefined) return { refused: 'unpriced' }
    if ((order.highestMicros ?? 0) > limitMicros) return { refused: 'budget', budget }
    const { max_in_flight: limit, open_holds: open } = account
    if (limit !== null && open >= limit) return { refused: 'in_flight', limit }
    return { refused: 'budget', budget }
  }

  #account(keyId: number, now: number): AccountRow | undefined {
    return this.#statements.account.get(keyId, ...daysOf(dayOf(now))) as AccountRow | undefined
  }

  #insertHold(order: OrderedGeneration): number {
    const id = ++this.#lastHoldId
    this.#insert.hold(newHoldRow(id, this.#instance, order))
    if (order.orderKey !== undefined) this.#orderKeys.take(order.orderKey, order.generationId, id)
    return id
  }

  #end(hold: Hold, ending: BookedEnding): boolean {
    if (this.#statements.deleteHold.run(hold.id).changes === 0) return false
    const { keyId, heldAt } = hold.order
    this.#insert.generation(newGenerationRow(hold, ending))
    if (keyId !== undefined) this.#statements.book.run(keyId, dayOf(heldAt), hold.heldMicros, ending.costMicros ?? 0)
    this.#insert.total(newTotalRow(hold, ending))
    return true
  }

  /** The order was not bought: another one may have its key. */
  #giveKeyBack({ order: { orderKey, generationId } }: Hold, hasEnded: boolean): boolean {
    if (hasEnded && orderKey !== undefined) this.#orderKeys.giveBack(orderKey, generationId)
    return hasEnded
  }

  /** Removes a hold, as if it had never been made. */
  #cancel({ id, order, heldMicros }: Hold): boolean {
    if (this.#statements.deleteHold.run(id).changes === 0) return false
    if (order.keyId !== undefined) this.#statements.book.run(order.keyId, dayOf(order.heldAt), heldMicros, 0)
    return true
  }

  /** Called after the commit: from then on the account rows of the hold's day exist. */
  #rememberAccount(result: Hold | HoldRefusal): void {
    if ('refused' in result || result.order.keyId === undefined) return
    this.#accountDays.set(result.order.keyId, dayOf(result.order.heldAt))
  }
}

/** All that is held may have been spent. */
function estimateOf({ order }: Hold) {
  return { outcome: 'abandoned', costMicros: order.highestMicros, isEstimated: true, usage: undefined } as const
}
