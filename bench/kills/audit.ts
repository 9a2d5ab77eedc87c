import type { EndedGeneration } from '../../src/accounting/reports.ts'
import type { Store } from '../../src/stores/sqlite/store.ts'

/** A virtual key with a budget in total. */
export interface BudgetedKey {
  readonly id: number
  readonly name: string
  readonly limitMicros: number
  /** The sum of its rows that were audited. */
  bookedMicros: number
}

/** The events since the last audit. */
export interface SinceLastAudit {
  readonly counted: ReadonlyMap<string, number>
  /** Ids that a start logged as booked; undefined where a start was killed, perhaps before it could log them. */
  readonly logged: readonly string[] | undefined
}

/** Compares the ledger with the orders that the upstream counted. */
export class Audit {
  readonly #store: Store
  readonly #priceMicros: number
  #lastSeq = 0
  readonly problems: string[] = []
  rows = 0
  abandoned = 0

  constructor(store: Store, priceMicros: number) {
    this.#store = store
    this.#priceMicros = priceMicros
  }

  /** Call it when a gateway has started and no request was sent to it yet. */
  compare({ counted, logged }: SinceLastAudit, keys: readonly BudgetedKey[]): void {
    const rows = this.#newRows()
    const byModel = Map.groupBy(rows, ({ model }) => model)
    for (const model of counted.keys()) {
      const count = byModel.get(model)?.length ?? 0
      if (count !== 1) this.#report(`${model} was counted upstream and has ${count} rows`)
    }
    for (const row of rows) this.#checkRow(row, counted)
    const abandoned = rows.filter(({ outcome }) => outcome === 'abandoned').map(({ id }) => id)
    this.abandoned += abandoned.length
    const unlogged = logged === undefined ? [] : abandoned.filter((id) => !logged.includes(id))
    if (unlogged.length > 0)
      this.#report(`${unlogged.length} generations were booked as abandoned without a word in the log`)
    const left = this.#store.reports.underWay({ limit: 10 }).length
    if (left > 0) this.#report(`${left} or more generations are still held`)
    for (const key of keys) this.#checkAccount(key, rows)
  }

  #newRows(): readonly EndedGeneration[] {
    const all = this.#store.reports.generations({ limit: 20_000 }).filter(({ seq }) => seq > this.#lastSeq)
    this.#lastSeq = Math.max(this.#lastSeq, ...all.map(({ seq }) => seq))
    this.rows += all.length
    return all
  }

  /** A row is booked at the cost of its outcome, and a completed one was counted upstream. */
  #checkRow({ model, outcome, costMicros, n, images }: EndedGeneration, counted: ReadonlyMap<string, number>): void {
    const wanted = { completed: images, failed: 0, ambiguous: n, abandoned: n }[outcome] * this.#priceMicros
    if (costMicros !== wanted) this.#report(`${model} (${outcome}) is booked at ${costMicros}, not ${wanted}`)
    if (outcome === 'completed' && !counted.has(model)) this.#report(`${model} is completed and was never upstream`)
  }

  #checkAccount(key: BudgetedKey, rows: readonly EndedGeneration[]): void {
    for (const { keyName, costMicros = 0 } of rows) if (keyName === key.name) key.bookedMicros += costMicros
    const account = this.#store.accounts.accountOf(key.id, Date.now())
    if (account instanceof Promise || account === undefined) throw new Error(`no account of ${key.name}`)
    const { budget, inFlight } = account
    const report = (what: string): void => this.#report(`${key.name}: ${what}`)
    if (budget.spentMicros !== key.bookedMicros) report(`spent ${budget.spentMicros}, and rows of ${key.bookedMicros}`)
    if (budget.spentMicros > key.limitMicros) report(`spent ${budget.spentMicros} of ${key.limitMicros}`)
    if (budget.heldMicros !== 0 || inFlight !== 0) report(`${budget.heldMicros} held, ${inFlight} in flight`)
  }

  #report(words: string): void {
    if (this.problems.length < 50) this.problems.push(words)
  }
}
