import * as fc from 'fast-check'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { Store } from '../../../src/stores/sqlite/store.ts'
import { temporaryDirectory } from '../../helpers/directory.ts'
import { DAY, NOON, FakeProcesses, cost, createKey, orderOf } from '../../helpers/store/store.ts'
import type { CommandResult, Hold, LedgerCommand } from '../../../src/accounting/ledger.ts'
import type { Period } from '../../../src/accounting/period.ts'
import type { VirtualKey } from '../../../src/access/keys/virtual-key.ts'
import type { SqliteLedger } from '../../../src/stores/sqlite/ledger/ledger.ts'

type Step =
  | { readonly do: 'hold'; readonly who: number; readonly micros: number | undefined; readonly day: number }
  | { readonly do: 'settle' | 'release' | 'bookEstimated' | 'cancel'; readonly which: number; readonly share: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('hold'),
    who: fc.nat(2),
    micros: fc.option(fc.nat(1100), { nil: undefined, freq: 20 }),
    day: fc.constantFrom(0, 0, 0, 0, 1, 7, -1),
  }),
  fc.record({
    do: fc.constantFrom('settle', 'release', 'bookEstimated', 'cancel'),
    which: fc.nat(12),
    share: fc.double({ min: 0, max: 1.5, noNaN: true }),
  }),
)
const TABLES = ['accounts', 'daily_totals', 'holds', 'generations']

/** A ledger in a file of its own, which writes a script in transactions of as many commands as a test says. */
class Scripted {
  readonly #directory = temporaryDirectory()
  readonly #store = Store.forServing(this.#directory.path)
  readonly #ledger: SqliteLedger
  readonly #keys: readonly VirtualKey[]
  readonly #holds: Hold[] = []

  constructor(period: Period) {
    const { ledger } = this.#store.register({
      processes: new FakeProcesses().next(),
      now: () => NOON,
      onAbandoned: () => {},
      onHeartbeatFailed: () => {},
    })
    this.#ledger = ledger
    this.#keys = [
      createKey(this.#store, { name: 'a', budget: { limitMicros: 1000, period } }),
      createKey(this.#store, { name: 'b', budget: { limitMicros: 5000, period }, maxInFlight: 3 }),
      createKey(this.#store, { name: 'c', expiresAt: NOON + DAY / 2 }),
    ]
  }

  /** Endings are those of holds that were there before the batch. */
  write(batch: readonly Step[], atOnce: boolean): readonly CommandResult[] {
    const commands = batch
      .map((action, index) => this.#commandOf(action, index))
      .filter((command) => command !== undefined)
    const results = atOnce ? this.#ledger.write(commands) : commands.flatMap((command) => this.#ledger.write([command]))
    for (const result of results) if (typeof result === 'object' && 'id' in result) this.#holds.push(result)
    return results
  }

  get tables(): Record<string, unknown> {
    const database = new DatabaseSync(this.#store.file, { readOnly: true })
    const rows = (table: string): unknown => database.prepare(`SELECT * FROM ${table}`).all()
    const all = Object.fromEntries(TABLES.map((table) => [table, rows(table)]))
    database.close()
    return all
  }

  close(): void {
    this.#store.close()
    this.#directory.remove()
  }

  #commandOf(action: Step, index: number): LedgerCommand | undefined {
    if (action.do === 'hold') {
      const more = { heldAt: NOON + action.day * DAY, highestMicros: action.micros, generationId: `gen_${index}` }
      return { verb: 'hold', order: orderOf(this.#keys[action.who], more) }
    }
    const hold = this.#holds[action.which % Math.max(1, this.#holds.length)]
    if (hold === undefined) return undefined
    const ending = cost(Math.floor(hold.heldMicros * action.share))
    return { verb: action.do, hold, ending }
  }
}

describe('commands in one transaction', () => {
  it('come to the same, in results and in rows, as each in a transaction of its own', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Period>('day', 'week', 'month', 'total'),
        fc.array(fc.array(step, { minLength: 1, maxLength: 12 }), { minLength: 3, maxLength: 8 }),
        (period, batches) => {
          const [together, alone] = [new Scripted(period), new Scripted(period)]
          try {
            for (const batch of batches) expect(together.write(batch, true)).toEqual(alone.write(batch, false))
            expect(together.tables).toEqual(alone.tables)
          } finally {
            together.close()
            alone.close()
          }
        },
      ),
      { numRuns: Number(process.env['INTERLEAVINGS'] ?? 25) },
    )
  })
})
