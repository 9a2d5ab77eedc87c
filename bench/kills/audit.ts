import type { EndedGeneration } from '../../src/accounting/reports.ts'
import type { Store } from '../../src/stores/sqlite/store.ts'

/** A key and what it may spend. */
export interface Purse {
  readonly id: number
  readonly name: string
  readonly limitMicros: number
  /** By the rows that were audited. */
  bookedMicros: number
}

/** What happened since the last audit. */
export interface Since {
  readonly counted: ReadonlyMap<string, number>
  /** Ids that a start said it had booked; undefined where a start was killed, which may have had no time to say so. */
  readonly said: readonly string[] | undefined
}

/** Compares the books with what the upstream counted. */
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

  /** To be called when a gateway has started and nothing was sent to it yet. */
  compare({ counted, said }: Since, purses: readonly Purse[]): void {
    const rows = this.#newRows()
    const byModel = Map.groupBy(rows, ({ model }) => model)
    for (const model of counted.keys()) {
      const count = byModel.get(model)?.length ?? 0
      if (count !== 1) this.#problem(`${model} was counted upstream and has ${count} rows`)
    }
    for (const row of rows) this.#judge(row, counted)
    const abandoned = rows.filter(({ outcome }) => outcome === 'abandoned').map(({ id }) => id)
    this.abandoned += abandoned.length
    const unsaid = said === undefined ? [] : abandoned.filter((id) => !said.includes(id))
    if (unsaid.length > 0)
      this.#problem(`${unsaid.length} generations were booked as abandoned without a word in the log`)
    const left = this.#store.reports.underWay({ limit: 10 }).length
    if (left > 0) this.#problem(`${left} or more generations are still held`)
    for (const purse of purses) this.#weigh(purse, rows)
  }

  #newRows(): readonly EndedGeneration[] {
    const all = this.#store.reports.generations({ limit: 20_000 }).filter(({ seq }) => seq > this.#lastSeq)
    this.#lastSeq = Math.max(this.#lastSeq, ...all.map(({ seq }) => seq))
    this.rows += all.length
    return all
  }

  /** A row is booked at what its outcome says, and none claims an answer that nobody gave. */
  #judge({ model, outcome, costMicros, n, images }: EndedGeneration, counted: ReadonlyMap<string, number>): void {
    const wanted = { completed: images, failed: 0, ambiguous: n, abandoned: n }[outcome] * this.#priceMicros
    if (costMicros !== wanted) this.#problem(`${model} (${outcome}) is booked at ${costMicros}, not ${wanted}`)
    if (outcome === 'completed' && !counted.has(model)) this.#problem(`${model} is completed and was never upstream`)
  }

  #weigh(purse: Purse, rows: readonly EndedGeneration[]): void {
    for (const { keyName, costMicros = 0 } of rows) if (keyName === purse.name) purse.bookedMicros += costMicros
    const account = this.#store.accounts.accountOf(purse.id, Date.now())
    if (account instanceof Promise || account === undefined) throw new Error(`no account of ${purse.name}`)
    const { budget, inFlight } = account
    const say = (what: string): void => this.#problem(`${purse.name}: ${what}`)
    if (budget.spentMicros !== purse.bookedMicros) say(`spent ${budget.spentMicros}, and rows of ${purse.bookedMicros}`)
    if (budget.spentMicros > purse.limitMicros) say(`spent ${budget.spentMicros} of ${purse.limitMicros}`)
    if (budget.heldMicros !== 0 || inFlight !== 0) say(`${budget.heldMicros} held, ${inFlight} in flight`)
  }

  #problem(words: string): void {
    if (this.problems.length < 50) this.problems.push(words)
  }
}
