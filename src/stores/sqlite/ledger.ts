import { dayOf } from '../../accounting/period.ts'
import { bounded, budgetOfRow, daysOf, holdOfRow, ledgerValues } from './ledger-rows.ts'
import { LEDGER_SQL } from './ledger-sql.ts'
import type {
  AbandonedHold,
  Ending,
  LedgerCommand,
  EstimatedEnding,
  Hold,
  HoldOrder,
  HoldRefusal,
  KeyAccount,
  Ledger,
  SettledEnding,
  CommandResult,
} from '../../accounting/ledger.ts'
import type { SqliteDatabase } from './database.ts'
import type { AccountRow, BookedEnding, HoldRow } from './ledger-rows.ts'

/** Holds of one instance before the numbers of the next begin. */
const HOLDS_PER_INSTANCE = 2 ** 32

/** The ledger and the budgets in SQLite. */
export class SqliteLedger implements Ledger {
  readonly #database: SqliteDatabase
  readonly #statements
  readonly #instance: number
  #lastHold: number
  /** Key → the day for which its account rows are known to exist. */
  readonly #opened = new Map<number, number>()

  /** `instance` is this process's number in the table `instances`. */
  constructor(database: SqliteDatabase, instance: number) {
    this.#database = database
    this.#instance = instance
    this.#lastHold = instance * HOLDS_PER_INSTANCE
    const prepare = (sql: string) => database.prepare(sql)
    this.#statements = {
      openAccount: prepare(LEDGER_SQL.openAccount),
      reserve: prepare(LEDGER_SQL.reserve),
      account: prepare(LEDGER_SQL.account),
      isUsable: prepare(LEDGER_SQL.isUsable),
      open: prepare(LEDGER_SQL.open),
      close: prepare(LEDGER_SQL.close),
      add: prepare(LEDGER_SQL.add),
      book: prepare(LEDGER_SQL.book),
      total: prepare(LEDGER_SQL.total),
      openOf: prepare(LEDGER_SQL.openOf),
    }
  }

  write(commands: readonly LedgerCommand[]): readonly CommandResult[] {
    const written = this.#database.transaction(() => commands.map((command) => this.#write(command)))
    for (const result of written) if (typeof result === 'object') this.#rememberAccount(result)
    return written
  }

  hold(order: HoldOrder): Hold | HoldRefusal {
    return this.write([{ verb: 'hold', order }])[0] as Hold | HoldRefusal
  }

  settle(hold: Hold, ending: SettledEnding): boolean {
    return this.write([{ verb: 'settle', hold, ending }])[0] === true
  }

  release(hold: Hold, ending: Ending): boolean {
    return this.write([{ verb: 'release', hold, ending }])[0] === true
  }

  bookEstimated(hold: Hold, ending: EstimatedEnding): boolean {
    return this.write([{ verb: 'bookEstimated', hold, ending }])[0] === true
  }

  accountOf(keyId: number, now: number): KeyAccount | undefined {
    const row = this.#database.run(() => this.#account(keyId, now))
    return row === undefined ? undefined : { budget: budgetOfRow(row), inFlight: row.open_holds }
  }

  /** Books what a dead instance left open at its hold, marked as estimated. */
  bookAbandoned(instance: number, now: number): readonly AbandonedHold[] {
    return this.#database.transaction(() => {
      const holds = (this.#statements.openOf.all(instance) as unknown as HoldRow[]).map(holdOfRow)
      for (const hold of holds) this.#end(hold, { ...atItsHold(hold), endedAt: now, images: hold.order.n })
      return holds.map(({ order, heldMicros: bookedMicros }) => {
        const { generationId, keyName, model, heldAt } = order
        return { generationId, keyName, model, heldAt, bookedMicros }
      })
    })
  }

  #write(command: LedgerCommand): CommandResult {
    switch (command.verb) {
      case 'hold':
        return this.#hold(bounded(command.order))
      case 'release': {
        const nothing = { costMicros: 0, isEstimated: false, images: 0, usage: undefined }
        return this.#end(command.hold, { ...command.ending, ...nothing, outcome: 'failed' })
      }
      case 'bookEstimated':
        return this.#end(command.hold, { ...atItsHold(command.hold), ...command.ending, outcome: 'ambiguous' })
      case 'cancel':
        return this.#cancel(command.hold)
      case 'settle':
        break
    }
    return this.#end(command.hold, { ...command.ending, outcome: 'completed' })
  }

  #hold(order: HoldOrder): Hold | HoldRefusal {
    const { keyId, heldAt, highestMicros } = order
    const heldMicros = highestMicros ?? 0
    if (keyId === undefined) return { id: this.#open(order), order, heldMicros, budget: undefined }
    const days = daysOf(dayOf(heldAt))
    if (this.#opened.get(keyId) !== days[0]) this.#statements.openAccount.run(keyId, days[0])
    const isPriced = highestMicros !== undefined || order.allowUnpriced ? 1 : 0
    const { changes } = this.#statements.reserve.run(keyId, ...days, heldMicros, isPriced, heldAt)
    const account = this.#account(keyId, heldAt)
    if (changes === 0 || account === undefined) return this.#whyRefused(order, keyId, account)
    return { id: this.#open(order), order, heldMicros, budget: budgetOfRow(account) }
  }

  #whyRefused(order: HoldOrder, keyId: number, account: AccountRow | undefined): HoldRefusal {
    const isUsable = this.#statements.isUsable.get(keyId, order.heldAt) !== undefined
    if (account === undefined || !isUsable) return { refused: 'key' }
    const budget = budgetOfRow(account)
    const { limitMicros = Number.POSITIVE_INFINITY } = budget
    // First what no waiting helps against, so that it is told at once.
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

  #open(order: HoldOrder): number {
    const { generationId, heldAt, keyName, keyId, endpoint, model, size, quality, n, highestMicros } = order
    const id = ++this.#lastHold
    this.#statements.open.run(
      id,
      this.#instance,
      generationId,
      heldAt,
      keyName,
      keyId ?? null,
      endpoint,
      model,
      size,
      quality,
      n,
      highestMicros ?? null,
    )
    return id
  }

  #end(hold: Hold, ended: BookedEnding): boolean {
    if (this.#statements.close.run(hold.id).changes === 0) return false
    const { keyId, keyName, model, heldAt } = hold.order
    const { usage, images } = ended
    const cost = ended.costMicros ?? 0
    const day = dayOf(heldAt)
    this.#statements.add.run(...ledgerValues(hold, ended))
    if (keyId !== undefined) this.#statements.book.run(keyId, day, hold.heldMicros, cost)
    this.#statements.total.run(
      day,
      keyName,
      model,
      ended.outcome === 'completed' ? 0 : 1,
      images,
      usage?.inputTokens ?? 0,
      usage?.outputTokens ?? 0,
      cost,
      ended.isEstimated ? cost : 0,
    )
    return true
  }

  /** As if it had never been held. */
  #cancel({ id, order, heldMicros }: Hold): boolean {
    if (this.#statements.close.run(id).changes === 0) return false
    if (order.keyId !== undefined) this.#statements.book.run(order.keyId, dayOf(order.heldAt), heldMicros, 0)
    return true
  }

  /** Only what was committed: the rows of a day are there from its first hold on. */
  #rememberAccount(result: Hold | HoldRefusal): void {
    if ('refused' in result || result.order.keyId === undefined) return
    this.#opened.set(result.order.keyId, dayOf(result.order.heldAt))
  }
}

/** All of it may have been spent. */
function atItsHold({ order }: Hold) {
  return { outcome: 'abandoned', costMicros: order.highestMicros, isEstimated: true, usage: undefined } as const
}
